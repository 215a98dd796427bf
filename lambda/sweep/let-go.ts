import type { Attempt } from '../shared/attempts/attempt';
import { recordUnknown } from '../shared/attempts/record-unknown';
import { readRequestFacts } from '../shared/attempts/requests';
import { describeFailure } from '../shared/end-attempt';
import { logger } from '../shared/logger';
import { emitJobFailed } from '../shared/metrics';
import { orphan } from '../shared/orphan';
import { answerAny } from '../shared/task-token';
import type { CheckDependencies } from './check';

/** When a job stops waiting for its task. It runs from the submission, however long the job was queued before. */
export function timeLimit(attempt: Attempt, { taskTimeoutSeconds }: CheckDependencies): number {
  return (attempt.submittedAt ?? attempt.sendingSince ?? attempt.createdAt) + taskTimeoutSeconds * 1_000;
}

/**
 * Ends the wait of a job whose task takes too long. The attempt stays open: EvoLink may still finish it, and what is
 * charged then is booked then, and salvaged.
 */
export async function letGoWhenLate(attempt: Attempt, dependencies: CheckDependencies): Promise<void> {
  const { table, tokens, executions, now, maxAttempts } = dependencies;
  const waits = attempt.deliveredAt === undefined && attempt.orphanedAt === undefined;
  if (!waits || now() < timeLimit(attempt, dependencies)) return;
  // The ledger first: after the answer nothing would bring a run that was cut short back to it.
  if (!(await isSaidUnknown(attempt, dependencies))) return;
  const name = attempt.taskId === undefined ? 'SubmitOutcomeUnknown' : 'TaskTimedOut';
  const failure = describeFailure(name, attempt, maxAttempts, {});
  logger.warn('the job stops waiting', { job_id: attempt.jobId, attempt: attempt.attempt, reason: name });
  if ((await answerAny(attempt, (token) => tokens.fail(token, failure))) === 'answered') {
    await table.markDelivered(attempt, false);
    emitJobFailed(name, attempt);
  } else if ((await executions.describe(attempt.executionArn)).state !== 'over') {
    return;
  }
  await orphan(attempt, table);
}

/** `false` when the attempt got a task or ended since it was read: the next check sees that, and nothing is unknown. */
async function isSaidUnknown(attempt: Attempt, { client, table, now }: CheckDependencies): Promise<boolean> {
  if (attempt.taskId !== undefined || attempt.unknownSince !== undefined) return true;
  const request = await readRequestFacts(client, table.tableName, attempt);
  return recordUnknown({ client, tableName: table.tableName }, attempt, request, now());
}
