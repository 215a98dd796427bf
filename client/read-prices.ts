/** A price table as text, in the form and by the rules of the construct's setting `prices` (docs/costs.md). */
import { isObject } from '../domain/json';
import { MODEL_NAMES } from '../domain/models';
import { cut } from '../domain/preview';
import { isPrice, MAX_PRICE, tableWordsProblem } from '../domain/price-rules';
import type { PriceTable } from '../domain/prices';

/** What a model is charged for, by how it is billed. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  per_token: ['imageOutput', 'imageInput', 'imageCachedInput', 'textInput', 'textCachedInput'],
  per_call: ['1K', '2K', '4K'],
};
/** Characters of a text that was got and refused: it may be long. */
const MAX_PROBLEM = 200;

/** @throws RangeError that says what is wrong with it */
export function readPrices(text: string): PriceTable {
  const table = parse(text);
  if (!isObject(table)) throw new RangeError('Must hold a JSON object.');
  const problem = tableWordsProblem(table);
  if (problem !== undefined) throw new RangeError(`Its ${cut(problem, MAX_PROBLEM)}.`);
  const { models } = table;
  if (!isObject(models) || Object.keys(models).sort().join() !== [...MODEL_NAMES].sort().join()) {
    throw new RangeError(`Must have models with a row for each of ${MODEL_NAMES.join(', ')}.`);
  }
  for (const [model, row] of Object.entries(models)) checkRow(model, row);
  return table as unknown as PriceTable;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RangeError('Must be JSON.');
  }
}

function checkRow(model: string, row: unknown): void {
  const billing = isObject(row) ? String(row.billing) : '';
  const kinds = Object.hasOwn(KINDS, billing) ? KINDS[billing] : undefined;
  if (!isObject(row) || !kinds) throw new RangeError(`The billing of ${model} must be per_token or per_call.`);
  const amounts = billing === 'per_call' ? row.call : row;
  for (const kind of kinds) {
    const amount = isObject(amounts) ? amounts[kind] : undefined;
    if (!isPrice(amount)) {
      throw new RangeError(`The price ${kind} of ${model} must be a whole number (10⁻⁷ credit), 0 to ${MAX_PRICE}.`);
    }
  }
}
