import type { Attempt } from '../shared/attempts/attempt';
import type { AttemptTable } from '../shared/attempts/attempt-table';
import type { Executions } from '../shared/executions';
import type { AsyncInvocation } from '../shared/async-invocation';
import { logger } from '../shared/logger';
import { emitLost } from '../shared/metrics';
import { orphan } from '../shared/orphan';
import { LOST_AFTER_MS } from './gaps';

export interface SalvageDependencies {
  readonly table: AttemptTable;
  readonly executions: Executions;
  /** The archive function, for attempts whose job does not run it any more. */
  readonly archive: AsyncInvocation;
  readonly now: () => number;
}

/**
 * A task was paid for and its images are not in S3 yet. As long as its job goes on, the Archive state sees to that; when
 * the job is over the images are salvaged, again and again while their links live, then given up aloud.
 */
export async function lookAfterImages(attempt: Attempt, dependencies: SalvageDependencies): Promise<void> {
  const { table, executions, archive, now } = dependencies;
  // Redriven after it was salvaged: there is nothing left to do.
  if (attempt.archivedAt !== undefined) return table.close(attempt);
  const about = { job_id: attempt.jobId, attempt: attempt.attempt, task_id: attempt.taskId };
  if (now() >= (attempt.completedAt ?? attempt.createdAt) + LOST_AFTER_MS) {
    if (!(await table.markImagesLost(attempt))) return;
    logger.error('paid images are lost', about);
    return emitLost(attempt);
  }
  if (attempt.orphanedAt === undefined) {
    const { state } = await executions.describe(attempt.executionArn);
    if (state !== 'over') return;
    await orphan(attempt, table);
  }
  logger.info('salvage', about);
  const { jobId, attempt: number, attemptId, strayOf } = attempt;
  await archive.start({ jobId, attempt: number, ...(strayOf === undefined ? {} : { attemptId }), salvage: true });
}
