import type { DynamoDBDocumentClient, TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import type { FailureName } from '../../../domain/failures';
import type { UsageBasis } from '../../../domain/job';
import { ledgerKey, spendKey, unknownKey } from '../../../domain/ledger';
import type { Attempt, AttemptStatus, StoredFailure, TaskOutcome } from './attempt';
import { SENT_STATUSES } from './attempt';
import { settleItem } from './budget-counters';
import * as items from './items';
import { delivered, ledgerRecord, unknownRecord } from './ledger-records';
import type { RequestFacts } from './requests';
import { freeSlot, leaveQueue } from './slots';
import { ConditionFailedError, transact, type TransactOptions } from './transact';

type TransactItems = NonNullable<TransactWriteCommandInput['TransactItems']>;

/** How an attempt ended, and what it cost. */
export interface AttemptEnd {
  readonly status: Extract<AttemptStatus, 'COMPLETED' | 'FAILED' | 'CANCELLED'>;
  readonly completedAt: number;
  /** Credit units (10⁻⁴ credit) that EvoLink charged. */
  readonly creditsUsed: number;
  readonly basis: UsageBasis;
  /** Absent for a success. */
  readonly failure?: StoredFailure;
  /** Absent when EvoLink never had a task for the attempt. */
  readonly outcome?: TaskOutcome;
  /** Its job has ended already: no task token is to be answered. @default false */
  readonly nobodyWaits?: boolean;
}

export interface BookingTable extends TransactOptions {
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
}

/**
 * Ends the attempt and books it, in one transaction: state, ledger record, spend, budgets and EvoLink's answer are
 * written together or not at all. Exactly one caller wins (`true`); it is the one that emits the metrics.
 *
 * The attempt must still have the task, or none, with which it was read: an end without a task, after a submission that
 * was refused, must not cover one that a callback has linked meanwhile. A further attempt would pay for it again. Nor
 * may the ledger have said `unknown` since then: that record is superseded, and there is never a second one.
 */
export async function book(
  { client, tableName, patienceMs }: BookingTable,
  attempt: Attempt,
  request: RequestFacts,
  end: AttemptEnd,
): Promise<boolean> {
  const transaction: TransactItems = [
    { Update: { TableName: tableName, ...endOfAttempt(attempt, end) } },
    {
      Put: {
        TableName: tableName,
        Item: { ...ledgerKey(end.completedAt, attempt.attemptId), ...ledgerRecord(attempt, request, end) },
        ConditionExpression: 'attribute_not_exists(pk)',
      },
    },
    ...supersedeUnknown(tableName, attempt, end),
    { Update: { TableName: tableName, ...spend(attempt, end) } },
    ...attempt.heldIn.map((counter) => ({
      Update: settleItem(tableName, counter, attempt.creditsHeld, end.creditsUsed),
    })),
    ...leaveQueueOrSlot(tableName, attempt),
  ];
  if (end.outcome !== undefined) {
    const Item = {
      ...items.outcomeKey(attempt.attemptId),
      ...end.outcome,
      expiresAt: items.expiresAt(attempt.createdAt),
    };
    transaction.push({ Put: { TableName: tableName, Item } });
  }
  return committed(client, transaction, { patienceMs });
}

/**
 * Nothing shows whether EvoLink has a task: the ledger says so, once, and the hold stays. Should the truth come out
 * after all, the booking takes the place of this record. `false` when it was said before, or a task or an end came to light.
 */
export async function recordUnknown(
  { client, tableName, patienceMs }: BookingTable,
  attempt: Attempt,
  request: RequestFacts,
  at: number,
): Promise<boolean> {
  if (attempt.taskId !== undefined || attempt.unknownSince !== undefined) return false;
  const transaction: TransactItems = [
    { Update: { TableName: tableName, ...becoming(attempt, { unknownSince: at }) } },
    { Put: { TableName: tableName, ...unknownPut(attempt, request, at, 'SubmitOutcomeUnknown') } },
  ];
  return committed(client, transaction, { patienceMs });
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
        ...becoming(attempt, { lostAt: at, ...(isNews ? { unknownSince: at } : {}) }, ['openShard', 'nextCheckAt']),
      },
    },
    ...(isNews ? [{ Put: { TableName: tableName, ...unknownPut(attempt, request, at, name) } }] : []),
    ...leaveQueueOrSlot(tableName, attempt),
  ];
  return committed(client, transaction, { patienceMs });
}

/** An open attempt, as it was read, of which something more is known. */
function becoming(attempt: Attempt, set: Partial<Attempt>, remove: readonly string[] = []) {
  const open = stillAs(attempt);
  const same = unchanged(attempt, ['taskId', 'unknownSince', 'lostAt']);
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

async function committed(client: DynamoDBDocumentClient, transaction: TransactItems, options: TransactOptions) {
  try {
    await transact(client, transaction, options);
    return true;
  } catch (error) {
    if (error instanceof ConditionFailedError) return false;
    throw error;
  }
}

/** An attempt in the queue was never sent; one that was read there must not have been let through meanwhile. */
function stillAs({ status }: Pick<Attempt, 'status'>) {
  const statuses = status === 'QUEUED' ? [status] : SENT_STATUSES;
  return {
    condition: `#status IN (${statuses.map((_, index) => `:open${index}`).join(', ')})`,
    names: { '#status': 'status' },
    values: Object.fromEntries(statuses.map((one, index) => [`:open${index}`, one])),
  };
}

/** Attributes that must be as they were read, present or absent: what else happened meanwhile decides anew. */
function unchanged(attempt: Attempt, names: readonly ('taskId' | 'unknownSince' | 'lostAt')[]) {
  const present = names.filter((name) => attempt[name] !== undefined);
  return {
    conditions: names.map((name) =>
      attempt[name] === undefined ? `attribute_not_exists(${name})` : `${name} = :${name}`,
    ),
    values: Object.fromEntries(present.map((name) => [`:${name}`, attempt[name]])),
  };
}

function leaveQueueOrSlot(tableName: string, { queueEntry, slot, lostAt }: Attempt): TransactItems {
  if (queueEntry !== undefined) {
    return [leaveQueue(tableName), { Delete: { TableName: tableName, Key: items.queueKey(queueEntry) } }];
  }
  // A lost attempt gave its slot back when it was given up.
  return slot === true && lostAt === undefined ? [freeSlot(tableName)] : [];
}

function endOfAttempt(attempt: Attempt, end: AttemptEnd) {
  const open = stillAs(attempt);
  const same = unchanged(attempt, ['taskId', 'unknownSince', 'lostAt']);
  const nobodyWaits = end.nobodyWaits === true;
  // Paid for, and no job of its own that archives it: the sweep is to look at it, now.
  const isToSalvage = end.failure === undefined && (attempt.orphanedAt ?? attempt.lostAt) !== undefined;
  return {
    Key: items.attemptKey(attempt.attemptId),
    UpdateExpression: [
      'SET #status = :status, completedAt = :completedAt, creditsUsed = :creditsUsed, basis = :basis',
      end.failure ? ', failure = :failure' : '',
      nobodyWaits ? ', deliveredAt = :completedAt' : '',
      isToSalvage ? ', openShard = :shard, nextCheckAt = :completedAt' : '',
      ' REMOVE queueEntry',
      nobodyWaits ? ', openShard, nextCheckAt' : '',
    ].join(''),
    ConditionExpression: [open.condition, ...same.conditions].join(' AND '),
    ExpressionAttributeNames: open.names,
    ExpressionAttributeValues: {
      ...open.values,
      ...same.values,
      ':status': end.status,
      ':completedAt': end.completedAt,
      ':creditsUsed': end.creditsUsed,
      ':basis': end.basis,
      ...(end.failure ? { ':failure': end.failure } : {}),
      ...(isToSalvage ? { ':shard': items.openShard(attempt.attemptId) } : {}),
    },
  };
}

/**
 * A late booking belongs to the day on which it is made, like its spend: a month that is over never changes its sum. The
 * record that said `unknown` stays where it was, marked, and is no longer read as one of the ledger.
 */
function supersedeUnknown(tableName: string, attempt: Attempt, end: AttemptEnd): TransactItems {
  if (attempt.unknownSince === undefined) return [];
  const Update = {
    TableName: tableName,
    Key: unknownKey(attempt.unknownSince, attempt.attemptId),
    UpdateExpression: 'SET supersededAt = :at',
    ConditionExpression: '#state = :unknown AND attribute_not_exists(supersededAt)',
    ExpressionAttributeNames: { '#state': 'state' },
    ExpressionAttributeValues: { ':unknown': 'unknown', ':at': end.completedAt },
  };
  return [{ Update }];
}

function spend(attempt: Attempt, end: AttemptEnd) {
  const shard = Buffer.from(attempt.attemptId, 'base64url')[1] ?? 0;
  return {
    Key: spendKey(end.completedAt, shard),
    UpdateExpression: 'ADD creditsUsed :used, images :images, attempts :one',
    ExpressionAttributeValues: { ':used': end.creditsUsed, ':images': delivered(end), ':one': 1 },
  };
}
