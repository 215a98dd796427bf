/** A price table as text, in the form and by the rules of the construct's setting `prices` (docs/pricing.md). */
import type { ModelLimits } from '../domain/models';
import { readPriceTable } from '../domain/price-rules';
import type { PriceTable } from '../domain/prices';

/**
 * @param text JSON
 * @param models all models that it may have prices for. @default - those of the package
 * @throws RangeError that says everything that is wrong with it
 */
export function readPrices(text: string, models?: readonly ModelLimits[]): PriceTable {
  const { table, problems } = readPriceTable(parseJson(text), models);
  if (problems.length > 0) throw new RangeError(problems.join('\n'));
  return table;
}

/** @throws RangeError for what is no JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RangeError('Must be JSON.');
  }
}
