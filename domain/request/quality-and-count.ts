/** `quality` and `n`. */
import type { JsonObject } from '../json';
import type { ModelCapabilities } from '../models';
import { DEFAULT_QUALITY, QUALITIES, type Quality } from '../tokens';
import { asked, type RequestDefaults } from './defaults';
import type { Findings } from './problems';

const MIN_IMAGES = 1;

/** @returns undefined where the model has no such choice */
export function readQuality(
  input: JsonObject,
  defaults: RequestDefaults,
  model: ModelCapabilities,
  findings: Findings,
): Quality | undefined {
  const { value = DEFAULT_QUALITY, written, origin } = asked(input, 'quality', defaults);
  const quality = QUALITIES.find((known) => known === value);
  if (model.qualities.length === 0) {
    const message = `${model.name} has no choice of quality. Leave the field out.`;
    if (written) findings.refuse('quality', 'unsupported_by_model', message, value);
    return undefined;
  }
  if (quality && model.qualities.includes(quality)) return quality;
  const code = typeof value === 'string' ? 'invalid_quality' : 'invalid_type';
  findings.refuse('quality', code, `The quality must be one of ${model.qualities.join(', ')}.${origin}`, value);
  return DEFAULT_QUALITY;
}

export function readCount(
  input: JsonObject,
  defaults: RequestDefaults,
  model: ModelCapabilities,
  findings: Findings,
): number {
  const { value = MIN_IMAGES, written, origin } = asked(input, 'n', defaults);
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    findings.refuse('n', 'invalid_type', `The number of images must be a whole number.${origin}`, value);
    return MIN_IMAGES;
  }
  if (value < MIN_IMAGES || (value > model.maxImages && model.sends.includes('n'))) {
    const message = `The number of images must be ${MIN_IMAGES} to ${model.maxImages}.${origin}`;
    findings.refuse('n', 'out_of_range', message, value);
    return MIN_IMAGES;
  }
  if (value > model.maxImages) {
    const message = `${model.name} makes ${model.maxImages} image at a time. Start one job for each image.`;
    if (written) findings.refuse('n', 'unsupported_by_model', message, value);
    return model.maxImages;
  }
  if (value > MIN_IMAGES) {
    const message = 'EvoLink may deliver fewer images than n. Where the count matters, start one job for each image.';
    findings.warn('n', 'fewer_images_possible', message);
  }
  return value;
}
