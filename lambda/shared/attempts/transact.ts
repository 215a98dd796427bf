import { setTimeout as delay } from 'node:timers/promises';
import type { DynamoDBDocumentClient, TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';

/** A condition of the transaction did not hold: nothing was written. `failed` holds the indexes of those items. */
export class ConditionFailedError extends Error {
  override readonly name = 'ConditionFailedError';
  constructor(readonly failed: readonly number[]) {
    super(`condition failed for transaction items ${failed.join(', ')}`);
  }
}

/** Others wrote to the same items all the time we had: nothing was written. */
export class TableBusyError extends Error {
  override readonly name = 'TableBusyError';
  constructor(options: ErrorOptions) {
    super('the write met conflicts or throttling until its time was up', options);
  }
}

/** Reasons that say "again, a moment later" rather than "no". */
const TRANSIENT_REASONS = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

/** The same, said of a whole request: nothing of it was written. The SDK repeats these a few times only. */
const TRANSIENT_ERRORS = new Set([
  'TransactionConflictException',
  'ThrottlingException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
]);

const PATIENCE_MS = 5_000;

/**
 * For the function that sends: jobs that start together meet on the counters of budgets and slots. Waiting there is cheap,
 * and leaves time for a look at the references, for two POSTs and for what follows them (`SUBMISSION_SECONDS`).
 */
export const SUBMIT_PATIENCE_MS = 15_000;

export interface TransactOptions {
  /** How long conflicts are repeated, in milliseconds. @default 5000 */
  readonly patienceMs?: number;
}

/**
 * Writes all items or none. DynamoDB cancels transactions that meet on an item instead of queueing them, and the SDK
 * does not repeat those; so conflicts and throttles are repeated here, with full jitter, while there is time.
 *
 * A failed condition beside a conflict proves nothing (the conflicting write may undo it), so only a clean failure
 * counts.
 *
 * @throws ConditionFailedError when a condition failed and nothing conflicted
 * @throws TableBusyError when conflicts lasted longer than `patienceMs`
 */
export async function transact(
  client: DynamoDBDocumentClient,
  items: NonNullable<TransactWriteCommandInput['TransactItems']>,
  { patienceMs = PATIENCE_MS }: TransactOptions = {},
): Promise<void> {
  try {
    await patiently(() => client.send(new TransactWriteCommand({ TransactItems: items })), patienceMs);
  } catch (error) {
    const reasons = cancellationReasons(error) ?? [];
    const failed = reasons.flatMap((reason, index) => (reason === 'ConditionalCheckFailed' ? [index] : []));
    if (failed.length === 0) throw error;
    throw new ConditionFailedError(failed);
  }
}

/** The same, where a failed condition is an answer: somebody else was first. `false` then. */
export async function tryTransact(...call: Parameters<typeof transact>): Promise<boolean> {
  try {
    await transact(...call);
    return true;
  } catch (error) {
    if (error instanceof ConditionFailedError) return false;
    throw error;
  }
}

/**
 * Sends a write again as long as it meets other writes of the same items. A plain write needs this too: while a
 * transaction holds its item it is refused, and the SDK does not repeat that either.
 *
 * @throws TableBusyError when conflicts lasted longer than `patienceMs`
 */
export async function patiently<T>(write: () => Promise<T>, patienceMs = PATIENCE_MS): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (let round = 0; ; round++) {
    try {
      return await write();
    } catch (error) {
      if (!isTransient(error)) throw error;
      if (Date.now() >= deadline) throw new TableBusyError({ cause: error });
      await delay(Math.random() * Math.min(1_000, 25 * 2 ** round));
    }
  }
}

function isTransient(error: unknown): boolean {
  if (error instanceof Error && TRANSIENT_ERRORS.has(error.name)) return true;
  return cancellationReasons(error)?.some((reason) => TRANSIENT_REASONS.has(reason)) ?? false;
}

function cancellationReasons(error: unknown): string[] | undefined {
  if (!(error instanceof Error) || error.name !== 'TransactionCanceledException') return undefined;
  const { CancellationReasons } = error as Error & { CancellationReasons?: { Code?: string }[] };
  return (CancellationReasons ?? []).map((reason) => reason.Code ?? 'None');
}
