/** `quality` and `n`. */
import type { JsonObject } from '../json';
import { allQualities, qualitiesOf, type ModelLimits } from '../models';
import { asked, type RequestDefaults } from './defaults';
import type { Findings } from './problems';

const MIN_IMAGES = 1;

/**
 * A default of the pipeline that another model has applies to that model only.
 *
 * @returns undefined where the model has no such choice
 */
export function readQuality(
  input: JsonObject,
  defaults: RequestDefaults,
  model: ModelLimits,
  models: readonly ModelLimits[],
  findings: Findings,
): string | undefined {
  const { value = model.defaultQuality, written, origin } = asked(input, 'quality', defaults);
  const qualities = qualitiesOf(model);
  if (qualities.length === 0) {
    const message = `${model.name} has no choice of quality. Leave the field out.`;
    if (written) findings.refuse('quality', 'unsupported_by_model', message, value);
    return undefined;
  }
  if (typeof value === 'string' && qualities.includes(value)) return value;
  const ofOthers = typeof value === 'string' && allQualities(models).includes(value);
  if (written || !ofOthers) {
    const code = typeof value !== 'string' ? 'invalid_type' : ofOthers ? 'unsupported_by_model' : 'invalid_quality';
    const message = `The quality must be one of ${qualities.join(', ')} with ${model.name}.${origin}`;
    findings.refuse('quality', code, message, value);
  }
  return model.defaultQuality;
}

export function readCount(
  input: JsonObject,
  defaults: RequestDefaults,
  model: ModelLimits,
  findings: Findings,
): number {
  const { value = MIN_IMAGES, written, origin } = asked(input, 'n', defaults);
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    findings.refuse('n', 'invalid_type', `The number of images must be a whole number.${origin}`, value);
    return MIN_IMAGES;
  }
  if (value < MIN_IMAGES || (value > model.maxImages && model.maxImages > 1)) {
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
