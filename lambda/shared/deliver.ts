import type { Attempt } from './attempts/attempt';
import { isTerminal } from './attempts/attempt';
import type { AttemptTable } from './attempts/attempt-table';
import { logger } from './logger';
import type { TaskTokens } from './task-token';
import { answerAny } from './task-token';

/**
 * Answers the waiting state with the end of its attempt. May be repeated at any time: the token is answered once,
 * `deliveredAt` says that it was.
 *
 * A refused token may only be an old one: when Step Functions repeated the state in the meantime, the newer token is in
 * the row by now and is answered instead. Otherwise nobody waits; a success stays open, so that its images are seen.
 */
export async function deliver(
  attempt: Attempt,
  table: AttemptTable,
  tokens: TaskTokens,
): Promise<'delivered' | 'refused'> {
  let current = attempt;
  for (;;) {
    if (!isTerminal(current)) throw new Error(`attempt ${current.attemptId} has not ended and cannot be delivered`);
    if (current.deliveredAt !== undefined) {
      // Its job stopped waiting before the end came. A success stays open for its images; a failure needs nobody.
      if (current.failure !== undefined && current.nextCheckAt !== undefined) await table.markDelivered(current, true);
      return 'delivered';
    }
    const { failure } = current;
    const output = { attempt: current.attempt, task_id: current.taskId ?? '' };
    const answer = await answerAny(current, (token) =>
      failure === undefined ? tokens.succeed(token, output) : tokens.fail(token, failure),
    );
    if (answer === 'answered') {
      await table.markDelivered(current, current.failure !== undefined);
      return 'delivered';
    }
    const latest = await table.get(current.attemptId);
    if (latest === undefined || latest.taskToken === current.taskToken) {
      logger.warn('the task token was refused', { job_id: current.jobId, attempt: current.attempt });
      // It was answered before and the mark got lost, or the job was stopped: a failure needs nobody either way.
      if (current.failure !== undefined) await table.markDelivered(current, true);
      return 'refused';
    }
    current = latest;
  }
}
