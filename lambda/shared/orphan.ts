import type { Attempt } from './attempts/attempt';
import type { AttemptTable } from './attempts/attempt-table';
import { logger } from './logger';
import { emitOrphaned } from './metrics';

/**
 * Nobody waits for this attempt any more, though it is at EvoLink or paid for. From now on its images are the sweep's
 * business. Told once, whoever finds out and however often.
 */
export async function orphan(attempt: Attempt, table: AttemptTable): Promise<void> {
  if (!(await table.markOrphaned(attempt))) return;
  logger.warn('the attempt is an orphan', { job_id: attempt.jobId, attempt: attempt.attempt, task_id: attempt.taskId });
  emitOrphaned(attempt);
}
