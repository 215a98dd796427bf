/** Budgets: who may spend how much in which period. Rules are data that the construct makes and the claim applies. */

export type BudgetPeriod = 'day' | 'month';

/**
 * - `all`: everybody together.
 * - `each`: every tenant for itself, with the same limit.
 * - `tenant`: one named tenant.
 */
export type BudgetScope = 'all' | 'each' | 'tenant';

export interface BudgetRule {
  /** `all-day`, `each-month`, `tenant-team_a-day`: what operators call it. */
  readonly id: string;
  readonly scope: BudgetScope;
  readonly tenant?: string;
  readonly period: BudgetPeriod;
  /** Credit units (10⁻⁴ credit). */
  readonly limit: number;
  /** IANA name; the period begins at local midnight. */
  readonly timeZone: string;
}

/** A rule as it applies to one tenant at one moment: the counter that is claimed against. */
export interface AppliedBudget {
  readonly rule: BudgetRule;
  readonly counter: { readonly pk: string; readonly sk: string };
  /** When the counter starts afresh: epoch milliseconds. */
  readonly resetsAt: number;
}

/** What a counter holds, in credit units. `committed` = `spent` + `held`: conditions know no arithmetic. */
export interface BudgetCounter {
  readonly committed: number;
  readonly held: number;
  readonly spent: number;
}

export function budgetId(scope: BudgetScope, period: BudgetPeriod, tenant?: string): string {
  return scope === 'tenant' ? `tenant-${tenant}-${period}` : `${scope}-${period}`;
}

/** The budgets that a job of this tenant is claimed against, in the order of the rules. */
export function appliedBudgets(rules: readonly BudgetRule[], tenant: string, at: number): AppliedBudget[] {
  return rules
    .filter((rule) => rule.scope !== 'tenant' || rule.tenant === tenant)
    .map((rule) => {
      const { start, resetsAt } = periodAt(rule.period, rule.timeZone, at);
      const who = rule.scope === 'all' ? '*' : tenant;
      return { rule, counter: { pk: `budget#${rule.id}#${who}`, sk: start }, resetsAt };
    });
}

/** The period around a moment: its local start (`2026-11-23` or `2026-11`) and the moment at which the next begins. */
export function periodAt(period: BudgetPeriod, timeZone: string, at: number): { start: string; resetsAt: number } {
  const { year, month, day } = localDate(at, timeZone);
  const next = period === 'day' ? Date.UTC(year, month - 1, day + 1) : Date.UTC(year, month, 1);
  const start = `${year}-${pad(month)}`;
  return { start: period === 'day' ? `${start}-${pad(day)}` : start, resetsAt: instantOfLocalMidnight(next, timeZone) };
}

/** Whether this is a time zone that the runtime knows. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

const pad = (value: number): string => String(value).padStart(2, '0');

function localDate(at: number, timeZone: string): { year: number; month: number; day: number } {
  const local = new Date(at + offsetAt(at, timeZone));
  return { year: local.getUTCFullYear(), month: local.getUTCMonth() + 1, day: local.getUTCDate() };
}

/**
 * The moment at which the clocks of a zone show this midnight. Where a change of the clocks skips it, the day begins
 * with the first moment after it; where it comes twice, with the first.
 *
 * @param midnight - the local midnight, written as if it were UTC
 */
function instantOfLocalMidnight(midnight: number, timeZone: string): number {
  const HOUR = 3_600_000;
  // Offsets lie within a day on either side; the date turns exactly once in that stretch, so it can be halved into.
  let before = midnight - 15 * HOUR;
  let after = midnight + 15 * HOUR;
  const hasTurned = (at: number) => at + offsetAt(at, timeZone) >= midnight;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (hasTurned(middle)) after = middle;
    else before = middle;
  }
  return after;
}

/** Local time minus UTC, in milliseconds, at a moment. */
function offsetAt(at: number, timeZone: string): number {
  if (timeZone === 'UTC') return 0;
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at);
  const part = (type: string) => Number(parts.find((candidate) => candidate.type === type)?.value);
  const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return local - Math.floor(at / 1_000) * 1_000;
}
