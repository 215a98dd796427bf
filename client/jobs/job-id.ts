/** Job ids: names of executions, so each is used once in 90 days. */
import { randomBytes } from 'node:crypto';
import { JOB_ID_PATTERN } from '../../domain/job';
import { cut } from '../../domain/preview';
import { ImagePipelineError } from './errors/pipeline-error';

const MAX_LENGTH = 80;
const RETRY = /^(?<base>.+)-r(?<number>[1-9]\d{0,3})$/;

/** The id is none: 1 to 80 of `A-Z a-z 0-9 _ -`. Nothing was started. */
export class InvalidJobIdError extends ImagePipelineError {
  override readonly name = 'InvalidJobIdError';

  constructor(jobId: string) {
    super(`"${cut(jobId, 100)}" is no job id: 1 to ${MAX_LENGTH} of A-Z a-z 0-9 _ -`);
  }
}

/** @throws InvalidJobIdError */
export function checkJobId(jobId: string): void {
  if (typeof jobId !== 'string' || !JOB_ID_PATTERN.test(jobId)) throw new InvalidJobIdError(String(jobId));
}

/** Sorts by time, and collides with nobody's. */
export function newJobId(now: Date): string {
  const time = now.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  return `job-${time}-${randomBytes(5).toString('hex')}`;
}

/**
 * The id under which the same wish may be started again: `spring` → `spring-r2` → `spring-r3`. A number of the id's own
 * is never counted up, since `order-18` is likely to be somebody else's job.
 *
 * @returns undefined where it would be too long
 */
export function nextJobId(jobId: string): string | undefined {
  const { base = jobId, number = '1' } = RETRY.exec(jobId)?.groups ?? {};
  const next = `${base}-r${Number(number) + 1}`;
  return next.length <= MAX_LENGTH ? next : undefined;
}
