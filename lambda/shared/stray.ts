import type { DynamoDBDocumentClient, TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { TABLE } from '../../domain/constants';
import type { Attempt } from './attempts/attempt';
import { strayIdOf } from './attempts/attempt';
import type { AttemptTable } from './attempts/attempt-table';
import { holdAnyway } from './attempts/budget-counters';
import * as items from './attempts/items';
import { keepRequest, readRequest } from './attempts/requests';
import { noteIdempotency } from './attempts/settings';
import { tryTransact } from './attempts/transact';
import { logger } from './logger';
import { emitStray } from './metrics';

export interface StrayDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly table: AttemptTable;
  readonly now: () => number;
}

type TransactItems = NonNullable<TransactWriteCommandInput['TransactItems']>;

/**
 * A task of EvoLink's that names this attempt, which can't own it: it has ended without a task (a verdict was wrong), or
 * it has another one (a second task for one submission). Perhaps it is paid for, so it gets a row of its own: what it
 * costs is held, booked and counted against the same budgets, and its images are salvaged beside the job's own.
 *
 * @returns the row, or undefined when the task belongs to an attempt on record
 */
export async function adoptStray(
  parent: Attempt,
  taskId: string,
  { client, table, now }: StrayDependencies,
): Promise<Attempt | undefined> {
  const attemptId = strayIdOf(parent.strayOf ?? parent.attemptId, taskId);
  const known = await table.get(attemptId);
  if (known !== undefined) return known;
  if (await table.isLinked(taskId)) return undefined;

  const stray = rowOf(parent, attemptId, taskId, now());
  await keepRequest(client, table.tableName, stray, await readRequest(client, table.tableName, parent));
  const row = {
    ...items.attemptKey(attemptId),
    ...stray,
    [TABLE.openIndexPartitionKey]: items.openShard(attemptId),
    expiresAt: items.expiresAt(stray.createdAt),
  };
  const transaction: TransactItems = [
    { Put: { TableName: table.tableName, Item: row, ConditionExpression: 'attribute_not_exists(pk)' } },
    ...stray.heldIn.map((counter) => ({ Update: holdAnyway(table.tableName, counter, stray.creditsHeld) })),
  ];
  if (await tryTransact(client, transaction)) {
    logger.error('a task that no attempt accounts for', {
      job_id: parent.jobId,
      attempt: parent.attempt,
      task_id: taskId,
      other_task_id: parent.taskId,
    });
    emitStray(stray);
  }
  return table.get(attemptId);
}

/**
 * Gives the attempt its task. Where a callback has named another one, which EvoLink could not confirm then, that one gets a
 * row of its own first: forgotten, a paid image would be lost.
 */
export async function giveTask(
  attemptId: string,
  taskId: string,
  submittedAt: number,
  nextCheckAt: number,
  dependencies: StrayDependencies,
): Promise<'linked' | 'refused'> {
  const { table } = dependencies;
  const answer = await table.link(attemptId, taskId, submittedAt, nextCheckAt);
  if (answer !== 'named otherwise') return answer;
  const attempt = await table.get(attemptId);
  const named = attempt?.hintedTaskId;
  // The task has a row of its own by now, since the attempt had the other name before.
  const isKept =
    attempt !== undefined && (await table.get(strayIdOf(attempt.strayOf ?? attemptId, taskId))) !== undefined;
  if (attempt === undefined || named === undefined || isKept) return 'refused';
  await adoptStray(attempt, named, dependencies);
  return (await table.link(attemptId, taskId, submittedAt, nextCheckAt, named)) === 'linked' ? 'linked' : 'refused';
}

/**
 * Two tasks for one submission: EvoLink does not keep its word about the idempotency key, and lost replies are not
 * repeated from now on. Only for a task that EvoLink has confirmed.
 */
export async function noteSecondTask(parent: Attempt, { client, table, now }: StrayDependencies): Promise<void> {
  // With two API keys they were two submissions.
  if (parent.taskId === undefined || parent.keyChanged === true) return;
  const proof = { state: 'refuted', since: new Date(now()).toISOString(), by: 'second task' } as const;
  if (await noteIdempotency(client, table.tableName, proof)) {
    logger.error('EvoLink made two tasks for one idempotency key', { job_id: parent.jobId, attempt: parent.attempt });
  }
}

/** Nobody waits for it: from the start it is an orphan that the sweep looks after. */
function rowOf(parent: Attempt, attemptId: string, taskId: string, now: number): Attempt {
  const { jobId, attempt, executionArn, executionStartedAt, taskToken, tenant, model, quality, n } = parent;
  const { referenceTokens, creditsHeld, creditsLikely, heldIn, sendingSince } = parent;
  return {
    attemptId,
    strayOf: parent.strayOf ?? parent.attemptId,
    status: 'SUBMIT_UNKNOWN',
    hintedTaskId: taskId,
    // No secret opens it: callbacks name the attempt beside which it turned up.
    callbackSecretHash: '',
    ...{ jobId, attempt, executionArn, executionStartedAt, taskToken, tenant, model, quality, n },
    ...{ referenceTokens, creditsHeld, creditsLikely, heldIn, sendingSince },
    createdAt: now,
    deliveredAt: now,
    orphanedAt: now,
    nextCheckAt: now,
    checks: 0,
  };
}
