/** How much of each budget is used, as the claims see it. */
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { appliedBudgets, type BudgetCounter, type BudgetRule } from '../domain/budgets';
import type { CreditUnits } from '../domain/credits';
import type { RuntimeSettings } from '../domain/settings';
import type { PipelineTable } from './pipeline-table';

export interface BudgetUse {
  readonly rule: BudgetRule;
  /** In force instead of the deployed limit. */
  readonly override?: CreditUnits;
  /** Absent for a budget that every tenant has for itself, when no tenant was named. */
  readonly counter?: BudgetCounter;
  /** When the period ends: epoch milliseconds. Absent with `counter`. */
  readonly resetsAt?: number;
}

/**
 * @param table where the counters are
 * @param rules the deployed budgets
 * @param settings what replaces their limits
 * @param at the moment whose period is looked at, epoch milliseconds
 * @param tenant whose use is shown of budgets that every tenant has for itself
 */
export async function readBudgetUse(
  table: PipelineTable,
  rules: readonly BudgetRule[],
  settings: RuntimeSettings,
  at: number,
  tenant?: string,
): Promise<BudgetUse[]> {
  return Promise.all(
    rules.map(async (rule) => {
      const override = settings.budgetLimits?.[rule.id];
      const known = { rule, ...(override !== undefined && { override }) };
      // Everybody's budget has one counter, whoever asks.
      const payer = { all: 'all', tenant: rule.tenant, each: tenant }[rule.scope];
      const [applied] = payer === undefined ? [] : appliedBudgets([rule], payer, at);
      if (!applied) return known;
      return { ...known, counter: await readCounter(table, applied.counter), resetsAt: applied.resetsAt };
    }),
  );
}

async function readCounter(
  { client, tableName }: PipelineTable,
  key: { readonly pk: string; readonly sk: string },
): Promise<BudgetCounter> {
  const { Item = {} } = await client.send(
    new GetCommand({ TableName: tableName, Key: { ...key }, ConsistentRead: true }),
  );
  const { committed = 0, held = 0, spent = 0 } = Item as Partial<BudgetCounter>;
  return { committed, held, spent };
}
