import type { Attempt } from '../shared/attempts/attempt';
import type { Job } from '../../domain/job';

/**
 * Where a job's files are: `<prefix><tenant>/<yyyy>/<mm>/<dd>/<job id>/`, by the day on which the execution started
 * (UTC), so that the place is known before anything is archived and does not change when it is archived later.
 */
export function folderOf(
  attempt: Pick<Attempt, 'executionStartedAt' | 'jobId'>,
  job: Pick<Job, 'outputPrefix' | 'tenant'>,
) {
  const day = new Date(attempt.executionStartedAt).toISOString().slice(0, 10).replaceAll('-', '/');
  return `${job.outputPrefix}${job.tenant}/${day}/${attempt.jobId}/`;
}

export const imageName = (index: number, extension: string): string =>
  `image-${String(index + 1).padStart(2, '0')}.${extension}`;

export const MANIFEST_NAME = 'manifest.json';
