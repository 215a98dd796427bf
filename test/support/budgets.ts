/** Budgets, and jobs of a given price. Amounts are credit units (10⁻⁴ credit). */
import type { BudgetCounter, BudgetPeriod, BudgetRule, BudgetScope } from '../../domain/budgets';
import { budgetId } from '../../domain/budgets';
import type { Job } from '../../domain/job';
import type { RuntimeSettings } from '../../domain/settings';
import { SETTINGS_KEY } from '../../domain/settings';
import { aJob } from './jobs';
import type { TestPipeline } from './pipeline';

export function aRule(
  scope: BudgetScope,
  period: BudgetPeriod,
  limit: number,
  { tenant, timeZone = 'UTC' }: { readonly tenant?: string; readonly timeZone?: string } = {},
): BudgetRule {
  return { id: budgetId(scope, period, tenant), scope, tenant, period, limit, timeZone };
}

/** A job whose upper estimate is `ask`. */
export function jobAsking(ask: number, jobId = 'job-1', tenant = 'default'): Job {
  const job = aJob({ tenant }, jobId);
  return { ...job, estimate: { ...job.estimate, creditsUpper: ask } };
}

export function setSettings(pipeline: TestPipeline, settings: RuntimeSettings): void {
  pipeline.memory.seed({ ...SETTINGS_KEY, ...settings });
}

/** @param who `*` for everybody together */
export function counter(pipeline: TestPipeline, id: string, start: string, who = '*'): BudgetCounter | undefined {
  const item = pipeline.memory.item({ pk: `budget#${id}#${who}`, sk: start });
  return item && { committed: Number(item.committed), held: Number(item.held), spent: Number(item.spent ?? 0) };
}

/** Every counter there is. */
export function counters(pipeline: TestPipeline): Record<string, unknown>[] {
  return pipeline.memory.items().filter(({ pk }) => String(pk).startsWith('budget#'));
}
