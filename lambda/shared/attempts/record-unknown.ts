import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import type { FailureName } from '../../../domain/failures';
import { unknownKey } from '../../../domain/ledger';
import { stillAs, unchanged } from './as-read';
import type { Attempt } from './attempt';
import type { BookingTable } from './book';
import * as items from './items';
import { unknownRecord } from './ledger-records';
import type { RequestFacts } from './requests';
import { leaveQueueOrSlot } from './slots';
import { tryTransact } from './transact';

type TransactItems = NonNullable<TransactWriteCommandInput['TransactItems']>;

/**
 * Nothing shows whether EvoLink has a task: the ledger says so, once. The hold stays, since it may still be charged; the slot
 * is free, since a task of a quarter of an hour ago has most likely ended, and one that there never was would block it for
 * a day. Should the truth come out after all, the booking takes the place of this record. `false` when it was said
 * before, or a task, a name for one or an end came to light.
 */
export async function recordUnknown(
  { client, tableName, patienceMs }: BookingTable,
  attempt: Attempt,
  request: RequestFacts,
  at: number,
): Promise<boolean> {
  if (attempt.taskId !== undefined || attempt.unknownSince !== undefined) return false;
  const transaction: TransactItems = [
    { Update: { TableName: tableName, ...becoming(attempt, { unknownSince: at, slot: false }, ['submission']) } },
    { Put: { TableName: tableName, ...unknownPut(attempt, request, at, 'SubmitOutcomeUnknown') } },
    ...leaveQueueOrSlot(tableName, attempt),
  ];
  return tryTransact(client, transaction, { patienceMs });
}

/**
 * A day has gone by without an end: the attempt is given up and leaves the index of open attempts, its slot is free. The
 * ledger says `unknown` and the hold stays, since EvoLink may still charge it. `false` when it ended meanwhile.
 */
export async function recordLost(
  { client, tableName, patienceMs }: BookingTable,
  attempt: Attempt,
  request: RequestFacts,
  at: number,
): Promise<boolean> {
  const isNews = attempt.unknownSince === undefined;
  const name = attempt.taskId === undefined ? 'SubmitOutcomeUnknown' : 'TaskTimedOut';
  const transaction: TransactItems = [
    {
      Update: {
        TableName: tableName,
        ...becoming(attempt, { lostAt: at, ...(isNews ? { unknownSince: at } : {}) }, [
          'openShard',
          'nextCheckAt',
          'submission',
        ]),
      },
    },
    ...(isNews ? [{ Put: { TableName: tableName, ...unknownPut(attempt, request, at, name) } }] : []),
    ...leaveQueueOrSlot(tableName, attempt),
  ];
  return tryTransact(client, transaction, { patienceMs });
}

/** An open attempt, as it was read, of which something more is known. */
function becoming(attempt: Attempt, set: Partial<Attempt>, remove: readonly string[] = []) {
  const open = stillAs(attempt);
  const same = unchanged(attempt, ['taskId', 'hintedTaskId', 'unknownSince', 'lostAt']);
  const assignments = Object.keys(set).map((name) => `${name} = :new_${name}`);
  return {
    Key: items.attemptKey(attempt.attemptId),
    UpdateExpression: `SET ${assignments.join(', ')}${remove.length > 0 ? ` REMOVE ${remove.join(', ')}` : ''}`,
    ConditionExpression: [open.condition, ...same.conditions].join(' AND '),
    ExpressionAttributeNames: open.names,
    ExpressionAttributeValues: {
      ...open.values,
      ...same.values,
      ...Object.fromEntries(Object.entries(set).map(([name, value]) => [`:new_${name}`, value])),
    },
  };
}

function unknownPut(attempt: Attempt, request: RequestFacts, at: number, failure: FailureName) {
  return {
    Item: { ...unknownKey(at, attempt.attemptId), ...unknownRecord(attempt, request, at, failure) },
    ConditionExpression: 'attribute_not_exists(pk)',
  };
}
