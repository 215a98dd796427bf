/**
 * What EvoLink accepts. Rules as published on https://evolink.ai/zh/gpt-image-2; where the real behaviour is not
 * documented (unknown fields, an empty prompt, duplicate references) the simulator is strict and answers 400.
 */
import { hostOf, isInternalHost } from './addresses';
import { ApiError } from './api-error';
import { ratioPixels, type Pixels, type Quality, type Tier } from './billing';

/** A request as the simulator understood it. */
export interface ValidRequest {
  readonly model: string;
  readonly billing: 'per_token' | 'per_call';
  readonly prompt: string;
  /** Absent for `auto`. */
  readonly pixels?: Pixels;
  readonly quality: Quality;
  readonly n: number;
  readonly references: number;
  readonly callbackUrl?: string;
  /** The body as it was sent. */
  readonly body: Readonly<Record<string, unknown>>;
}

interface ModelRules {
  readonly billing: ValidRequest['billing'];
  readonly fields: readonly string[];
  readonly promptCodePoints: number;
  readonly explicitPixels: boolean;
  readonly tiers: readonly Tier[];
  readonly images: number;
}

const COMMON_FIELDS = ['model', 'prompt', 'size', 'resolution', 'n', 'image_urls', 'callback_url'];

const MODELS: Readonly<Record<string, ModelRules>> = {
  'gpt-image-2': {
    billing: 'per_token',
    fields: [...COMMON_FIELDS, 'quality', 'mask_url', 'background', 'output_format'],
    promptCodePoints: 32_000,
    explicitPixels: true,
    tiers: ['1K', '2K', '4K'],
    images: 10,
  },
  // The later, narrower of its two published revisions.
  'gpt-image-2-beta': {
    billing: 'per_call',
    fields: COMMON_FIELDS,
    promptCodePoints: 2_000,
    explicitPixels: false,
    tiers: ['1K'],
    images: 1,
  },
};

export const MODEL_NAMES = Object.keys(MODELS);

const QUALITIES: readonly Quality[] = ['low', 'medium', 'high'];

/** Reads and checks a submission. Throws the 400 that EvoLink would answer. */
export function readSubmission(body: unknown, options: { readonly allowLocalCallbacks: boolean }): ValidRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) refuse('', 'The body must be a JSON object.');
  const fields = body as Record<string, unknown>;
  if (typeof fields.model !== 'string' || !Object.hasOwn(MODELS, fields.model)) {
    refuse('model', `One of: ${MODEL_NAMES.join(', ')}.`);
  }
  const rules = MODELS[fields.model];
  for (const name of Object.keys(fields)) {
    if (!rules.fields.includes(name)) refuse(name, `${fields.model} knows no parameter of this name.`);
  }
  const prompt = readPrompt(fields.prompt, rules);
  const tier = readTier(fields.resolution, rules);
  const references = readReferences(fields.image_urls);
  readNewerFields(fields);
  return {
    model: fields.model,
    billing: rules.billing,
    prompt,
    pixels: readPixels(fields.size, tier, rules),
    quality: readChoice('quality', fields.quality, QUALITIES, 'medium'),
    n: readCount(fields.n, rules),
    references,
    callbackUrl: readCallbackUrl(fields.callback_url, options.allowLocalCallbacks),
    body: fields,
  };
}

function refuse(param: string, message: string): never {
  throw ApiError.of('invalidRequest', { message: `Invalid request parameters: ${message}`, param: param || undefined });
}

function readPrompt(value: unknown, rules: ModelRules): string {
  if (typeof value !== 'string' || value.trim() === '') refuse('prompt', 'prompt must be a text that is not empty.');
  // Spread counts code points, as EvoLink does; `length` would count an emoji twice.
  const length = value.length <= rules.promptCodePoints ? value.length : [...value].length;
  if (length > rules.promptCodePoints) refuse('prompt', `prompt is limited to ${rules.promptCodePoints} characters.`);
  return value;
}

function readTier(value: unknown, rules: ModelRules): Tier {
  const tier = value === undefined ? '1K' : typeof value === 'string' ? value.toUpperCase() : '';
  const known = rules.tiers.find((name) => name === tier);
  return known ?? refuse('resolution', `resolution must be one of ${rules.tiers.join(', ')}.`);
}

function readPixels(value: unknown, tier: Tier, rules: ModelRules): Pixels | undefined {
  if (value === undefined || value === 'auto') return undefined;
  if (typeof value !== 'string') refuse('size', 'size must be a text.');
  const byRatio = ratioPixels(value, tier);
  if (byRatio !== undefined) return byRatio;
  const explicit = /^([1-9]\d{0,4})[x×]([1-9]\d{0,4})$/.exec(value);
  if (explicit === null) refuse('size', "size must be 'auto', one of the 15 ratios, or WxH in pixels.");
  if (!rules.explicitPixels) refuse('size', "size must be 'auto' or a ratio for this model.");
  const pixels = { width: Number(explicit[1]), height: Number(explicit[2]) };
  const problem = pixelProblem(pixels);
  if (problem !== undefined) refuse('size', problem);
  return pixels;
}

function pixelProblem({ width, height }: Pixels): string | undefined {
  const area = width * height;
  if (width % 16 !== 0 || height % 16 !== 0) return 'both edges must be multiples of 16.';
  if (Math.max(width, height) > 3840) return 'an edge is limited to 3840 pixels.';
  if (area < 655_360 || area > 8_294_400) return 'an image has 655360 to 8294400 pixels.';
  if (Math.max(width, height) > 3 * Math.min(width, height)) return 'the long edge is at most 3 times the short one.';
  return undefined;
}

function readChoice<T extends string>(param: string, value: unknown, choices: readonly T[], otherwise: T): T {
  if (value === undefined) return otherwise;
  return choices.find((choice) => choice === value) ?? refuse(param, `${param} must be one of ${choices.join(', ')}.`);
}

function readCount(value: unknown, rules: ModelRules): number {
  if (value === undefined) return 1;
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > rules.images) {
    refuse('n', `n must be a whole number from 1 to ${rules.images}.`);
  }
  return value as number;
}

function readReferences(value: unknown): number {
  if (value === undefined) return 0;
  if (!Array.isArray(value) || value.length < 1 || value.length > 16) refuse('image_urls', '1 to 16 URLs.');
  for (const url of value) readImageUrl('image_urls', url);
  if (new Set(value).size !== value.length) refuse('image_urls', 'image_urls must not repeat a URL.');
  return value.length;
}

function readImageUrl(param: string, value: unknown): void {
  const url = readUrl(param, value);
  if (!/^https?:$/.test(url.protocol)) refuse(param, `${param} must be http(s) URLs; upload data first.`);
  // A path without an extension is fine ("typically" there is one); one with another extension is not.
  const extension = /\.([a-z0-9]{1,8})$/i.exec(url.pathname)?.[1].toLowerCase();
  if (extension !== undefined && !['jpeg', 'jpg', 'png', 'webp'].includes(extension)) {
    refuse(param, `${param} must be .jpeg, .jpg, .png or .webp.`);
  }
}

function readCallbackUrl(value: unknown, allowLocal: boolean): string | undefined {
  if (value === undefined) return undefined;
  const url = readUrl('callback_url', value);
  const text = value as string;
  if (text.length > 2048) refuse('callback_url', 'callback_url is limited to 2048 characters.');
  if (allowLocal ? !/^https?:$/.test(url.protocol) : url.protocol !== 'https:') {
    refuse('callback_url', 'callback_url must use HTTPS.');
  }
  if (!allowLocal && isInternalHost(hostOf(url))) refuse('callback_url', 'callback_url must not be internal.');
  return text;
}

/** Parameters that only the newer revisions of EvoLink's reference list. The simulator renders opaque PNGs. */
function readNewerFields(fields: Readonly<Record<string, unknown>>): void {
  if (fields.mask_url !== undefined) readImageUrl('mask_url', fields.mask_url);
  readChoice('background', fields.background, ['opaque', 'transparent'], 'opaque');
  const format = readChoice('output_format', fields.output_format, ['png', 'jpeg', 'webp'], 'png');
  // Better an honest refusal than a PNG under a false name.
  if (format !== 'png') refuse('output_format', 'the simulator can draw png only (EvoLink knows jpeg and webp too).');
}

function readUrl(param: string, value: unknown): URL {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  return url ?? refuse(param, `${param} must be an absolute URL.`);
}
