/** A size that looks the same and costs less. */
import { formatTenMillionths } from '../domain/credits';
import { EDGE_STEP, isValidSize, MAX_EDGE } from '../domain/explicit-pixels';
import { findModel, pixelsOf, withModels, type ModelLimits } from '../domain/models';
import { formatPixels, parseSize, type Pixels, type Resolution } from '../domain/sizes';
import { outputTokens, type QualityTokens } from '../domain/tokens';
import { estimateRequest, type EstimateOptions, type EstimateRequest, type RequestEstimate } from './estimate';
import { percentOf } from './percent';

/** How far the aspect ratio may be from the one asked for. */
export const RATIO_TOLERANCE_PERCENT = 3;

export interface CheaperNeighbour {
  /** To be asked for instead: with `resolution` where it is a ratio. */
  readonly size: string;
  readonly resolution?: Resolution;
  readonly width: number;
  readonly height: number;
  readonly estimate: RequestEstimate;
  /** Of the upper estimate of all images, exact: decimal text. */
  readonly savedCredits: string;
  /** The same in per cent of it, one decimal, rounded down. */
  readonly savingPercent: string;
}

interface Candidate extends Pixels {
  /** Only where it is asked for by a ratio. */
  readonly ratio?: { readonly size: string; readonly resolution: Resolution };
}

/**
 * The cheapest size with the same model and quality, an aspect ratio within 3 % and not fewer pixels, if it costs less
 * than the one asked for.
 *
 * Such sizes exist because tokens follow a grid: the short edge counts as a whole number of tiles of the long edge, so
 * a slightly longer shape may need one row of tiles less. Every size that may be asked for is looked at: all multiples
 * of 16 within the limits for a model that takes pixels (the table's sizes are among them), else the model's own. Of those
 * that cost the same the nearest in shape wins, then the one with the fewest pixels. Comparisons are between whole
 * numbers; 3 % holds in both directions, so that a portrait gets the mirror image of what its landscape gets.
 *
 * @returns undefined for `auto`, for a model that is billed by calls, and when nothing is cheaper
 * @throws InvalidEstimateError with every problem there is
 */
export function cheaperNeighbour(
  request: EstimateRequest,
  options: EstimateOptions = {},
): CheaperNeighbour | undefined {
  const asked = estimateRequest(request, options);
  const { quality = '', width, height } = asked.requested;
  // No output tokens: billed by calls, where pixels within a tier change nothing.
  if (width === undefined || height === undefined || asked.tokens.output.upper === 0) return undefined;
  const goal = { width, height };

  const model = findModel(asked.requested.model, withModels(options.models))!;
  const best = cheapest(candidates(model), goal, model.qualities[quality]);
  if (!best) return undefined;
  const size = best.ratio ?? { size: formatPixels(best) };
  const estimate = estimateRequest({ ...request, resolution: undefined, ...size }, options);
  const saved = asked.integers.tenMillionthsUpper - estimate.integers.tenMillionthsUpper;
  if (saved <= 0) return undefined;
  return {
    ...size,
    width: best.width,
    height: best.height,
    estimate,
    savedCredits: formatTenMillionths(saved),
    savingPercent: percentOf(saved, asked.integers.tenMillionthsUpper),
  };
}

function* candidates(model: ModelLimits): Generator<Candidate> {
  if (!model.explicitPixels) {
    for (const size of model.sizes) {
      const isRatio = parseSize(size)?.kind === 'ratio';
      for (const resolution of model.resolutions) {
        const pixels = pixelsOf(model, size, resolution);
        if (!pixels) continue;
        const { width, height } = pixels;
        yield { width, height, ...(isRatio && { ratio: { size, resolution } }) };
      }
    }
    return;
  }
  for (let width = EDGE_STEP; width <= MAX_EDGE; width += EDGE_STEP) {
    for (let height = EDGE_STEP; height <= MAX_EDGE; height += EDGE_STEP) yield { width, height };
  }
}

function cheapest(among: Iterable<Candidate>, goal: Pixels, counted: QualityTokens): Candidate | undefined {
  let best: Candidate | undefined;
  let fewest = outputTokens(goal.width, goal.height, counted);
  for (const candidate of among) {
    if (area(candidate) < area(goal) || !isSameShape(candidate, goal)) continue;
    if (!isValidSize(candidate.width, candidate.height)) continue;
    const tokens = outputTokens(candidate.width, candidate.height, counted);
    if (tokens < fewest || (best && tokens === fewest && isNearer(candidate, best, goal))) {
      best = candidate;
      fewest = tokens;
    }
  }
  return best;
}

const area = ({ width, height }: Pixels): number => width * height;

/** How far two aspect ratios are apart, as a fraction: the same whether width or height comes first. */
function shapeDifference(candidate: Pixels, goal: Pixels): { difference: number; of: number } {
  const across = candidate.width * goal.height;
  const down = goal.width * candidate.height;
  return { difference: Math.abs(across - down), of: Math.min(across, down) };
}

function isSameShape(candidate: Pixels, goal: Pixels): boolean {
  const { difference, of } = shapeDifference(candidate, goal);
  return 100 * difference <= RATIO_TOLERANCE_PERCENT * of;
}

/** Fractions are compared multiplied out: products of four edges, at most 3840⁴, which a number holds exactly. */
function isNearer(candidate: Pixels, best: Pixels, goal: Pixels): boolean {
  const [a, b] = [shapeDifference(candidate, goal), shapeDifference(best, goal)];
  const order = a.difference * b.of - b.difference * a.of;
  return order < 0 || (order === 0 && area(candidate) < area(best));
}
