/** What a request will cost, before anything is spent. */
import { chargeOf, exactChargeOf, type TokenCounts } from './charge';
import { toCreditUnits, type CreditUnits, type TenMillionths } from './credits';
import { nonNegative, safeInteger } from './integers';
import { findModel, imageTokens, MODELS, pixelsOf, type ModelLimits } from './models';
import {
  DEFAULT_PRICES,
  modelPrices,
  priceTableOf,
  type CallPrices,
  type PriceTable,
  type TokenPrices,
} from './prices';
import { AUTO_SIZE, DEFAULT_RESOLUTION, type Pixels, type Resolution } from './sizes';
import { referenceTokens, textTokensLikely, textTokensUpper } from './tokens';

export interface EstimateInput {
  readonly model: string;
  /** Pixels of one image, if already known; otherwise they follow from `size` and `resolution`. */
  readonly width?: number;
  readonly height?: number;
  /** @default auto */
  readonly size?: string;
  /** @default 1K */
  readonly resolution?: Resolution;
  /** @default - the model's own default */
  readonly quality?: string;
  /** Images asked for. */
  readonly n: number;
  /** Number of reference images. */
  readonly references: number;
  readonly prompt: string;
}

/** One image, in 10⁻⁷ credit, not rounded. For a model that is billed per call all of it is for the output. */
export interface ImageParts {
  /** The image, and the text that some models write beside it. */
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
  /** Text that the model writes beside each image; 0 for most models. */
  readonly textOutputTokens: number;
  readonly textOutputTokensLikely: number;
  /** How many images were asked for: references and text are charged again for each. */
  readonly images: number;
  /** What one image costs, and for what. */
  readonly perImage: { readonly upper: ImageParts; readonly likely: ImageParts };
  /** Exact, in 10⁻⁷ credit. */
  readonly tenMillionthsUpper: TenMillionths;
  readonly tenMillionthsLikely: TenMillionths;
  /**
   * Rounded up to 10⁻⁴ credit: of each image each kind of token by itself, which is at least what EvoLink books whether
   * it makes one bill of a task or one for each image.
   */
  readonly creditsUpper: CreditUnits;
  readonly creditsLikely: CreditUnits;
  /**
   * Whether the upper figure is a cap. False for `auto`, where the model chooses the size and EvoLink calls its own
   * figure an estimate, and for a model that writes text, whose length nothing limits.
   */
  readonly capped: boolean;
  /** Version of the price table that has the model's prices. */
  readonly priceTable: string;
}

/**
 * @param input what was asked for
 * @param prices @default - EvoLink's published prices
 * @param models @default - those of the package
 * @throws RangeError when a figure is not a whole number, the size or the quality is none of the model's, or the model
 * or its prices are not known
 */
export function estimate(
  input: EstimateInput,
  prices: PriceTable = DEFAULT_PRICES,
  models: readonly ModelLimits[] = MODELS,
): Estimate {
  const images = nonNegative(input.n, 'n');
  nonNegative(input.references, 'references');
  const model = findModel(input.model, models);
  if (!model) throw new RangeError(`not a known model: ${input.model.slice(0, 40)}`);
  const pixels = requestedPixels(input, model);
  const row = modelPrices(input.model, prices);
  const one =
    row.billing === 'per_call'
      ? ofCall(row, input.resolution ?? model.resolutions[0])
      : ofTokens(row, countTokens(input, model, pixels));
  const { tokens, perImage } = one;
  return {
    model: input.model,
    ...pixels,
    outputTokens: tokens.upper.imageOutput,
    outputTokensLikely: tokens.likely.imageOutput,
    referenceTokens: tokens.upper.imageInput,
    textTokensUpper: tokens.upper.textInput,
    textTokensLikely: tokens.likely.textInput,
    textOutputTokens: tokens.upper.textOutput,
    textOutputTokensLikely: tokens.likely.textOutput,
    images,
    perImage,
    tenMillionthsUpper: safeInteger(images * totalOf(perImage.upper), 'estimate'),
    tenMillionthsLikely: safeInteger(images * totalOf(perImage.likely), 'estimate'),
    creditsUpper: safeInteger(images * one.credits.upper, 'estimate'),
    creditsLikely: safeInteger(images * one.credits.likely, 'estimate'),
    capped: row.billing === 'per_call' || (pixels !== undefined && tokens.upper.textOutput === 0),
    priceTable: priceTableOf(input.model, prices).version,
  };
}

type ImageTokens = Record<'imageOutput' | 'imageInput' | 'textInput' | 'textOutput', number>;
interface Figures<T> {
  readonly upper: T;
  readonly likely: T;
}

/** One image. */
interface ImageEstimate {
  readonly tokens: Figures<ImageTokens>;
  readonly perImage: Figures<ImageParts>;
  readonly credits: Figures<CreditUnits>;
}

function countTokens(input: EstimateInput, model: ModelLimits, pixels: Pixels | undefined): Figures<ImageTokens> {
  const output = imageTokens(model, input.quality, pixels);
  const imageInput = referenceTokens(input.references, model.referenceTokens);
  const { likely, upper } = model.textOutputTokens ?? { likely: 0, upper: 0 };
  return {
    upper: { imageOutput: output.upper, imageInput, textInput: textTokensUpper(input.prompt), textOutput: upper },
    likely: { imageOutput: output.likely, imageInput, textInput: textTokensLikely(input.prompt), textOutput: likely },
  };
}

function ofTokens(row: TokenPrices, tokens: Figures<ImageTokens>): ImageEstimate {
  const both = <T>(of: (counts: ImageTokens) => T): Figures<T> => ({
    upper: of(tokens.upper),
    likely: of(tokens.likely),
  });
  const exact = (counts: TokenCounts) => exactChargeOf(counts, row);
  return {
    tokens,
    perImage: both(({ imageOutput, textOutput, imageInput, textInput }) => ({
      output: exact({ imageOutput, textOutput }),
      references: exact({ imageInput }),
      text: exact({ textInput }),
    })),
    credits: both((counts) => chargeOf(counts, row)),
  };
}

/** Billed by calls: tokens count for nothing. */
function ofCall(row: CallPrices, resolution: Resolution): ImageEstimate {
  const tokens = { imageOutput: 0, imageInput: 0, textInput: 0, textOutput: 0 };
  const parts = { output: row.call[resolution], references: 0, text: 0 };
  const credits = toCreditUnits(row.call[resolution]);
  return {
    tokens: { upper: tokens, likely: tokens },
    perImage: { upper: parts, likely: parts },
    credits: { upper: credits, likely: credits },
  };
}

function requestedPixels(
  { width, height, size = AUTO_SIZE, resolution = DEFAULT_RESOLUTION }: EstimateInput,
  model: ModelLimits,
): Pixels | undefined {
  if (width !== undefined && height !== undefined) return { width, height };
  if (size === AUTO_SIZE) return undefined;
  const pixels = pixelsOf(model, size, resolution);
  if (!pixels) throw new RangeError(`not a size: ${size.slice(0, 40)}`);
  return { width: pixels.width, height: pixels.height };
}
