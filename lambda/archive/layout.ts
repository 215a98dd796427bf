import type { Attempt } from '../shared/attempts/attempt';
import type { Job } from '../../domain/job';

/**
 * Where a job's files are: `<prefix><tenant>/<yyyy>/<mm>/<dd>/<job id>/`, by the day on which the execution started
 * (UTC), so that the place is known before anything is archived and does not change when it is archived later. A task
 * that turned up beside an attempt has a folder of its own in there, so that no file of the job is overwritten.
 */
export function folderOf(
  attempt: Pick<Attempt, 'attemptId' | 'executionStartedAt' | 'jobId' | 'strayOf'>,
  job: Pick<Job, 'outputPrefix' | 'tenant'>,
): string {
  const day = new Date(attempt.executionStartedAt).toISOString().slice(0, 10).replaceAll('-', '/');
  const folder = `${job.outputPrefix}${job.tenant}/${day}/${attempt.jobId}/`;
  return attempt.strayOf === undefined ? folder : `${folder}stray-${attempt.attemptId.slice(0, 8)}/`;
}

export const imageName = (index: number, extension: string): string =>
  `image-${String(index + 1).padStart(2, '0')}.${extension}`;

export const MANIFEST_NAME = 'manifest.json';
