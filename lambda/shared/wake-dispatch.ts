import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { AttemptTable } from './attempts/attempt-table';
import { readSlots } from './attempts/slots';
import type { AsyncInvocation } from './async-invocation';
import { describeError, logger } from './logger';

export interface WakeDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly table: AttemptTable;
  /** Tasks at EvoLink at once. @default - as many as there are */
  readonly maxConcurrentTasks?: number;
  /** Absent in `dispatch` itself, which goes on by itself. */
  readonly dispatch?: AsyncInvocation;
  readonly now: () => number;
}

/**
 * Starts `dispatch` where it has something to do. Whether it could be started is no matter of the caller's: every sweep
 * tries again.
 *
 * @param aheadMs - starts it also where a pause ends within this time, in milliseconds: it waits for that
 */
export async function wakeDispatch(
  { client, table, maxConcurrentTasks, dispatch, now }: WakeDependencies,
  aheadMs = 0,
): Promise<void> {
  if (dispatch === undefined) return;
  try {
    const { queued, taken, pausedUntil } = await readSlots(client, table.tableName);
    if (queued <= 0 || taken >= (maxConcurrentTasks ?? Infinity) || pausedUntil > now() + aheadMs) return;
    await dispatch.start({});
  } catch (error) {
    logger.warn('dispatch could not be started', describeError(error));
  }
}
