import { Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { type BudgetPeriod, type BudgetRule, budgetId, isTimeZone } from '../domain/budgets';
import { isTenant, TENANT_RULE } from '../domain/tenants';
import { creditUnits } from './credits';
import { describeGot } from './describe-got';
import { fail } from './validation';

/** Whose budget it is, and when it starts afresh. */
export interface BudgetOptions {
  /**
   * One tenant, whose jobs alone count: 1 to 64 characters of `A-Z a-z 0-9 _ -`, not `references`. Not together with `perTenant`.
   *
   * @default - all tenants together
   */
  readonly tenant?: string;

  /**
   * Every tenant has a budget of its own, with this limit. Not together with `tenant`.
   *
   * @default false
   */
  readonly perTenant?: boolean;

  /**
   * Where the day or the month begins at midnight: an IANA name such as `Europe/Berlin`.
   *
   * @default UTC
   */
  readonly timeZone?: string;
}

/**
 * A limit of what may be spent. An attempt holds its upper estimate against each budget that applies to it before
 * anything is sent to EvoLink; a job that does not fit fails as `BudgetExceeded`. What is held never exceeds the limit.
 *
 * A pipeline can have one budget for each period and scope: a daily and a monthly one for all tenants together, for
 * every tenant alike, and for each named tenant.
 */
export class Budget {
  /**
   * Credits for a day.
   *
   * @param credits the limit: above 0, at most four decimals (68 credits = 1 USD)
   * @param options whose budget it is
   * @throws Error when the limit or an option can't be used
   */
  public static daily(credits: number, options: BudgetOptions = {}): Budget {
    return new Budget('day', credits, options);
  }

  /**
   * Credits for a month of the calendar.
   *
   * @param credits the limit: above 0, at most four decimals (68 credits = 1 USD)
   * @param options whose budget it is
   * @throws Error when the limit or an option can't be used
   */
  public static monthly(credits: number, options: BudgetOptions = {}): Budget {
    return new Budget('month', credits, options);
  }

  /**
   * Whether a value is a budget.
   *
   * @internal
   */
  public static _isBudget(value: unknown): value is Budget {
    return typeof value === 'object' && value !== null && '_render' in value;
  }

  /** What operators call it: `all-day`, `each-month`, `tenant-team_a-day`. */
  public readonly id: string;

  private readonly rule: BudgetRule;

  private constructor(period: BudgetPeriod, credits: number, options: BudgetOptions) {
    const name = period === 'day' ? 'Budget.daily' : 'Budget.monthly';
    const { tenant, perTenant = false, timeZone = 'UTC' } = options;
    if (tenant !== undefined && perTenant) {
      throw new Error(`${name}: tenant and perTenant can't be combined, got tenant ${tenant}`);
    }
    if (tenant !== undefined && (Token.isUnresolved(tenant) || !isTenant(tenant))) {
      throw new Error(`${name}: tenant must be ${TENANT_RULE}, got ${tenant}`);
    }
    if (Token.isUnresolved(timeZone) || !isTimeZone(timeZone)) {
      throw new Error(`${name}: timeZone must be an IANA name such as Europe/Berlin, got ${timeZone}`);
    }
    const scope = tenant !== undefined ? 'tenant' : perTenant ? 'each' : 'all';
    this.id = budgetId(scope, period, tenant);
    this.rule = { id: this.id, scope, tenant, period, limit: creditUnits(`${name}: credits`, credits), timeZone };
  }

  /**
   * The budget as the functions read it.
   *
   * @internal
   */
  public _render(): BudgetRule {
    return this.rule;
  }
}

/** Two limits for the same thing would leave it open which of them holds. */
export function validateBudgets(scope: IConstruct, budgets: Budget[] | undefined): void {
  for (const budget of budgets ?? []) {
    if (Budget._isBudget(budget)) continue;
    fail(scope, `budgets must be made by Budget.daily() or Budget.monthly(), got ${describeGot(budget)}`);
  }
  const ids = (budgets ?? []).map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) fail(scope, `budgets must differ in period and scope, got ${twice} more than once`);
}

/** The tenants whose use of a budget is shown and watched one by one; `undefined` where the budget is one counter. */
export function meteredShares(budget: Budget, tenants: string[]): (string | undefined)[] {
  return budget._render().scope === 'each' ? tenants : [undefined];
}
