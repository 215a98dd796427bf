/** What a request will cost, before anything is spent. */
import { toCreditUnits, type CreditUnits, type TenMillionths } from './credits';
import { nonNegative, safeInteger } from './integers';
import { DEFAULT_PRICES, modelPrices, type ModelPrices, type PriceTable } from './prices';
import { AUTO_SIZE, DEFAULT_RESOLUTION, resolvePixels, type Pixels, type Resolution } from './sizes';
import {
  DEFAULT_QUALITY,
  outputTokens,
  referenceTokens,
  textTokensLikely,
  textTokensUpper,
  type Quality,
} from './tokens';

/** EvoLink's own figure for `auto`, which it does not promise to keep … */
const AUTO_LIKELY: Pixels = { width: 2048, height: 2048 };
/** … so the costliest size there is gets held. */
const AUTO_UPPER: Pixels = { width: 2880, height: 2880 };

export interface EstimateInput {
  readonly model: string;
  /** Pixels of one image, if already known; otherwise they follow from `size` and `resolution`. */
  readonly width?: number;
  readonly height?: number;
  /** @default auto */
  readonly size?: string;
  /** @default 1K */
  readonly resolution?: Resolution;
  /** @default medium */
  readonly quality?: Quality;
  /** Images asked for. */
  readonly n: number;
  /** Number of reference images. */
  readonly references: number;
  readonly prompt: string;
}

/** One image, in 10⁻⁷ credit. For a model that is billed per call all of it is for the output. */
export interface ImageParts {
  readonly output: TenMillionths;
  readonly references: TenMillionths;
  readonly text: TenMillionths;
}

export const totalOf = ({ output, references, text }: ImageParts): TenMillionths => output + references + text;

/**
 * *Upper* is what is held, *likely* is for show. Token figures are per image, amounts are for all images. Token
 * figures are 0 for a model that is billed per call.
 */
export interface Estimate {
  readonly model: string;
  /** Pixels of one image; absent for `auto`. */
  readonly width?: number;
  readonly height?: number;
  /** Upper figure for one image. */
  readonly outputTokens: number;
  readonly outputTokensLikely: number;
  /** All references of one image. */
  readonly referenceTokens: number;
  readonly textTokensUpper: number;
  readonly textTokensLikely: number;
  /** How many images were asked for: references and text are charged again for each. */
  readonly images: number;
  /** What one image costs, and for what. */
  readonly perImage: { readonly upper: ImageParts; readonly likely: ImageParts };
  /** Exact, in 10⁻⁷ credit. */
  readonly tenMillionthsUpper: TenMillionths;
  readonly tenMillionthsLikely: TenMillionths;
  /** Rounded up to 10⁻⁴ credit, as EvoLink books. */
  readonly creditsUpper: CreditUnits;
  readonly creditsLikely: CreditUnits;
  /** Whether the pixels are fixed. False for `auto`: the model chooses, and EvoLink calls its own figure an estimate. */
  readonly capped: boolean;
  /** Version of the price table. */
  readonly priceTable: string;
}

/**
 * @param input what was asked for
 * @param prices @default - EvoLink's published prices
 * @throws RangeError when a figure is not a whole number, the size is none, or the model has no prices
 */
export function estimate(input: EstimateInput, prices: PriceTable = DEFAULT_PRICES): Estimate {
  const images = nonNegative(input.n, 'n');
  nonNegative(input.references, 'references');
  const pixels = pixelsOf(input);
  const row = modelPrices(input.model, prices);
  const tier = input.resolution ?? DEFAULT_RESOLUTION;
  const tokens = row.billing === 'per_token' ? countTokens(input, pixels) : NO_TOKENS;
  const perImage = { upper: imageParts(row, tokens, 'Upper', tier), likely: imageParts(row, tokens, 'Likely', tier) };
  const tenMillionthsUpper = safeInteger(images * totalOf(perImage.upper), 'estimate');
  const tenMillionthsLikely = safeInteger(images * totalOf(perImage.likely), 'estimate');
  return {
    model: input.model,
    ...pixels,
    outputTokens: tokens.outputUpper,
    outputTokensLikely: tokens.outputLikely,
    referenceTokens: tokens.references,
    textTokensUpper: tokens.textUpper,
    textTokensLikely: tokens.textLikely,
    images,
    perImage,
    tenMillionthsUpper,
    tenMillionthsLikely,
    creditsUpper: toCreditUnits(tenMillionthsUpper),
    creditsLikely: toCreditUnits(tenMillionthsLikely),
    capped: pixels !== undefined || row.billing === 'per_call',
    priceTable: prices.version,
  };
}

const NO_TOKENS = { outputUpper: 0, outputLikely: 0, references: 0, textUpper: 0, textLikely: 0 };
type TokenCounts = typeof NO_TOKENS;

function countTokens(input: EstimateInput, pixels: Pixels | undefined): TokenCounts {
  const quality = input.quality ?? DEFAULT_QUALITY;
  const output = ({ width, height }: Pixels) => outputTokens(width, height, quality);
  return {
    outputUpper: output(pixels ?? AUTO_UPPER),
    outputLikely: output(pixels ?? AUTO_LIKELY),
    references: referenceTokens(input.references),
    textUpper: textTokensUpper(input.prompt),
    textLikely: textTokensLikely(input.prompt),
  };
}

function imageParts(
  row: ModelPrices,
  tokens: TokenCounts,
  figure: 'Upper' | 'Likely',
  resolution: Resolution,
): ImageParts {
  if (row.billing === 'per_call') return { output: row.call[resolution], references: 0, text: 0 };
  return {
    output: tokens[`output${figure}`] * row.imageOutput,
    references: tokens.references * row.imageInput,
    text: tokens[`text${figure}`] * row.textInput,
  };
}

function pixelsOf({ width, height, size = AUTO_SIZE, resolution }: EstimateInput): Pixels | undefined {
  if (width !== undefined && height !== undefined) return { width, height };
  if (size === AUTO_SIZE) return undefined;
  const pixels = resolvePixels(size, resolution);
  if (!pixels) throw new RangeError(`not a size: ${size.slice(0, 40)}`);
  return { width: pixels.width, height: pixels.height };
}
