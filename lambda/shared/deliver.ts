import type { Attempt } from './attempts/attempt';
import { isTerminal } from './attempts/attempt';
import type { AttemptTable } from './attempts/attempt-table';
import type { Executions } from './executions';
import { logger } from './logger';
import { orphan } from './orphan';
import type { TaskTokens } from './task-token';
import { answerAny } from './task-token';

export interface DeliverDependencies {
  readonly table: AttemptTable;
  readonly tokens: TaskTokens;
  readonly executions: Executions;
}

/**
 * Answers the waiting state with the end of its attempt. May be repeated at any time: the token is answered once,
 * `deliveredAt` says that it was.
 *
 * A refused token says only that nobody waits on it now. It may be an old one: when Step Functions repeated the state in
 * the meantime, the newer token is in the row by now and is answered instead. It may have been answered before: then the
 * job goes on, or has succeeded. Or the job has ended without the image: then what was paid for is salvaged.
 */
export async function deliver(attempt: Attempt, dependencies: DeliverDependencies): Promise<void> {
  const { table, tokens } = dependencies;
  let current = attempt;
  for (;;) {
    if (!isTerminal(current)) throw new Error(`attempt ${current.attemptId} has not ended and cannot be delivered`);
    if (current.deliveredAt !== undefined) {
      // Its job stopped waiting before the end came. A success stays open for its images; a failure needs nobody.
      if (current.failure !== undefined && current.nextCheckAt !== undefined) await table.markDelivered(current, true);
      return;
    }
    const { failure } = current;
    const output = { attempt: current.attempt, task_id: current.taskId ?? '' };
    const answer = await answerAny(current, (token) =>
      failure === undefined ? tokens.succeed(token, output) : tokens.fail(token, failure),
    );
    if (answer === 'answered') return table.markDelivered(current, failure !== undefined);
    const latest = await table.get(current.attemptId);
    if (latest === undefined || latest.taskToken === current.taskToken) return meetRefusal(current, dependencies);
    current = latest;
  }
}

async function meetRefusal(attempt: Attempt, { table, executions }: DeliverDependencies): Promise<void> {
  const about = { job_id: attempt.jobId, attempt: attempt.attempt };
  const { state, status } = await executions.describe(attempt.executionArn);
  logger.warn('the task token was refused', { ...about, execution: status });
  if (attempt.failure !== undefined) return table.markDelivered(attempt, true);
  if (state !== 'over') return table.markDelivered(attempt, false);
  await orphan(attempt, table);
}
