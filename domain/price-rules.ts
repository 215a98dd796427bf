/**
 * What a price table has to be: the same for the construct, its setting and `estimate --prices`. All problems are found
 * at once.
 */
import { isDay } from './days';
import { isObject } from './json';
import { MODELS, namesOf, qualitiesOf, type ModelLimits } from './models';
import { cut } from './preview';
import { DEFAULT_PRICES, TOKEN_KINDS, type ModelPrices, type PriceTable } from './prices';
import { RESOLUTIONS } from './sizes';

/** 100 credits for a token, or for an image: far above any price, and small enough for every product to be exact. */
export const MAX_PRICE = 1_000_000_000;

const VERSION = /^[A-Za-z0-9._-]{1,64}$/;
const SOURCE = /^\P{Cc}{1,300}$/u;

/** Whether it is a whole number that a price may be. */
export function isPrice(amount: unknown): amount is number {
  return typeof amount === 'number' && Number.isInteger(amount) && amount >= 0 && amount <= MAX_PRICE;
}

/** What is wrong with the words of a table. */
export function tableWordsProblems({ version, date, source }: Readonly<Record<string, unknown>>): string[] {
  const problems: string[] = [];
  if (!isText(version) || !VERSION.test(version)) {
    problems.push(`version must have 1 to 64 characters of A-Z a-z 0-9 . _ -, ${got(version)}`);
  }
  if (!isText(date) || !isDay(date)) problems.push(`date must be a day such as 2026-11-23, ${got(date)}`);
  if (!isText(source) || !SOURCE.test(source)) {
    problems.push(`source must have 1 to 300 characters on one line, ${got(source)}`);
  }
  return problems;
}

/**
 * Whether the rows of a table belong to models that there are, and every model has prices: a misspelt name would
 * silently keep the packaged price, and a model without prices would fail its jobs.
 *
 * @param rows of the table; undefined where there is none
 * @param models all models of the pipeline
 */
export function pricedModelsProblems(
  rows: Readonly<Record<string, ModelPrices>> | undefined,
  models: readonly ModelLimits[] = MODELS,
): string[] {
  const names = namesOf(models);
  const unknown = Object.keys(rows ?? {}).filter((name) => !names.includes(name));
  const priced = { ...DEFAULT_PRICES.models, ...rows };
  return [
    ...unknown.map((name) => `models.${cut(name, 64)} is no known model; these are: ${names.join(', ')}`),
    ...models.flatMap((model) => {
      const row = Object.hasOwn(priced, model.name) ? priced[model.name] : undefined;
      if (!row) return [`models.${model.name} is missing: the package has no price for this model`];
      const uncounted = row.billing === 'per_token' && qualitiesOf(model).length === 0;
      return uncounted
        ? [`models.${model.name} is billed per_token, but the model has no qualities by which its tokens are counted`]
        : [];
    }),
  ];
}

export interface ReadPrices {
  /** Only of use while there is no problem. */
  readonly table: PriceTable;
  readonly problems: readonly string[];
}

/** Reads a table of JSON. @param models all models that it may have prices for */
export function readPriceTable(value: unknown, models: readonly ModelLimits[] = MODELS): ReadPrices {
  const table = value as PriceTable;
  if (!isObject(value)) return { table, problems: ['it must be an object {version, date, source, models}'] };
  const problems = tableWordsProblems(value);
  if (!isObject(value.models)) return { table, problems: [...problems, 'models must be an object of prices by model'] };
  const rows = Object.entries(value.models).flatMap(([model, row]) => rowProblems(`models.${cut(model, 64)}`, row));
  // What a row is billed by can be asked of a whole one only.
  const belongs = rows.length > 0 ? [] : pricedModelsProblems(table.models, models);
  return { table, problems: [...problems, ...rows, ...belongs] };
}

function rowProblems(at: string, row: unknown): string[] {
  const billing = isObject(row) ? row.billing : undefined;
  if (!isObject(row) || (billing !== 'per_token' && billing !== 'per_call')) {
    return [`${at}.billing must be per_token or per_call, ${got(billing)}`];
  }
  if (billing === 'per_call') {
    const prices = isObject(row.call) ? row.call : {};
    return RESOLUTIONS.flatMap((tier) => amountProblems(`${at}.call.${tier}`, prices[tier]));
  }
  const unknown = Object.keys(row).filter((kind) => kind !== 'billing' && !Object.hasOwn(TOKEN_KINDS, kind));
  return [
    ...unknown.map(
      (kind) => `${at}.${cut(kind, 60)} is no kind of token; these are: ${Object.keys(TOKEN_KINDS).join(', ')}`,
    ),
    ...Object.entries(TOKEN_KINDS).flatMap(([kind, need]) =>
      need === 'optional' && row[kind] === undefined ? [] : amountProblems(`${at}.${kind}`, row[kind]),
    ),
  ];
}

function amountProblems(at: string, amount: unknown): string[] {
  return isPrice(amount) ? [] : [`${at} must be a whole number from 0 to ${MAX_PRICE} (10⁻⁷ credit), ${got(amount)}`];
}

const isText = (value: unknown): value is string => typeof value === 'string';

const got = (value: unknown): string =>
  `got ${isText(value) || typeof value === 'number' || typeof value === 'boolean' ? cut(String(value)) : 'nothing of that kind'}`;
