import { readBudgetUse } from '../../client/budget-use';
import { appliedBudgets, type BudgetRule } from '../../domain/budgets';
import { MemoryTable } from '../support/memory-table';

const AT = Date.parse('2026-11-23T10:00:00.000Z');
const ALL: BudgetRule = { id: 'all-day', scope: 'all', period: 'day', limit: 500_000, timeZone: 'Europe/Berlin' };
const EACH: BudgetRule = { id: 'each-month', scope: 'each', period: 'month', limit: 100_000, timeZone: 'UTC' };
const TEAM: BudgetRule = { ...EACH, id: 'tenant-team_a-month', scope: 'tenant', tenant: 'team_a' };

/** As a claim by this tenant fills it. */
function fill(table: MemoryTable, rule: BudgetRule, tenant: string, spent: number, held: number): void {
  const [applied] = appliedBudgets([rule], tenant, AT);
  table.seed({ ...applied?.counter, committed: spent + held, spent, held });
}

describe('readBudgetUse', () => {
  test('shows what the claims of this period counted, and when the next begins', async () => {
    const table = new MemoryTable();
    fill(table, ALL, 'whoever', 300, 20);
    fill(table, TEAM, 'team_a', 7, 1);

    expect(await readBudgetUse(table, [ALL, TEAM], {}, AT)).toEqual([
      { rule: ALL, counter: { committed: 320, spent: 300, held: 20 }, resetsAt: Date.parse('2026-11-23T23:00:00Z') },
      { rule: TEAM, counter: { committed: 8, spent: 7, held: 1 }, resetsAt: Date.parse('2026-12-01T00:00:00Z') },
    ]);
  });

  test('a budget that every tenant has for itself is shown for the tenant that is named', async () => {
    const table = new MemoryTable();
    fill(table, EACH, 'team_a', 10, 0);
    fill(table, EACH, 'team_b', 20, 0);

    expect(await readBudgetUse(table, [EACH], {}, AT, 'team_b')).toMatchObject([{ counter: { spent: 20 } }]);
    expect(await readBudgetUse(table, [EACH], {}, AT)).toEqual([{ rule: EACH }]);
  });

  test('what was never used is 0', async () => {
    expect(await readBudgetUse(new MemoryTable(), [ALL], {}, AT)).toMatchObject([
      { counter: { committed: 0, spent: 0, held: 0 } },
    ]);
  });

  test('tells the limit that is in force instead of the deployed one, also if it is 0', async () => {
    const [use] = await readBudgetUse(new MemoryTable(), [ALL], { budgetLimits: { 'all-day': 0, other: 5 } }, AT);

    expect(use).toMatchObject({ rule: { limit: 500_000 }, override: 0 });
  });
});
