import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { AppliedBudget, BudgetCounter, BudgetRule } from '../../../domain/budgets';
import { TABLE } from '../../../domain/constants';
import type { Job } from '../../../domain/job';
import type { RuntimeSettings } from '../../../domain/settings';
import type { Attempt, Submission } from './attempt';
import { attemptIdOf } from './attempt';
import type { LimitedBudget } from './budget-counters';
import { holdItem, limitedBudgets, readCounter } from './budget-counters';
import * as items from './items';
import { keepRequest } from './requests';
import { readSettings } from './settings';
import type { Slots } from './slots';
import { joinQueue, readSlots, takeSlot } from './slots';
import { ConditionFailedError, TableBusyError, transact } from './transact';

/** What `submit` knows when it claims an attempt. */
export interface Claim {
  readonly job: Job;
  readonly attempt: number;
  readonly taskToken: string;
  readonly callbackSecretHash: string;
  /** See {@link Attempt.submission}; an attempt that joins the queue gets another one when its turn comes. */
  readonly submission?: Submission;
  readonly executionArn: string;
  readonly executionStartedAt: string;
  readonly nextCheckAt: number;
  /** See {@link Attempt.keyVersion}. */
  readonly keyVersion?: string;
}

/** Why a new attempt may not be opened now. */
export type Refusal =
  | { readonly kind: 'paused'; readonly paused: NonNullable<RuntimeSettings['paused']> }
  | {
      readonly kind: 'over budget';
      readonly budget: AppliedBudget;
      readonly limit: number;
      readonly counter: BudgetCounter;
    };

export type ClaimResult =
  | { readonly kind: 'claimed'; readonly attempt: Attempt }
  /** No slot is free, or EvoLink wants to be left alone: the attempt waits in the queue. */
  | { readonly kind: 'queued'; readonly attempt: Attempt }
  | { readonly kind: 'exists' }
  | Refusal;

export interface ClaimDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
  readonly budgets: readonly BudgetRule[];
  /** Tasks at EvoLink at once. @default - as many as there are */
  readonly maxConcurrentTasks?: number;
  /** How long an attempt may wait in the queue, in milliseconds. */
  readonly maxQueueMs: number;
  readonly now: () => number;
  /** How long the claim may meet conflicts, in milliseconds. @default 5000 */
  readonly patienceMs?: number;
}

/** Rounds between "a slot is free" and "none is": each means that others took or freed one in between. */
const MAX_ROUNDS = 10;

/**
 * Opens an attempt before anything is sent: the row must not exist, the estimate must fit into every budget, and a slot
 * must be free or the attempt joins the queue, in one transaction. `claimed` is answered exactly once, whoever asks and
 * however often; an attempt that exists is told before any refusal, since it was let in already.
 */
export async function claimAttempt(claim: Claim, dependencies: ClaimDependencies): Promise<ClaimResult> {
  try {
    return await tryToClaim(claim, dependencies);
  } catch (error) {
    // Conflicts on a counter hide that the row exists: told that nothing was sent, an app would pay again.
    const attempt = error instanceof TableBusyError ? await readAttempt(claim, dependencies) : undefined;
    if (attempt === undefined) throw error;
    return ownOrExists(attempt, claim);
  }
}

async function tryToClaim(claim: Claim, dependencies: ClaimDependencies): Promise<ClaimResult> {
  const { client, tableName, now } = dependencies;
  const settings = await readSettings(client, tableName);
  const ask = claim.job.estimate.creditsUpper;
  const applied = limitedBudgets(dependencies.budgets, settings, claim.job.tenant, now());
  const refuse = async (refusal: Refusal): Promise<ClaimResult> =>
    (await readAttempt(claim, dependencies)) === undefined ? refusal : { kind: 'exists' };
  const refuseBudget = async ({ budget, limit }: LimitedBudget): Promise<ClaimResult> =>
    refuse({ kind: 'over budget', budget, limit, counter: await readCounter(client, tableName, budget) });

  if (settings.paused !== undefined) return refuse({ kind: 'paused', paused: settings.paused });
  const hopeless = applied.find(({ limit }) => ask > limit);
  if (hopeless !== undefined) return refuseBudget(hopeless);

  const counters = applied.map(({ budget }) => budget.counter);
  await keepRequest(client, tableName, newAttempt(claim, counters, now()), claim.job);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const slots = await readSlots(client, tableName);
    const queued = mustQueue(slots, dependencies);
    const attempt = newAttempt(claim, counters, now());
    const opened = queued ? inQueue(attempt, dependencies) : letThrough(attempt, claim, dependencies);
    const result = await open(opened, applied, ask, queued, dependencies);
    switch (result.kind) {
      case 'opened':
        return { kind: queued ? 'queued' : 'claimed', attempt: opened };
      case 'exists':
        return ownOrExists(await readAttempt(claim, dependencies), claim);
      case 'over budget':
        return refuseBudget(result.budget);
      case 'look again':
        continue;
    }
  }
  throw new TableBusyError({ cause: new Error('slots were taken and freed all the time') });
}

/** What the slots show is decided again by the transaction: this only says which of its two forms to try. */
function mustQueue(slots: Slots, { maxConcurrentTasks, now }: ClaimDependencies): boolean {
  if (slots.pausedUntil > now()) return true;
  return maxConcurrentTasks !== undefined && (slots.taken >= maxConcurrentTasks || slots.queued > 0);
}

function letThrough(
  attempt: Attempt,
  { keyVersion, submission }: Claim,
  { maxConcurrentTasks, now }: ClaimDependencies,
): Attempt {
  return { ...attempt, slot: maxConcurrentTasks !== undefined, sendingSince: now(), keyVersion, submission };
}

/** Nobody has to look at it before its time is up: the end of another attempt wakes it, and so does every sweep. */
function inQueue(attempt: Attempt, { maxQueueMs }: ClaimDependencies): Attempt {
  return {
    ...attempt,
    status: 'QUEUED',
    queueEntry: items.queueEntry(attempt),
    nextCheckAt: attempt.createdAt + maxQueueMs,
  };
}

type Opening =
  | { readonly kind: 'opened' | 'exists' | 'look again' }
  | { readonly kind: 'over budget'; readonly budget: LimitedBudget };

async function open(
  attempt: Attempt,
  applied: readonly LimitedBudget[],
  ask: number,
  queued: boolean,
  dependencies: ClaimDependencies,
): Promise<Opening> {
  const { client, tableName, maxConcurrentTasks, now, patienceMs } = dependencies;
  const row = {
    Put: {
      TableName: tableName,
      Item: {
        ...items.attemptKey(attempt.attemptId),
        ...attempt,
        [TABLE.openIndexPartitionKey]: items.openShard(attempt.attemptId),
        expiresAt: items.expiresAt(attempt.createdAt),
      },
      ConditionExpression: 'attribute_not_exists(pk)',
    },
  };
  const holds = applied.map(({ budget, limit }) => ({ Update: holdItem(tableName, budget, ask, limit - ask) }));
  const slots = queued
    ? [joinQueue(dependencies, now()), entryOf(attempt, tableName)]
    : maxConcurrentTasks === undefined
      ? []
      : [takeSlot(dependencies, now())];
  try {
    await transact(client, [row, ...holds, ...slots], { patienceMs });
    return { kind: 'opened' };
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
    // In this order: a row that exists was let in already, and a full budget is no matter of waiting.
    if (error.failed.includes(0)) return { kind: 'exists' };
    const budget = applied.find((_, index) => error.failed.includes(index + 1));
    return budget === undefined ? { kind: 'look again' } : { kind: 'over budget', budget };
  }
}

function entryOf({ attemptId, queueEntry = '' }: Attempt, tableName: string) {
  return { Put: { TableName: tableName, Item: { ...items.queueKey(queueEntry), attemptId } } };
}

/**
 * The row exists. When it holds the secret that was made for this very claim, it is our own: the reply to the
 * transaction was lost, and the call that repeated it met what the first one wrote.
 */
function ownOrExists(attempt: Attempt | undefined, claim: Claim): ClaimResult {
  if (attempt?.callbackSecretHash !== claim.callbackSecretHash) return { kind: 'exists' };
  return { kind: attempt.status === 'QUEUED' ? 'queued' : 'claimed', attempt };
}

function newAttempt(claim: Claim, heldIn: Attempt['heldIn'], createdAt: number): Attempt {
  const { job } = claim;
  return {
    attemptId: attemptIdOf(job.jobId, claim.attempt),
    jobId: job.jobId,
    attempt: claim.attempt,
    executionArn: claim.executionArn,
    executionStartedAt: claim.executionStartedAt,
    status: 'SUBMITTING',
    taskToken: claim.taskToken,
    callbackSecretHash: claim.callbackSecretHash,
    tenant: job.tenant,
    model: job.requested.model,
    quality: job.requested.quality,
    n: job.requested.n,
    referenceTokens: job.estimate.referenceTokens,
    creditsHeld: job.estimate.creditsUpper,
    creditsLikely: job.estimate.creditsLikely,
    // The counters that were claimed against: a booking after midnight must release what was held before it.
    heldIn,
    createdAt,
    nextCheckAt: claim.nextCheckAt,
    checks: 0,
  };
}

async function readAttempt(claim: Claim, { client, tableName }: ClaimDependencies): Promise<Attempt | undefined> {
  const Key = items.attemptKey(attemptIdOf(claim.job.jobId, claim.attempt));
  const { Item } = await client.send(new GetCommand({ TableName: tableName, Key, ConsistentRead: true }));
  return Item as Attempt | undefined;
}
