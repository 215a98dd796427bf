/**
 * The image models that EvoLink sells, with their parameters and published prices. Parameters as in the vendor's index,
 * prices, skus and checksums as in its public price rules, both of October 2026.
 * @see https://api.evolink.ai/v1/catalog/pricing-rules
 */
import type { TokenKind } from './billing';
import { TIERS, type Pixels, type Tier } from './sizes';

export type Quality = 'low' | 'medium' | 'high' | 'xhigh' | 'max';

export interface Model {
  readonly name: string;
  readonly productId: string;
  readonly billing: 'per_token' | 'per_call';
  /** The fields that a request may have. */
  readonly fields: readonly string[];
  readonly promptCodePoints: number;
  readonly promptTokens: number;
  /** `any`: `auto`, the 15 ratios and pixels. `ratios`: without pixels. A record: these and nothing else. */
  readonly sizes: 'any' | 'ratios' | Readonly<Record<string, Pixels>>;
  readonly tiers: readonly Tier[];
  readonly images: number;
  /** Tile base of each quality. */
  readonly tiles: Readonly<Partial<Record<Quality, number>>>;
  readonly defaultQuality: Quality;
  /** Whole 10^-4 credit per 1000 tokens. */
  readonly rates: Readonly<Partial<Record<TokenKind, number>>>;
  /** 10^-4 credit for one call at 1K. */
  readonly callUnits?: number;
  readonly policyChecksum: string;
  /** Since when the prices are in force. */
  readonly effectiveAt: string;
  /** Of its first component; the others follow. */
  readonly firstSku: number;
}

const COMMON_FIELDS = ['model', 'prompt', 'size', 'image_urls', 'callback_url'];
const ALL_FIELDS = [...COMMON_FIELDS, 'resolution', 'n', 'quality', 'mask_url', 'background', 'output_format'];

const IMAGE_2_RATES = {
  image_input: 4_896,
  image_cached_input: 1_224,
  image_output: 18_360,
  text_input: 3_060,
  text_cached_input: 765,
};

const IMAGE_2: Model = {
  name: 'gpt-image-2',
  productId: 'gpt-image-2',
  billing: 'per_token',
  fields: ALL_FIELDS,
  promptCodePoints: 32_000,
  promptTokens: Infinity,
  sizes: 'any',
  tiers: TIERS,
  images: 10,
  tiles: { low: 16, medium: 48, high: 96 },
  defaultQuality: 'medium',
  rates: IMAGE_2_RATES,
  policyChecksum: '4bd2b967255966a6a585c997cdc97ef1fb4af3ef82fda9856117c6e4aaf9cbcd',
  effectiveAt: '2026-08-25T22:31:41.055Z',
  firstSku: 4110,
};

/** `medium` and `high` mean a quarter of the tokens that they mean on `gpt-image-2`. */
const IMAGE_2_5: Omit<Model, 'name' | 'policyChecksum' | 'effectiveAt' | 'firstSku'> = {
  ...IMAGE_2,
  productId: 'gpt-image-2-5',
  tiles: { low: 16, medium: 24, high: 48, xhigh: 64, max: 96 },
};

const SQUARE = { width: 1024, height: 1024 };
const PORTRAIT = { width: 1024, height: 1536 };
const LANDSCAPE = { width: 1536, height: 1024 };

const TABLE: readonly Model[] = [
  IMAGE_2,
  // The later, narrower of its two published revisions.
  {
    ...IMAGE_2,
    name: 'gpt-image-2-beta',
    productId: 'gpt-image-2-beta',
    billing: 'per_call',
    fields: [...COMMON_FIELDS, 'resolution'],
    promptCodePoints: 2_000,
    sizes: 'ratios',
    tiers: ['1K'],
    images: 1,
    rates: {},
    callUnits: 10_200,
    policyChecksum: '3588138e52ac47158270dee20a76f8d057e3d0925fe6305afdcf406426bff213',
    effectiveAt: '2026-06-07T06:49:41.627Z',
    firstSku: 4105,
  },
  {
    ...IMAGE_2_5,
    name: 'gpt-image-2.5-flare',
    policyChecksum: '7f0ee35f37f976042337c0b82cdb426bd0fb8944b53e86711d4763a55480d663',
    effectiveAt: '2026-09-13T03:31:40.644Z',
    firstSku: 4150,
  },
  {
    ...IMAGE_2_5,
    name: 'gpt-image-2.5-sunburst',
    policyChecksum: '239f14de940b17d09a3645a00490eaae4978005c81fcf376142e9f27eb47d72c',
    effectiveAt: '2026-09-13T03:31:40.642Z',
    firstSku: 4140,
  },
  // Its tile bases are not published; those of gpt-image-2 stand in. EvoLink documents its prompt limit in tokens.
  {
    ...IMAGE_2,
    name: 'gpt-image-1.5',
    productId: 'gpt-image-1-5',
    fields: [...COMMON_FIELDS, 'n', 'quality'],
    promptTokens: 2_000,
    sizes: {
      '1:1': SQUARE,
      '2:3': PORTRAIT,
      '3:2': LANDSCAPE,
      '1024x1024': SQUARE,
      '1024x1536': PORTRAIT,
      '1536x1024': LANDSCAPE,
    },
    images: 1,
    defaultQuality: 'high',
    rates: { ...IMAGE_2_RATES, image_output: 19_584, text_output: 6_120 },
    policyChecksum: '1b15b518fa6d6bfcaa4a771c24fb7a3a6acbb581352850e2d5b42ad6d2881181',
    effectiveAt: '2026-06-18T16:32:45Z',
    firstSku: 4120,
  },
];

export const MODELS: Readonly<Record<string, Model>> = Object.fromEntries(TABLE.map((model) => [model.name, model]));

export const MODEL_NAMES = TABLE.map(({ name }) => name);

/** For what stands in a request, too. */
export function modelOf(name: unknown): Model | undefined {
  return typeof name === 'string' && Object.hasOwn(MODELS, name) ? MODELS[name] : undefined;
}
