import type { DynamoDBDocumentClient, TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { AppliedBudget, BudgetCounter, BudgetRule } from '../../../domain/budgets';
import { appliedBudgets } from '../../../domain/budgets';
import type { RuntimeSettings } from '../../../domain/settings';

type Update = NonNullable<NonNullable<TransactWriteCommandInput['TransactItems']>[number]['Update']>;
type CounterKey = AppliedBudget['counter'];

/** How long a counter is kept after its period, so that last year's use can still be looked up. */
const KEEP_SECONDS = 400 * 24 * 60 * 60;

/**
 * Reserves an estimate, if it fits. Conditions know no arithmetic, so the counter holds the sum of what is spent and
 * held, and is compared with the limit less what is asked for. Holds together can never exceed the limit.
 *
 * @param room - the limit less `ask`; not negative
 */
export function holdItem(tableName: string, budget: AppliedBudget, ask: number, room: number): Update {
  return {
    TableName: tableName,
    Key: { ...budget.counter },
    UpdateExpression: 'SET expiresAt = :expiresAt ADD committed :ask, held :ask',
    ConditionExpression: 'attribute_not_exists(committed) OR committed <= :room',
    ExpressionAttributeValues: {
      ':ask': ask,
      ':room': room,
      ':expiresAt': Math.floor(budget.resetsAt / 1_000) + KEEP_SECONDS,
    },
  };
}

/**
 * Turns a hold into what was really spent: less, nothing, or (an overrun) more.
 *
 * @param open - what stays held, since it may still be charged
 */
export function settleItem(tableName: string, counter: CounterKey, held: number, used: number, open = 0): Update {
  return {
    TableName: tableName,
    Key: { ...counter },
    UpdateExpression: 'ADD committed :difference, held :released, spent :used',
    ExpressionAttributeValues: { ':difference': used + open - held, ':released': open - held, ':used': used },
  };
}

/** Holds what may be charged whether it fits or not: EvoLink has the task already. */
export function holdAnyway(tableName: string, counter: CounterKey, units: number): Update {
  return settleItem(tableName, counter, -units, 0);
}

export async function readCounter(
  client: DynamoDBDocumentClient,
  tableName: string,
  { counter }: Pick<AppliedBudget, 'counter'>,
): Promise<BudgetCounter> {
  const { Item } = await client.send(
    new GetCommand({ TableName: tableName, Key: { ...counter }, ConsistentRead: true }),
  );
  const { committed = 0, held = 0, spent = 0 } = (Item ?? {}) as Partial<BudgetCounter>;
  return { committed, held, spent };
}

/** A budget with the limit that holds now. */
export interface LimitedBudget {
  readonly budget: AppliedBudget;
  readonly limit: number;
}

export function limitedBudgets(
  rules: readonly BudgetRule[],
  settings: RuntimeSettings,
  tenant: string,
  at: number,
): LimitedBudget[] {
  return appliedBudgets(rules, tenant, at).map((budget) => ({
    budget,
    limit: settings.budgetLimits?.[budget.rule.id] ?? budget.rule.limit,
  }));
}
