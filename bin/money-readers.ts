/** Readers of the settings that speak of money. */
import { Budget, type BudgetOptions, type CallPrices, ModelPrices, type PriceTable, type TokenPrices } from '../lib';
import { isTenant } from '../domain/tenants';
import { creditUnits } from '../lib/credits';
import { priceTableProblem } from '../lib/prices';
import { refuse, type Reader } from './readers';

const DECIMAL = /^\d{1,12}(\.\d{1,9})?$/;

/** A number above 0. */
export function positive(max = Number.MAX_SAFE_INTEGER): Reader<number> {
  return (raw) => {
    const value = decimal(raw);
    const limit = max === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${max}`;
    return value !== undefined && value > 0 && value <= max ? value : refuse(`a number above 0${limit}`, raw);
  };
}

/** Credits in EvoLink's own unit. */
export const credits: Reader<number> = (raw) => {
  const value = decimal(raw);
  try {
    creditUnits('credits', value ?? 0);
    return value ?? 0;
  } catch {
    return refuse('credits above 0 with at most four decimals', raw);
  }
};

/** Names separated by commas. */
export const tenants: Reader<string[]> = (raw) => {
  const names = typeof raw === 'string' ? raw.split(',').map((name) => name.trim()) : [];
  const valid = names.every(isTenant) && new Set(names).size === names.length;
  return valid && names.length > 0 && names.length <= 20
    ? names
    : refuse('at most 20 different tenants, separated by commas', raw);
};

const BUDGET = /^(?<period>daily|monthly)(?:\((?<who>[^()]*)\))?\s*=\s*(?<limit>[\d.]+)(?:\s*@\s*(?<timeZone>\S+))?$/;

/**
 * Budgets separated by semicolons: `daily=50` for all tenants together, `daily(each)=5` for every tenant alike,
 * `monthly(team-a)=1000 @Europe/Berlin` for one tenant, with days and months of that time zone instead of UTC. (A
 * tenant that is called `each` needs the construct.)
 */
export const budgets: Reader<Budget[]> = (raw) => {
  const expected = 'budgets such as daily=50; monthly(team-a)=1000 @Europe/Berlin; daily(each)=5';
  if (typeof raw !== 'string') return refuse(expected, raw);
  const read = raw.split(';').map((part) => {
    try {
      return budget(part.trim());
    } catch (error) {
      return refuse(expected, part.trim(), (error as Error).message);
    }
  });
  const ids = read.map(({ id }) => id);
  return new Set(ids).size === ids.length ? read : refuse(expected, raw, 'each period and scope only once');
};

function budget(text: string): Budget {
  const { period, who, limit, timeZone } = BUDGET.exec(text)?.groups ?? {};
  const amount = decimal(limit);
  if (period === undefined || amount === undefined) throw new Error('this is none');
  const options: BudgetOptions = { timeZone, ...(who === 'each' ? { perTenant: true } : { tenant: who }) };
  return period === 'daily' ? Budget.daily(amount, options) : Budget.monthly(amount, options);
}

const PRICE_TABLE = 'a price table {version, date, source, models} with prices in whole 10⁻⁷ credits';

/** The table of `domain/prices.ts`, as JSON or as the text of it. */
export const prices: Reader<PriceTable> = (raw) => {
  const [table, problem] = priceTable(raw);
  return table && problem === undefined ? table : refuse(PRICE_TABLE, raw, problem);
};

function priceTable(raw: unknown): [table: PriceTable | undefined, problem: string | undefined] {
  try {
    const { version, date, source, models } = object(typeof raw === 'string' ? JSON.parse(raw) : raw);
    const rows = Object.entries(object(models)).map(([name, row]) => [name, modelPrices(object(row))] as const);
    const table = { version: text(version), date: text(date), source: text(source), models: Object.fromEntries(rows) };
    return [table, priceTableProblem(table)];
  } catch (error) {
    return [undefined, (error as Error).message];
  }
}

/** The factories check every amount, also one that is missing. */
function modelPrices({ billing, call, ...tokens }: Record<string, unknown>): ModelPrices {
  if (billing === 'per_token') return ModelPrices.perToken(tokens as unknown as TokenPrices);
  if (billing !== 'per_call') throw new Error('billing must be per_token or per_call');
  const { '1K': oneK, '2K': twoK, '4K': fourK } = object(call);
  return ModelPrices.perCall({ oneK, twoK, fourK } as unknown as CallPrices);
}

function object(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it has no such parts');
  return value as Record<string, unknown>;
}

/** Anything else becomes a text that no rule accepts. */
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function decimal(raw: unknown): number | undefined {
  if (typeof raw === 'number') return Number.isFinite(raw) ? raw : undefined;
  return typeof raw === 'string' && DECIMAL.test(raw) ? Number(raw) : undefined;
}
