import type { DynamoDBDocumentClient, TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import type { UsageBasis } from '../../../domain/job';
import type { FoundBy } from '../../../domain/ledger';
import { ledgerKey, openRefundKey, spendKey, unknownKey } from '../../../domain/ledger';
import type { Attempt, AttemptStatus, StoredFailure, TaskOutcome } from './attempt';
import { isLeftBehind } from './attempt';
import { stillAs, unchanged } from './as-read';
import { settleItem } from './budget-counters';
import * as items from './items';
import { delivered, ledgerRecord } from './ledger-records';
import type { RequestFacts } from './requests';
import { leaveQueueOrSlot } from './slots';
import { tryTransact, type TransactOptions } from './transact';

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
  /** What may still be charged: the task failed, and nothing proves its refund. @default 0 */
  readonly creditsOpen?: number;
  /** Of a submission that was refused. Absent with a task. */
  readonly noTask?: 'proven' | 'likely';
  /** Absent when EvoLink never had a task for the attempt. */
  readonly outcome?: TaskOutcome;
  /** What told us of it; absent without a task. */
  readonly foundBy?: FoundBy;
  /** Its job has ended already: no task token is to be answered. @default false */
  readonly nobodyWaits?: boolean;
}

/** A failed task whose refund nothing proves yet. */
export interface OpenRefund {
  readonly attemptId: string;
  readonly taskId: string;
  /** Credit units that stay held. */
  readonly units: number;
  /** The budget counters that hold them. */
  readonly heldIn: Attempt['heldIn'];
  /** With the attempt's id it leads to the record in the ledger. */
  readonly completedAt: number;
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
      Update: settleItem(tableName, counter, attempt.creditsHeld, end.creditsUsed, end.creditsOpen),
    })),
    ...openRefund(tableName, attempt, end),
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
  return tryTransact(client, transaction, { patienceMs });
}

function endOfAttempt(attempt: Attempt, end: AttemptEnd) {
  const open = stillAs(attempt);
  // Whoever ends it without a task must not have been told of one meanwhile.
  const hint = end.outcome === undefined ? (['hintedTaskId'] as const) : [];
  const same = unchanged(attempt, ['taskId', 'unknownSince', 'lostAt', ...hint]);
  const nobodyWaits = end.nobodyWaits === true;
  // Paid for, and no job of its own that archives it: the sweep is to look at it, now.
  const isToSalvage = end.failure === undefined && isLeftBehind(attempt);
  return {
    Key: items.attemptKey(attempt.attemptId),
    UpdateExpression: [
      'SET #status = :status, completedAt = :completedAt, creditsUsed = :creditsUsed, basis = :basis',
      end.failure ? ', failure = :failure' : '',
      nobodyWaits ? ', deliveredAt = :completedAt' : '',
      isToSalvage ? ', openShard = :shard, nextCheckAt = :completedAt' : '',
      // Its next check was to be when its time in the queue is up: far too late for an answer that gets lost.
      attempt.status === 'QUEUED' && !nobodyWaits ? ', nextCheckAt = :completedAt' : '',
      ' REMOVE queueEntry, submission, submitError',
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

/** What reconcile needs to settle it: it asks EvoLink again, until a day has passed. */
function openRefund(tableName: string, attempt: Attempt, end: AttemptEnd): TransactItems {
  if (end.creditsOpen === undefined || end.creditsOpen === 0 || end.outcome === undefined) return [];
  const refund: OpenRefund = {
    attemptId: attempt.attemptId,
    taskId: end.outcome.taskId,
    units: end.creditsOpen,
    heldIn: attempt.heldIn,
    completedAt: end.completedAt,
  };
  return [{ Put: { TableName: tableName, Item: { ...openRefundKey(end.completedAt, attempt.attemptId), ...refund } } }];
}

function spend(attempt: Attempt, end: AttemptEnd) {
  const shard = Buffer.from(attempt.attemptId, 'base64url')[1] ?? 0;
  return {
    Key: spendKey(end.completedAt, shard),
    UpdateExpression: 'ADD creditsUsed :used, images :images, attempts :one',
    ExpressionAttributeValues: { ':used': end.creditsUsed, ':images': delivered(end), ':one': 1 },
  };
}
