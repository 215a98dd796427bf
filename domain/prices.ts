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
  /** Text that the model writes beside an image. @default - as `imageOutput`, the dearest kind */
  readonly textOutput?: TenMillionths;
}

/** What is counted and priced by itself. */
export type TokenKind = Exclude<keyof TokenPrices, 'billing'>;

/** Every kind has a price in a table, but for those that a model need not have. */
export const TOKEN_KINDS: Readonly<Record<TokenKind, 'required' | 'optional'>> = {
  imageOutput: 'required',
  imageInput: 'required',
  imageCachedInput: 'required',
  textInput: 'required',
  textCachedInput: 'required',
  textOutput: 'optional',
};

export const tokenPrice = (prices: TokenPrices, kind: TokenKind): TenMillionths => prices[kind] ?? prices.imageOutput;

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
  /** A model that is left out keeps the packaged price. */
  readonly models: Readonly<Record<string, ModelPrices>>;
}

const GPT_IMAGE_2: TokenPrices = {
  billing: 'per_token',
  imageOutput: 18_360,
  imageInput: 4_896,
  imageCachedInput: 1_224,
  textInput: 3_060,
  textCachedInput: 765,
};

/**
 * EvoLink's published prices in credits: those of its public price rules, which its pages repeat. The pages also show US
 * dollars, rounded ("$0.0011" for cached text stands for $0.001125): only credits are exact.
 */
export const DEFAULT_PRICES: PriceTable = {
  version: 'evolink-2026-11-23',
  date: '2026-11-23',
  source: 'https://evolink.ai/zh/gpt-image-2, https://api.evolink.ai/v1/catalog/pricing-rules',
  models: {
    'gpt-image-2': GPT_IMAGE_2,
    'gpt-image-2-beta': {
      billing: 'per_call',
      call: { '1K': 10_200_000, '2K': 17_340_000, '4K': 26_520_000 },
    },
    'gpt-image-2.5-flare': GPT_IMAGE_2,
    'gpt-image-2.5-sunburst': GPT_IMAGE_2,
    'gpt-image-1.5': { ...GPT_IMAGE_2, imageOutput: 19_584, textOutput: 6_120 },
  },
};

/** The table that has the model's prices: the one given, else the packaged one. */
export function priceTableOf(model: string, prices: PriceTable = DEFAULT_PRICES): PriceTable {
  return Object.hasOwn(prices.models, model) ? prices : DEFAULT_PRICES;
}

/** @throws RangeError when no table has a row for the model, or a price in it is not a whole number >= 0 */
export function modelPrices(model: string, prices: PriceTable = DEFAULT_PRICES): ModelPrices {
  const { models } = priceTableOf(model, prices);
  const row = Object.hasOwn(models, model) ? models[model] : undefined;
  if (!row) throw new RangeError(`price table ${prices.version} has no prices for ${model}`);
  for (const [kind, amount] of Object.entries(amountsOf(row))) {
    nonNegative(amount, `${row.billing} price of ${model}, ${kind}`);
  }
  return row;
}

/** The prices of a row by what they are for: kinds of tokens, or tiers. */
export function amountsOf(row: ModelPrices): Readonly<Record<string, TenMillionths>> {
  if (row.billing === 'per_call') return row.call;
  return Object.fromEntries(Object.entries(row).filter((entry): entry is [string, number] => entry[0] !== 'billing'));
}
