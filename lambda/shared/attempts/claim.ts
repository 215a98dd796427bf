import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { AppliedBudget, BudgetCounter, BudgetRule } from '../../../domain/budgets';
import { appliedBudgets } from '../../../domain/budgets';
import { TABLE } from '../../../domain/constants';
import type { Job } from '../../../domain/job';
import type { RuntimeSettings } from '../../../domain/settings';
import type { Attempt } from './attempt';
import { attemptIdOf } from './attempt';
import { holdItem, readCounter } from './budget-counters';
import { isConditionFailure } from './conditional-update';
import * as items from './items';
import { readSettings } from './settings';
import { ConditionFailedError, transact } from './transact';

/** What `submit` knows when it claims an attempt. */
export interface Claim {
  readonly job: Job;
  readonly attempt: number;
  readonly taskToken: string;
  readonly callbackSecretHash: string;
  readonly executionArn: string;
  readonly executionStartedAt: string;
  readonly nextCheckAt: number;
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
  { readonly kind: 'claimed'; readonly attempt: Attempt } | { readonly kind: 'exists' } | Refusal;

export interface ClaimDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
  readonly budgets: readonly BudgetRule[];
  readonly now: () => number;
  /** How long the claim may meet conflicts, in milliseconds. @default 5000 */
  readonly patienceMs?: number;
}

/**
 * Opens an attempt before anything is sent: the row must not exist, and the estimate must fit into every budget, in one
 * transaction. `claimed` is answered exactly once, whoever asks and however often; an attempt that exists is told before
 * any refusal, since it was let in already.
 */
export async function claimAttempt(claim: Claim, dependencies: ClaimDependencies): Promise<ClaimResult> {
  const { client, tableName, budgets, now, patienceMs } = dependencies;
  const settings = await readSettings(client, tableName);
  const ask = claim.job.estimate.creditsUpper;
  const applied = appliedBudgets(budgets, claim.job.tenant, now()).map((budget) => ({
    budget,
    limit: settings.budgetLimits?.[budget.rule.id] ?? budget.rule.limit,
  }));
  const refuse = async (refusal: Refusal): Promise<ClaimResult> =>
    (await readAttempt(claim, dependencies)) === undefined ? refusal : { kind: 'exists' };
  const refuseBudget = async ({ budget, limit }: (typeof applied)[number]): Promise<ClaimResult> =>
    refuse({ kind: 'over budget', budget, limit, counter: await readCounter(client, tableName, budget) });

  if (settings.paused !== undefined) return refuse({ kind: 'paused', paused: settings.paused });
  const hopeless = applied.find(({ limit }) => ask > limit);
  if (hopeless !== undefined) return refuseBudget(hopeless);

  const attempt = newAttempt(
    claim,
    applied.map(({ budget }) => budget),
    now(),
  );
  await keepRequest(attempt, claim.job, dependencies);
  try {
    await transact(
      client,
      [
        {
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
        },
        ...applied.map(({ budget, limit }) => ({ Update: holdItem(tableName, budget, ask, limit - ask) })),
      ],
      { patienceMs },
    );
    return { kind: 'claimed', attempt };
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
    const [first = 0] = error.failed;
    const full = first === 0 ? undefined : applied[first - 1];
    return full === undefined ? ownOrExists(claim, dependencies) : refuseBudget(full);
  }
}

/**
 * The row exists. When it holds the secret that was made for this very claim, it is our own: the reply to the
 * transaction was lost, and the call that repeated it met what the first one wrote.
 */
async function ownOrExists(claim: Claim, dependencies: ClaimDependencies): Promise<ClaimResult> {
  const attempt = await readAttempt(claim, dependencies);
  const isOurs = attempt?.callbackSecretHash === claim.callbackSecretHash;
  return isOurs ? { kind: 'claimed', attempt } : { kind: 'exists' };
}

function newAttempt(claim: Claim, budgets: readonly AppliedBudget[], createdAt: number): Attempt {
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
    heldIn: budgets.map(({ counter }) => counter),
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

/**
 * The request is kept beside the row, not in it or its transaction: a prompt may have 128 KB, and every write of the
 * row would bill them again. It is written first, so that no attempt is without it, and never overwritten.
 */
async function keepRequest(attempt: Attempt, job: Job, { client, tableName }: ClaimDependencies): Promise<void> {
  const Item = {
    ...items.requestKey(attempt.attemptId, attempt.executionStartedAt),
    job,
    expiresAt: items.expiresAt(attempt.createdAt),
  };
  try {
    await client.send(new PutCommand({ TableName: tableName, Item, ConditionExpression: 'attribute_not_exists(pk)' }));
  } catch (error) {
    if (!isConditionFailure(error)) throw error;
  }
}
