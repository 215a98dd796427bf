import type { DynamoDBDocumentClient, TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { GetCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import type { LedgerRecord } from '../../domain/ledger';
import { ledgerKey, OPEN_REFUNDS_PARTITION, openRefundKey, spendKey } from '../../domain/ledger';
import { type Booking, bookedCredits } from '../../domain/usage';
import { MAX_TASKS_PER_QUERY, type Task } from '../../evolink';
import type { OpenRefund } from '../shared/attempts/book';
import { settleItem } from '../shared/attempts/budget-counters';
import { tryTransact } from '../shared/attempts/transact';
import { describeError, logger } from '../shared/logger';
import { emitLateCharge } from '../shared/metrics';
import { isQueryError, type Provider } from '../shared/provider';

export interface RefundDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly table: { readonly tableName: string };
  readonly provider: Provider;
  readonly now: () => number;
}

type TransactItems = NonNullable<TransactWriteCommandInput['TransactItems']>;

/** After a day without a charge a refund is taken as given: the hold must not keep budgets from being used for ever. */
const TAKEN_AS_GIVEN_AFTER_MS = 24 * 60 * 60_000;

/** Asked for in one run: four questions to EvoLink. The rest is asked for in the next. */
const MAX_ASKED = 4 * MAX_TASKS_PER_QUERY;

/** Failed tasks whose refund nothing proves yet, the oldest first. */
export async function openRefunds({ client, table }: RefundDependencies): Promise<OpenRefund[]> {
  const found: OpenRefund[] = [];
  const pages = paginateQuery(
    { client },
    {
      TableName: table.tableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': OPEN_REFUNDS_PARTITION },
      ConsistentRead: true,
    },
  );
  for await (const page of pages) found.push(...((page.Items ?? []) as unknown as OpenRefund[]));
  return found;
}

/**
 * Asks EvoLink again what became of failed tasks: a proven refund is written to the ledger, a charge is booked on the day
 * on which it is found, and what stays open for a day is let go. Each is settled in one transaction, once.
 */
export async function settleRefunds(refunds: readonly OpenRefund[], dependencies: RefundDependencies): Promise<void> {
  for (let start = 0; start < Math.min(refunds.length, MAX_ASKED); start += MAX_TASKS_PER_QUERY) {
    const asked = refunds.slice(start, start + MAX_TASKS_PER_QUERY);
    const tasks = await readTasks(asked, dependencies.provider);
    for (const refund of asked) await settle(refund, tasks.get(refund.taskId), dependencies);
  }
}

/** Where EvoLink cannot be read, nothing new is known; age counts all the same. */
async function readTasks(refunds: readonly OpenRefund[], provider: Provider): Promise<ReadonlyMap<string, Task>> {
  try {
    const tasks = await provider.query((client) => client.getTasks(refunds.map(({ taskId }) => taskId)));
    return new Map(tasks.map((task) => [task.id, task]));
  } catch (error) {
    if (!isQueryError(error)) throw error;
    logger.warn('open refunds could not be looked up', describeError(error));
    return new Map();
  }
}

async function settle(refund: OpenRefund, task: Task | undefined, dependencies: RefundDependencies): Promise<void> {
  const booking = task && bookingOf(refund, task);
  if (booking !== undefined && booking.units > 0) return bookCharge(refund, booking, dependencies);
  const isRefunded = booking?.refund === 'proven' || booking?.refund === 'none';
  if (isRefunded) return close(refund, true, dependencies);
  if (dependencies.now() >= refund.completedAt + TAKEN_AS_GIVEN_AFTER_MS) return close(refund, false, dependencies);
}

function bookingOf({ units }: OpenRefund, { usage, billing }: Task): Booking {
  const estimate = { model: '', referenceTokens: 0, creditsUpper: units };
  return bookedCredits({ usage, billing, estimate, outcome: 'failed' });
}

/** The hold is let go; the record says `refunded` only where EvoLink's billing block proves it. */
async function close(
  { attemptId, taskId, units, heldIn, completedAt }: OpenRefund,
  isProven: boolean,
  { client, table: { tableName }, now }: RefundDependencies,
): Promise<void> {
  const transaction: TransactItems = [
    deletion(tableName, completedAt, attemptId),
    {
      Update: {
        TableName: tableName,
        Key: ledgerKey(completedAt, attemptId),
        UpdateExpression: `SET refundClosedAt = :at${isProven ? ', #state = :refunded' : ''}`,
        ConditionExpression: 'attribute_exists(pk)',
        ...(isProven ? { ExpressionAttributeNames: { '#state': 'state' } } : {}),
        ExpressionAttributeValues: { ':at': now(), ...(isProven ? { ':refunded': 'refunded' } : {}) },
      },
    },
    ...heldIn.map((counter) => ({ Update: settleItem(tableName, counter, units, 0) })),
  ];
  if (!(await tryTransact(client, transaction))) return;
  logger[isProven ? 'info' : 'warn'](isProven ? 'a refund is proven' : 'a refund was never proven', {
    attempt_id: attemptId,
    task_id: taskId,
  });
}

/** Its day is today, like its spend: a month that is over never changes its sum. The first record stays, marked. */
async function bookCharge(
  refund: OpenRefund,
  { units, basis }: Booking,
  { client, table: { tableName }, now }: RefundDependencies,
): Promise<void> {
  const { attemptId, taskId, completedAt, heldIn } = refund;
  const Key = ledgerKey(completedAt, attemptId);
  const { Item } = await client.send(new GetCommand({ TableName: tableName, Key, ConsistentRead: true }));
  if (Item === undefined) return;
  const at = now();
  const first = Item as LedgerRecord;
  const record: LedgerRecord = { ...first, state: 'booked', creditsUsed: units, creditsOpen: 0, basis, bookedAt: at };
  const shard = Buffer.from(attemptId, 'base64url')[1] ?? 0;
  const transaction: TransactItems = [
    deletion(tableName, completedAt, attemptId),
    {
      Update: {
        TableName: tableName,
        Key,
        UpdateExpression: 'SET supersededAt = :at',
        ConditionExpression: 'attribute_not_exists(supersededAt)',
        ExpressionAttributeValues: { ':at': at },
      },
    },
    {
      Put: {
        TableName: tableName,
        Item: { ...record, ...ledgerKey(at, attemptId) },
        ConditionExpression: 'attribute_not_exists(pk)',
      },
    },
    {
      Update: {
        TableName: tableName,
        Key: spendKey(at, shard),
        UpdateExpression: 'ADD creditsUsed :used',
        ExpressionAttributeValues: { ':used': units },
      },
    },
    ...heldIn.map((counter) => ({ Update: settleItem(tableName, counter, refund.units, units) })),
  ];
  if (!(await tryTransact(client, transaction))) return;
  logger.warn('a failed task was charged', { attempt_id: attemptId, task_id: taskId });
  emitLateCharge(record);
}

/** Whoever deletes it settles it. */
function deletion(tableName: string, completedAt: number, attemptId: string): TransactItems[number] {
  return {
    Delete: {
      TableName: tableName,
      Key: openRefundKey(completedAt, attemptId),
      ConditionExpression: 'attribute_exists(pk)',
    },
  };
}
