/** Readers of the settings that speak of money. */
import { Budget, type BudgetOptions, type ImageModel, ModelPrices, type PriceTable } from '../lib';
import { readModels } from '../domain/model-rules';
import type { ModelLimits } from '../domain/models';
import { readPriceTable } from '../domain/price-rules';
import type { ModelPrices as PriceRow } from '../domain/prices';
import { isTenant } from '../domain/tenants';
import { creditUnits } from '../lib/credits';
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

/** The table of `domain/prices.ts`, as JSON or as the text of it. @param models that it may have prices for */
export const prices =
  (models: readonly ModelLimits[]): Reader<PriceTable> =>
  (raw) => {
    const { table, problems } = readPriceTable(json(raw), models);
    if (problems.length > 0) return refuse(PRICE_TABLE, raw, problems.join('; '));
    const rows = Object.entries(table.models).map(([name, row]) => [name, modelPrices(row)] as const);
    return { ...table, models: Object.fromEntries(rows) };
  };

function modelPrices(row: PriceRow): ModelPrices {
  if (row.billing === 'per_token') return ModelPrices.perToken(row);
  const { '1K': oneK, '2K': twoK, '4K': fourK } = row.call;
  return ModelPrices.perCall({ oneK, twoK, fourK });
}

/** Rows of models, as JSON or as the text of it. */
export const models: Reader<ImageModel[]> = (raw) => {
  const rows = json(raw);
  const { problems } = readModels(rows);
  const named = problems.map((problem) => `models${problem}`);
  return problems.length > 0
    ? refuse('a list of models (docs/pricing.md)', raw, named.join('; '))
    : (rows as ImageModel[]);
};

function json(raw: unknown): unknown {
  try {
    return typeof raw === 'string' ? (JSON.parse(raw) as unknown) : raw;
  } catch {
    return undefined;
  }
}

function decimal(raw: unknown): number | undefined {
  if (typeof raw === 'number') return Number.isFinite(raw) ? raw : undefined;
  return typeof raw === 'string' && DECIMAL.test(raw) ? Number(raw) : undefined;
}
