/**
 * What each model can do, one row each. A new model is a new row here and in the price table; rules elsewhere read
 * the row and never a model's name.
 */
import { RESOLUTIONS, type Resolution } from './sizes';
import { QUALITIES, type Quality } from './tokens';

/** Fields of EvoLink's request that some models know and others don't. `model` and `prompt` are known to all. */
export type OptionalProviderField = 'size' | 'resolution' | 'quality' | 'n' | 'image_urls';

export interface ModelCapabilities {
  readonly name: string;
  /** The fields that are sent; a field that is left out here may still be written if it says what is true anyway. */
  readonly sends: readonly OptionalProviderField[];
  /** Unicode code points. */
  readonly maxPromptCodePoints: number;
  /** Whether `size` may be `WxH`. `auto` and the ratios are known to all. */
  readonly explicitPixels: boolean;
  /** Tiers of a ratio; the first is the default. */
  readonly resolutions: readonly [Resolution, ...Resolution[]];
  /** Empty: the model has no such choice. */
  readonly qualities: readonly Quality[];
  /** Images of one request. */
  readonly maxImages: number;
  readonly maxReferences: number;
}

/**
 * The beta row is the narrowest of the published revisions: EvoLink took away quality, tiers, pixels and `n` one after
 * another and calls the model meant for development.
 * @see https://docs.evolink.ai/en/api-manual/image-series/gpt-image-2/gpt-image-2-beta-image-generation
 */
export const MODELS: readonly ModelCapabilities[] = [
  {
    name: 'gpt-image-2',
    sends: ['size', 'resolution', 'quality', 'n', 'image_urls'],
    maxPromptCodePoints: 32_000,
    explicitPixels: true,
    resolutions: RESOLUTIONS,
    qualities: QUALITIES,
    maxImages: 10,
    maxReferences: 16,
  },
  {
    name: 'gpt-image-2-beta',
    sends: ['size', 'image_urls'],
    maxPromptCodePoints: 2_000,
    explicitPixels: false,
    resolutions: ['1K'],
    qualities: [],
    maxImages: 1,
    maxReferences: 16,
  },
];

export const MODEL_NAMES: readonly string[] = MODELS.map((model) => model.name);

/** EvoLink's own default. */
export const DEFAULT_MODEL = 'gpt-image-2';

/** @returns undefined for a model that is not in the table */
export function modelCapabilities(name: string): ModelCapabilities | undefined {
  return MODELS.find((model) => model.name === name);
}
