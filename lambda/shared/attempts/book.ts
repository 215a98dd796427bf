import type { DynamoDBDocumentClient, TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import type { UsageBasis } from '../../../domain/job';
import type { LedgerRecord } from '../../../domain/ledger';
import { ledgerKey, spendKey, unknownKey } from '../../../domain/ledger';
import type { Attempt, AttemptStatus, StoredFailure, TaskOutcome } from './attempt';
import { OPEN_STATUSES } from './attempt';
import { settleItem } from './budget-counters';
import * as items from './items';
import type { RequestFacts } from './request-facts';
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
  const transaction: TransactItems = [
    {
      Update: {
        TableName: tableName,
        Key: items.attemptKey(attempt.attemptId),
        UpdateExpression: 'SET unknownSince = :at',
        ConditionExpression:
          'attribute_not_exists(unknownSince) AND attribute_not_exists(taskId) AND ' + STILL_OPEN.condition,
        ExpressionAttributeNames: STILL_OPEN.names,
        ExpressionAttributeValues: { ':at': at, ...STILL_OPEN.values },
      },
    },
    {
      Put: {
        TableName: tableName,
        Item: { ...unknownKey(at, attempt.attemptId), ...unknownRecord(attempt, request, at) },
        ConditionExpression: 'attribute_not_exists(pk)',
      },
    },
  ];
  return committed(client, transaction, { patienceMs });
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

const STILL_OPEN = {
  condition: `#status IN (${OPEN_STATUSES.map((_, index) => `:open${index}`).join(', ')})`,
  names: { '#status': 'status' },
  values: Object.fromEntries(OPEN_STATUSES.map((status, index) => [`:open${index}`, status])),
};

function endOfAttempt(attempt: Attempt, end: AttemptEnd) {
  return {
    Key: items.attemptKey(attempt.attemptId),
    UpdateExpression:
      'SET #status = :status, completedAt = :completedAt, creditsUsed = :creditsUsed, basis = :basis' +
      (end.failure ? ', failure = :failure' : ''),
    ConditionExpression: [
      STILL_OPEN.condition,
      attempt.taskId === undefined ? 'attribute_not_exists(taskId)' : 'taskId = :taskId',
      attempt.unknownSince === undefined ? 'attribute_not_exists(unknownSince)' : 'unknownSince = :unknownSince',
    ].join(' AND '),
    ExpressionAttributeNames: STILL_OPEN.names,
    ExpressionAttributeValues: {
      ...STILL_OPEN.values,
      ...(attempt.taskId === undefined ? {} : { ':taskId': attempt.taskId }),
      ...(attempt.unknownSince === undefined ? {} : { ':unknownSince': attempt.unknownSince }),
      ':status': end.status,
      ':completedAt': end.completedAt,
      ':creditsUsed': end.creditsUsed,
      ':basis': end.basis,
      ...(end.failure ? { ':failure': end.failure } : {}),
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

const delivered = (end: AttemptEnd): number => end.outcome?.results.length ?? 0;

function ledgerRecord(attempt: Attempt, request: RequestFacts, end: AttemptEnd): LedgerRecord {
  return {
    ...common(attempt, request),
    images: delivered(end),
    state: end.status === 'COMPLETED' || end.creditsUsed > 0 ? 'booked' : 'refunded',
    failure: end.failure?.name,
    creditsUsed: end.creditsUsed,
    basis: end.basis,
    usage: end.outcome?.usage,
    billingRule: end.outcome?.billingRule,
    bookedAt: end.completedAt,
  };
}

function unknownRecord(attempt: Attempt, request: RequestFacts, at: number): LedgerRecord {
  return {
    ...common(attempt, request),
    images: 0,
    state: 'unknown',
    failure: 'SubmitOutcomeUnknown',
    creditsUsed: 0,
    basis: 'assumed',
    bookedAt: at,
  };
}

function common(attempt: Attempt, request: RequestFacts) {
  return {
    attemptId: attempt.attemptId,
    jobId: attempt.jobId,
    attempt: attempt.attempt,
    taskId: attempt.taskId,
    tenant: attempt.tenant,
    metadata: request.metadata,
    model: attempt.model,
    size: request.requested.size,
    resolution: request.requested.resolution,
    quality: attempt.quality,
    n: attempt.n,
    creditsHeld: attempt.creditsHeld,
    priceTable: request.priceTable,
    createdAt: attempt.createdAt,
    submittedAt: attempt.submittedAt,
  };
}
