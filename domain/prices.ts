/** What EvoLink charges, as data. All amounts are whole numbers of 10⁻⁷ credit. */
import type { TenMillionths } from './credits';
import { nonNegative } from './integers';
import type { Resolution } from './sizes';

/** Prices of a model that is billed by tokens: 10⁻⁷ credit for one token. */
export interface TokenPrices {
  readonly billing: 'per_token';
  readonly imageOutput: TenMillionths;
  readonly imageInput: TenMillionths;
  /** Applies only to tokens that the usage reports as cached; an estimate never counts on it. */
  readonly imageCachedInput: TenMillionths;
  readonly textInput: TenMillionths;
  readonly textCachedInput: TenMillionths;
}

/** Prices of a model that is billed by calls: 10⁻⁷ credit for one image of a tier. */
export interface CallPrices {
  readonly billing: 'per_call';
  readonly call: Readonly<Record<Resolution, TenMillionths>>;
}

/** What one model costs: by tokens or by calls. */
export type ModelPrices = TokenPrices | CallPrices;

/** What EvoLink charges, and where that is written. */
export interface PriceTable {
  /** Kept in every estimate, so that a booking can be explained after prices have changed. */
  readonly version: string;
  /** Day on which the figures were taken from their source, `yyyy-mm-dd`. */
  readonly date: string;
  readonly source: string;
  readonly models: Readonly<Record<string, ModelPrices>>;
}

/**
 * EvoLink's published prices in credits. The page also shows US dollars, rounded ("$0.0011" for cached text stands for
 * $0.001125): only its credits are exact.
 */
export const DEFAULT_PRICES: PriceTable = {
  version: 'evolink-2026-11-23',
  date: '2026-11-23',
  source: 'https://evolink.ai/zh/gpt-image-2, https://evolink.ai/gpt-image-2?model=gpt-image-2-beta',
  models: {
    'gpt-image-2': {
      billing: 'per_token',
      imageOutput: 18_360,
      imageInput: 4_896,
      imageCachedInput: 1_224,
      textInput: 3_060,
      textCachedInput: 765,
    },
    'gpt-image-2-beta': {
      billing: 'per_call',
      call: { '1K': 10_200_000, '2K': 17_340_000, '4K': 26_520_000 },
    },
  },
};

/** @throws RangeError when the table has no row for the model, or a price in it is not a whole number >= 0 */
export function modelPrices(model: string, prices: PriceTable = DEFAULT_PRICES): ModelPrices {
  const row = Object.hasOwn(prices.models, model) ? prices.models[model] : undefined;
  if (!row) throw new RangeError(`price table ${prices.version} has no prices for ${model}`);
  const { billing, ...amounts } = row.billing === 'per_call' ? { billing: row.billing, ...row.call } : row;
  for (const [kind, amount] of Object.entries(amounts)) nonNegative(amount, `${billing} price of ${model}, ${kind}`);
  return row;
}
