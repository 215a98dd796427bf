import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { UsageBasis } from '../../../domain/job';
import type { Attempt, AttemptStatus, StoredFailure, TaskOutcome } from './attempt';
import { OPEN_STATUSES } from './attempt';
import * as items from './items';
import { ConditionFailedError, transact } from './transact';

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

/**
 * Ends the attempt and books it, in one transaction: state, ledger line and EvoLink's answer are written together or
 * not at all. Exactly one caller wins (`true`); it is the one that emits the metrics.
 *
 * The attempt must still have the task, or none, with which it was read: an end without a task, after a submission that
 * was refused, must not cover one that a callback has linked meanwhile. A further attempt would pay for it again.
 */
export async function book(
  client: DynamoDBDocumentClient,
  tableName: string,
  attempt: Attempt,
  end: AttemptEnd,
): Promise<boolean> {
  const expiresAt = items.expiresAt(attempt.createdAt);
  try {
    await transact(client, [
      { Update: { TableName: tableName, ...endOfAttempt(attempt, end) } },
      {
        Put: {
          TableName: tableName,
          Item: ledgerLine(attempt, end),
          ConditionExpression: 'attribute_not_exists(pk)',
        },
      },
      ...(end.outcome === undefined
        ? []
        : [
            {
              Put: {
                TableName: tableName,
                Item: { ...items.outcomeKey(attempt.attemptId), ...end.outcome, expiresAt },
              },
            },
          ]),
    ]);
    return true;
  } catch (error) {
    if (error instanceof ConditionFailedError) return false;
    throw error;
  }
}

function endOfAttempt(attempt: Attempt, end: AttemptEnd) {
  const open = OPEN_STATUSES.map((status, index) => [`:open${index}`, status] as const);
  return {
    Key: items.attemptKey(attempt.attemptId),
    UpdateExpression:
      'SET #status = :status, completedAt = :completedAt, creditsUsed = :creditsUsed, basis = :basis' +
      (end.failure ? ', failure = :failure' : ''),
    ConditionExpression:
      `#status IN (${open.map(([name]) => name).join(', ')}) AND ` +
      (attempt.taskId === undefined ? 'attribute_not_exists(taskId)' : 'taskId = :taskId'),
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: {
      ...Object.fromEntries(open),
      ...(attempt.taskId === undefined ? {} : { ':taskId': attempt.taskId }),
      ':status': end.status,
      ':completedAt': end.completedAt,
      ':creditsUsed': end.creditsUsed,
      ':basis': end.basis,
      ...(end.failure ? { ':failure': end.failure } : {}),
    },
  };
}

function ledgerLine(attempt: Attempt, end: AttemptEnd) {
  return {
    ...items.ledgerKey(end.completedAt, attempt.attemptId),
    attemptId: attempt.attemptId,
    jobId: attempt.jobId,
    attempt: attempt.attempt,
    taskId: attempt.taskId,
    tenant: attempt.tenant,
    model: attempt.model,
    quality: attempt.quality,
    state: end.status === 'COMPLETED' || end.creditsUsed > 0 ? 'booked' : 'refunded',
    creditsHeld: attempt.creditsHeld,
    creditsUsed: end.creditsUsed,
    basis: end.basis,
    usage: end.outcome?.usage,
    billingRule: end.outcome?.billingRule,
    createdAt: attempt.createdAt,
    submittedAt: attempt.submittedAt,
    bookedAt: end.completedAt,
  };
}
