/**
 * What EvoLink accepts. Rules as published on https://evolink.ai/zh/gpt-image-2; where the real behaviour is not
 * documented (unknown fields, an empty prompt, duplicate references) the simulator is strict and answers 400.
 */
import { hostOf, isInternalHost } from './addresses';
import { ApiError } from './api-error';
import { textTokens } from './billing';
import { MODEL_NAMES, modelOf, type Model, type Quality } from './models';
import { ratioPixels, TIERS, type Pixels, type Tier } from './sizes';

/** A request as the simulator understood it. */
export interface ValidRequest {
  readonly model: string;
  readonly billing: Model['billing'];
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

/** Of any model; a hard limit beside that of characters. */
const PROMPT_BYTES = 60_000;

/** Reads and checks a submission. Throws the 400 that EvoLink would answer. */
export function readSubmission(body: unknown, options: { readonly allowLocalCallbacks: boolean }): ValidRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) refuse('', 'The body must be a JSON object.');
  const fields = body as Record<string, unknown>;
  const model = modelOf(fields.model) ?? refuse('model', `One of: ${MODEL_NAMES.join(', ')}.`);
  for (const name of Object.keys(fields)) {
    if (!model.fields.includes(name)) refuse(name, `${model.name} knows no parameter of this name.`);
  }
  const prompt = readPrompt(fields.prompt, model);
  const references = readReferences(fields.image_urls);
  readNewerFields(fields);
  return {
    model: model.name,
    billing: model.billing,
    prompt,
    pixels: readPixels(fields.size, readTier(fields, model), model),
    quality: readChoice('quality', fields.quality, Object.keys(model.tiles) as Quality[], model.defaultQuality),
    n: readCount(fields.n, model),
    references,
    callbackUrl: readCallbackUrl(fields.callback_url, options.allowLocalCallbacks),
    body: fields,
  };
}

function refuse(param: string, message: string): never {
  throw ApiError.of('invalid_request', {
    message: `Invalid request parameters: ${message}`,
    param: param || undefined,
  });
}

function readPrompt(value: unknown, model: Model): string {
  if (typeof value !== 'string' || value.trim() === '') refuse('prompt', 'prompt must be a text that is not empty.');
  // Spread counts code points, as EvoLink does; `length` would count an emoji twice.
  const length = value.length <= model.promptCodePoints ? value.length : [...value].length;
  if (length > model.promptCodePoints) refuse('prompt', `prompt is limited to ${model.promptCodePoints} characters.`);
  if (Buffer.byteLength(value) > PROMPT_BYTES) refuse('prompt', `prompt is limited to ${PROMPT_BYTES} bytes.`);
  if (textTokens(value) > model.promptTokens) refuse('prompt', `prompt is limited to ${model.promptTokens} tokens.`);
  return value;
}

/** Only a ratio has a resolution; beside `auto` and pixels, any known one is accepted and has no effect. */
function readTier({ size, resolution }: Readonly<Record<string, unknown>>, model: Model): Tier {
  const tier = resolution === undefined ? '1K' : typeof resolution === 'string' ? resolution.toUpperCase() : '';
  const tiers = typeof size === 'string' && size.includes(':') ? model.tiers : TIERS;
  const known = tiers.find((name) => name === tier);
  return known ?? refuse('resolution', `resolution must be one of ${tiers.join(', ')}.`);
}

function readPixels(value: unknown, tier: Tier, { sizes }: Model): Pixels | undefined {
  if (typeof sizes === 'object') return readListedSize(value ?? '1:1', sizes);
  if (value === undefined || value === 'auto') return undefined;
  if (typeof value !== 'string') refuse('size', 'size must be a text.');
  const byRatio = ratioPixels(value, tier);
  if (byRatio !== undefined) return byRatio;
  const explicit = /^([1-9]\d{0,4})[x×]([1-9]\d{0,4})$/.exec(value);
  if (explicit === null) refuse('size', "size must be 'auto', one of the 15 ratios, or WxH in pixels.");
  if (sizes === 'ratios') refuse('size', "size must be 'auto' or a ratio for this model.");
  const pixels = { width: Number(explicit[1]), height: Number(explicit[2]) };
  const problem = pixelProblem(pixels);
  if (problem !== undefined) refuse('size', problem);
  return pixels;
}

function readListedSize(value: unknown, sizes: Readonly<Record<string, Pixels>>): Pixels {
  if (typeof value === 'string' && Object.hasOwn(sizes, value)) return sizes[value];
  return refuse('size', `size must be one of ${Object.keys(sizes).join(', ')} for this model.`);
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

function readCount(value: unknown, { images }: Model): number {
  if (value === undefined) return 1;
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > images) {
    refuse('n', `n must be a whole number from 1 to ${images}.`);
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
