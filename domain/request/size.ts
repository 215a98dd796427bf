/** `size` and `resolution`: what is asked for, and the pixels that follow from it. */
import { brokenPixelRules, nearestValidSize } from '../explicit-pixels';
import type { JsonObject } from '../json';
import { pixelsOf, takesSize, type ModelLimits } from '../models';
import {
  AUTO_SIZE,
  formatPixels,
  parseResolution,
  parseSize,
  RESOLUTIONS,
  type ParsedSize,
  type Pixels,
  type Resolution,
} from '../sizes';
import { asked, type Asked, type RequestDefaults } from './defaults';
import type { Findings, PixelProblemCode } from './problems';

export interface ReadSize {
  /** `auto`, a ratio, or `WxH` with a lower-case x. */
  readonly size: string;
  /** With a ratio only: EvoLink ignores it otherwise. */
  readonly resolution?: Resolution;
  /** Absent for `auto`. */
  readonly pixels?: Pixels;
}

export function readSize(
  input: JsonObject,
  defaults: RequestDefaults,
  model: ModelLimits,
  findings: Findings,
): ReadSize {
  const tierAsked = asked(input, 'resolution', defaults);
  const size = parsedSize(asked(input, 'size', defaults), model, findings);
  const resolution = parsedResolution(tierAsked, model, findings);
  if (size.kind === 'ratio') {
    const { scaledDown, ...pixels } = pixelsOf(model, size.ratio, resolution)!;
    if (scaledDown) {
      const message = `${resolution} at ${size.ratio} does not fit EvoLink's limits: the image is scaled down to ${formatPixels(pixels)}.`;
      findings.warn('resolution', 'scaled_down', message);
    }
    return { size: size.ratio, resolution, pixels };
  }
  if (tierAsked.written) {
    const message = 'The resolution has an effect with a ratio only. It is not sent.';
    findings.warn('resolution', 'resolution_ignored', message);
  }
  if (size.kind === 'auto') return { size: AUTO_SIZE };
  const pixels = { width: size.width, height: size.height };
  return { size: formatPixels(pixels), pixels };
}

/** A default of the pipeline that the model does not take gives way to the model's own. */
function parsedSize({ value, written, origin }: Asked, model: ModelLimits, findings: Findings): ParsedSize {
  const fallback = parseSize(model.sizes[0])!;
  if (value === undefined) return fallback;
  const parsed = typeof value === 'string' ? parseSize(value) : undefined;
  if (!parsed) {
    const code = typeof value === 'string' ? 'invalid_size' : 'invalid_type';
    findings.refuse('size', code, `The size must be ${sizesOf(model)}.${origin}`, value);
    return fallback;
  }
  if (!takesSize(model, value as string)) {
    const message = `${model.name} takes ${sizesOf(model)}.`;
    if (written) findings.refuse('size', 'unsupported_by_model', message, value);
    return fallback;
  }
  if (parsed.kind !== 'pixels' || !model.explicitPixels) return parsed;
  return checkPixels(parsed, value, origin, findings) ? parsed : fallback;
}

/** For messages. */
const sizesOf = ({ sizes, explicitPixels }: ModelLimits): string =>
  `one of ${sizes.join(' ')}${explicitPixels ? ', or pixels such as 1536x1024' : ''}`;

function checkPixels({ width, height }: Pixels, got: unknown, origin: string, findings: Findings): boolean {
  const broken = brokenPixelRules(width, height);
  if (broken.length === 0) return true;
  const hint = `The nearest valid size is ${formatPixels(nearestValidSize(width, height))}.${origin}`;
  for (const rule of broken) {
    const code: PixelProblemCode = rule.code;
    findings.refuse('size', code, `${rule.message} ${hint}`, got);
  }
  return false;
}

function parsedResolution({ value, written, origin }: Asked, model: ModelLimits, findings: Findings): Resolution {
  const [fallback] = model.resolutions;
  if (value === undefined) return fallback;
  const tier = typeof value === 'string' ? parseResolution(value) : undefined;
  if (!tier) {
    const code = typeof value === 'string' ? 'invalid_resolution' : 'invalid_type';
    findings.refuse('resolution', code, `The resolution must be one of ${RESOLUTIONS.join(', ')}.${origin}`, value);
    return fallback;
  }
  if (model.resolutions.includes(tier)) return tier;
  const message = `${model.name} makes images of ${model.resolutions.join(', ')} only.`;
  if (written) findings.refuse('resolution', 'unsupported_by_model', message, value);
  return fallback;
}
