/**
 * What each model can do, one row each. A new model is a new row here and in the price table; everything else reads
 * the row and never a model's name. Platform teams add rows of their own (`models` of the construct).
 */
import { NO_QUALITY } from './constants';
import { formatPixels, parseSize, RATIOS, RESOLUTIONS, tablePixels, type Pixels, type Resolution } from './sizes';
import { outputTokens, type QualityTokens } from './tokens';

/** The limits of one model. */
export interface ModelLimits {
  readonly name: string;
  /** What `size` may be: `auto`, ratios, and pixels (`1024x1024`). The first is the default. */
  readonly sizes: readonly [string, ...string[]];
  /** Whether `size` may besides be any `WxH` that keeps the five rules of `explicit-pixels.ts`. */
  readonly explicitPixels: boolean;
  /** Pixels of its ratios as `WxH`. @default - EvoLink's table of ratios and tiers */
  readonly ratioPixels?: Readonly<Record<string, string>>;
  /** Tiers of a ratio; the first is the default. With one tier alone the field is not sent. */
  readonly resolutions: readonly [Resolution, ...Resolution[]];
  /** Quality levels, cheapest first, and how each counts output tokens. Empty: the model has no such choice. */
  readonly qualities: Readonly<Record<string, QualityTokens>>;
  /** One of `qualities`; absent where there are none. */
  readonly defaultQuality?: string;
  /** Unicode code points. */
  readonly maxPromptCodePoints: number;
  /** Images of one request. With 1 the field `n` is not sent. */
  readonly maxImages: number;
  /** 0: the model takes none. */
  readonly maxReferences: number;
  /** The most tokens that one reference costs. @default 1536 */
  readonly referenceTokens?: number;
  /** Text that the model writes beside each image, in tokens. @default - none */
  readonly textOutputTokens?: { readonly likely: number; readonly upper: number };
}

/** Bytes of UTF-8 that a prompt may have, with any model: a hard limit of EvoLink's page and of its own client. */
export const MAX_PROMPT_BYTES = 60_000;

/** The most images of one request, and the most references, that any model may be given. */
export const MAX_IMAGES = 10;
export const MAX_REFERENCES = 16;

const GPT_IMAGE_2: ModelLimits = {
  name: 'gpt-image-2',
  sizes: ['auto', ...RATIOS],
  explicitPixels: true,
  resolutions: RESOLUTIONS,
  qualities: { low: 16, medium: 48, high: 96 },
  defaultQuality: 'medium',
  maxPromptCodePoints: 32_000,
  maxImages: 10,
  maxReferences: 16,
};

/** `medium` and `high` mean a quarter of the tokens that they mean with `gpt-image-2`. */
const GPT_IMAGE_2_5 = { ...GPT_IMAGE_2, qualities: { low: 16, medium: 24, high: 48, xhigh: 64, max: 96 } };

/**
 * EvoLink's models for images, as its API pages and the index of its own client have them (October 2026).
 * @see https://docs.evolink.ai/en/api-manual/image-series/gpt-image-2/gpt-image-2-image-generation
 * @see https://docs.evolink.ai/en/api-manual/image-series/gpt-image-2/gpt-image-2-beta-image-generation
 * @see https://docs.evolink.ai/en/api-manual/image-series/gpt-image-1.5/gpt-image-1.5-image-generation
 */
export const MODELS: readonly ModelLimits[] = [
  GPT_IMAGE_2,
  // The narrowest of the published revisions: EvoLink took away quality, tiers, pixels and `n` one after another and
  // calls the model meant for development. Its page says "2000 tokens", the schema 2000 characters: the lower counts.
  {
    name: 'gpt-image-2-beta',
    sizes: ['auto', ...RATIOS],
    explicitPixels: false,
    resolutions: ['1K'],
    qualities: {},
    maxPromptCodePoints: 2_000,
    maxImages: 1,
    maxReferences: 16,
  },
  { ...GPT_IMAGE_2_5, name: 'gpt-image-2.5-flare' },
  { ...GPT_IMAGE_2_5, name: 'gpt-image-2.5-sunburst' },
  // Output tokens are OpenAI's own for this family: they give its list prices per image to the last digit. EvoLink
  // publishes none. Text beside an image: 335 tokens were observed with one image, nothing bounds them.
  // @see https://github.com/BerriAI/litellm/issues/21902
  {
    name: 'gpt-image-1.5',
    sizes: ['1:1', '2:3', '3:2', '1024x1024', '1024x1536', '1536x1024'],
    explicitPixels: false,
    ratioPixels: { '1:1': '1024x1024', '2:3': '1024x1536', '3:2': '1536x1024' },
    resolutions: ['1K'],
    qualities: {
      low: { '1024x1024': 272, '1024x1536': 408, '1536x1024': 400 },
      medium: { '1024x1024': 1_056, '1024x1536': 1_584, '1536x1024': 1_568 },
      high: { '1024x1024': 4_160, '1024x1536': 6_240, '1536x1024': 6_208 },
    },
    defaultQuality: 'high',
    maxPromptCodePoints: 2_000,
    maxImages: 1,
    maxReferences: 16,
    textOutputTokens: { likely: 335, upper: 1_024 },
  },
];

/** EvoLink's own default. */
export const DEFAULT_MODEL = GPT_IMAGE_2.name;

/** The packaged models and others; one of the same name replaces a packaged one. */
export function withModels(others: readonly ModelLimits[] = []): readonly ModelLimits[] {
  const replaced = new Set(others.map(({ name }) => name));
  return [...MODELS.filter(({ name }) => !replaced.has(name)), ...others];
}

/** @returns undefined for a model that is not in the table */
export function findModel(name: string, models: readonly ModelLimits[] = MODELS): ModelLimits | undefined {
  return models.find((model) => model.name === name);
}

export const namesOf = (models: readonly ModelLimits[]): string[] => models.map(({ name }) => name);

/** Cheapest first; empty for a model without that choice. */
export const qualitiesOf = ({ qualities }: ModelLimits): string[] => Object.keys(qualities);

/** Every quality that some model has. */
export function allQualities(models: readonly ModelLimits[]): string[] {
  return [...new Set(models.flatMap(qualitiesOf))];
}

/** Every pair of model and quality under which credits are booked: CloudWatch lists none of them by itself. */
export function meteredVariants(models: readonly ModelLimits[]): { model: string; quality: string }[] {
  return models.flatMap((model) => {
    const qualities = qualitiesOf(model);
    return (qualities.length > 0 ? qualities : [NO_QUALITY]).map((quality) => ({ model: model.name, quality }));
  });
}

/** Fields of EvoLink's request that some models know and others don't. `model` and `prompt` are known to all. */
export type OptionalProviderField = 'size' | 'resolution' | 'quality' | 'n' | 'image_urls';

/**
 * The fields that are sent; another may still be written in a job if it says what is true anyway.
 */
export function fieldsSent(model: ModelLimits): OptionalProviderField[] {
  const has: Record<OptionalProviderField, boolean> = {
    size: true,
    resolution: model.resolutions.length > 1,
    quality: qualitiesOf(model).length > 0,
    n: model.maxImages > 1,
    image_urls: model.maxReferences > 0,
  };
  return (Object.keys(has) as OptionalProviderField[]).filter((field) => has[field]);
}

/** Pixels of one image; `scaledDown` where the tier's pixel budget does not fit EvoLink's limits at this ratio. */
export interface SizedPixels extends Pixels {
  readonly scaledDown: boolean;
}

/**
 * Pixels of an image of this size.
 *
 * @returns undefined for `auto`, where the model chooses, and for a size that is none
 */
export function pixelsOf(model: ModelLimits, size: string, resolution: Resolution): SizedPixels | undefined {
  const parsed = parseSize(size);
  if (parsed === undefined || parsed.kind === 'auto') return undefined;
  if (parsed.kind === 'pixels') return { width: parsed.width, height: parsed.height, scaledDown: false };
  const own = model.ratioPixels?.[parsed.ratio];
  return own === undefined ? tablePixels(parsed.ratio, resolution) : pixelsOf(model, own, resolution);
}

/** Whether the model makes this size, written as it is sent. Says nothing of the rules for explicit pixels. */
export function takesSize({ sizes, explicitPixels }: ModelLimits, size: string): boolean {
  const parsed = parseSize(size);
  const written = parsed?.kind === 'pixels' ? formatPixels(parsed) : size;
  return sizes.includes(written) || (explicitPixels && parsed?.kind === 'pixels');
}

/** EvoLink's own figure for `auto`, which it does not promise to keep … */
const AUTO_LIKELY: Pixels = { width: 2048, height: 2048 };
/** … so the costliest size that there is gets held. */
const AUTO_UPPER: Pixels = { width: 2880, height: 2880 };

/**
 * Output tokens of one image; without pixels those of `auto`.
 *
 * @throws RangeError when the model has no such quality, or makes no such pixels
 */
export function imageTokens(
  model: ModelLimits,
  quality: string | undefined = model.defaultQuality,
  pixels?: Pixels,
): { likely: number; upper: number } {
  const counted =
    quality !== undefined && Object.hasOwn(model.qualities, quality) ? model.qualities[quality] : undefined;
  if (counted === undefined) throw new RangeError(`${model.name} has no quality ${String(quality)}`);
  const tokens = ({ width, height }: Pixels) => outputTokens(width, height, counted);
  if (pixels) return { likely: tokens(pixels), upper: tokens(pixels) };
  if (typeof counted === 'number') return { likely: tokens(AUTO_LIKELY), upper: tokens(AUTO_UPPER) };
  const dearest = Math.max(...Object.values(counted));
  return { likely: dearest, upper: dearest };
}
