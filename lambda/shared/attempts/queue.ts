import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { BudgetRule } from '../../../domain/budgets';
import type { RuntimeSettings } from '../../../domain/settings';
import type { Attempt, Submission } from './attempt';
import type { LimitedBudget } from './budget-counters';
import { holdItem, limitedBudgets, settleItem } from './budget-counters';
import * as items from './items';
import type { SlotRules } from './slots';
import { takeSlotFromQueue } from './slots';
import { ConditionFailedError, transact } from './transact';

/**
 * Whose attempt is next: the oldest of the tenant that comes after the one whose turn it was last, so that tenants take
 * turns however many jobs one of them has. `undefined` when nobody waits.
 */
export async function nextInQueue(
  client: DynamoDBDocumentClient,
  tableName: string,
  lastTenant: string,
): Promise<string | undefined> {
  const first = async (after?: string): Promise<string | undefined> => {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: `pk = :queue${after === undefined ? '' : ' AND sk > :after'}`,
        ExpressionAttributeValues: {
          ':queue': items.QUEUE_PARTITION,
          ...(after === undefined ? {} : { ':after': after }),
        },
        ConsistentRead: true,
        Limit: 1,
      }),
    );
    return Items[0]?.attemptId as string | undefined;
  };
  const next = lastTenant === '' ? undefined : await first(items.behindTenant(lastTenant));
  return next ?? first();
}

export interface LettingThrough extends SlotRules {
  readonly client: DynamoDBDocumentClient;
  readonly budgets: readonly BudgetRule[];
  readonly settings: RuntimeSettings;
  readonly callbackSecretHash: string;
  /** See {@link Attempt.submission}. */
  readonly submission: Submission;
  /** See {@link Attempt.keyVersion}. */
  readonly keyVersion?: string;
  /** Whose turn it was last, as it was read. */
  readonly lastTenant: string;
  readonly now: number;
  readonly nextCheckAt: number;
  readonly patienceMs?: number;
}

export type LetThrough =
  | { readonly kind: 'taken'; readonly attempt: Attempt }
  /** Another dispatcher was first, or the attempt ended. */
  | { readonly kind: 'gone' }
  /** The last slot is taken, or the turn is. */
  | { readonly kind: 'look again' }
  /** It waited into a new day or month whose budget has no room for it. */
  | { readonly kind: 'over budget'; readonly budget: LimitedBudget };

/** Takes an attempt out of the queue, and a slot for it, in one transaction. Whoever wins it sends the attempt. */
export async function letThrough(attempt: Attempt, rules: LettingThrough): Promise<LetThrough> {
  const { client, tableName, maxConcurrentTasks, callbackSecretHash, submission, keyVersion, now } = rules;
  const { nextCheckAt, patienceMs } = rules;
  const { moved, budgets, heldIn } = holdsAt(attempt, rules);
  const hopeless = budgets.find(({ limit }) => attempt.creditsHeld > limit);
  if (hopeless !== undefined) return { kind: 'over budget', budget: hopeless };
  const row = {
    Update: {
      TableName: tableName,
      Key: items.attemptKey(attempt.attemptId),
      UpdateExpression:
        'SET #status = :submitting, callbackSecretHash = :hash, submission = :submission, slot = :slot, ' +
        'sendingSince = :now, ' +
        `nextCheckAt = :nextCheckAt, heldIn = :heldIn${keyVersion ? ', keyVersion = :keyVersion' : ''} REMOVE queueEntry`,
      ConditionExpression: '#status = :queued AND attribute_not_exists(orphanedAt)',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: {
        ':queued': 'QUEUED',
        ':submitting': 'SUBMITTING',
        ':hash': callbackSecretHash,
        ':submission': submission,
        ':slot': maxConcurrentTasks !== undefined,
        ':now': now,
        ':nextCheckAt': nextCheckAt,
        ':heldIn': heldIn,
        ...(keyVersion ? { ':keyVersion': keyVersion } : {}),
      },
    },
  };
  const entry = { Delete: { TableName: tableName, Key: items.queueKey(attempt.queueEntry ?? '') } };
  const slots = takeSlotFromQueue(rules, { tenant: attempt.tenant, lastTenant: rules.lastTenant }, now);
  try {
    await transact(client, [row, entry, slots, ...moved], { patienceMs });
    const sent = {
      status: 'SUBMITTING',
      queueEntry: undefined,
      slot: maxConcurrentTasks !== undefined,
      sendingSince: now,
    } as const;
    const own = { callbackSecretHash, submission, keyVersion, nextCheckAt, heldIn };
    return { kind: 'taken', attempt: { ...attempt, ...sent, ...own } };
  } catch (error) {
    if (!(error instanceof ConditionFailedError)) throw error;
    if (error.failed.includes(0)) return { kind: 'gone' };
    const full = budgets.find((_, index) => error.failed.includes(3 + index));
    if (full !== undefined) return { kind: 'over budget', budget: full };
    return { kind: 'look again' };
  }
}

/** Budgets of a day or month that began while it waited hold it anew; those of the old one let it go. */
function holdsAt(attempt: Attempt, { tableName, budgets, settings, now }: LettingThrough) {
  const applied = limitedBudgets(budgets, settings, attempt.tenant, now);
  const isHeld = ({ budget }: LimitedBudget) =>
    attempt.heldIn.some(({ pk, sk }) => pk === budget.counter.pk && sk === budget.counter.sk);
  const fresh = applied.filter((one) => !isHeld(one));
  const past = attempt.heldIn.filter(
    ({ pk, sk }) => !applied.some(({ budget: { counter } }) => counter.pk === pk && counter.sk === sk),
  );
  const ask = attempt.creditsHeld;
  return {
    budgets: fresh,
    heldIn: applied.map(({ budget }) => budget.counter),
    moved: [
      ...fresh.map(({ budget, limit }) => ({ Update: holdItem(tableName, budget, ask, limit - ask) })),
      ...past.map((counter) => ({ Update: settleItem(tableName, counter, ask, 0) })),
    ],
  };
}
