/**
 * The rules for explicit pixels (`1536x1024`), and the nearest size that keeps them.
 * @see https://docs.evolink.ai/en/api-manual/image-series/gpt-image-2/gpt-image-2-image-generation
 */
import { parseSize, type Pixels } from './sizes';

export const EDGE_STEP = 16;
export const MAX_EDGE = 3_840;
export const MIN_PIXELS = 655_360;
export const MAX_PIXELS = 8_294_400;
export const MAX_ASPECT = 3;

export interface PixelRule {
  readonly code: string;
  readonly message: string;
  /** Whole numbers only: 3:1 is exactly 3:1, not 3.0000001. */
  readonly keeps: (width: number, height: number) => boolean;
}

export const PIXEL_RULES = [
  {
    code: 'size_not_multiple_of_16',
    message: `Both edges must be multiples of ${EDGE_STEP}, and at least ${EDGE_STEP}.`,
    keeps: (width, height) => width % EDGE_STEP === 0 && height % EDGE_STEP === 0 && width > 0 && height > 0,
  },
  {
    code: 'size_too_few_pixels',
    message: `Width × height must be at least ${MIN_PIXELS} pixels.`,
    keeps: (width, height) => width * height >= MIN_PIXELS,
  },
  {
    code: 'size_too_many_pixels',
    message: `Width × height must be at most ${MAX_PIXELS} pixels.`,
    keeps: (width, height) => width * height <= MAX_PIXELS,
  },
  {
    code: 'size_edge_too_long',
    message: `No edge may be longer than ${MAX_EDGE} pixels.`,
    keeps: (width, height) => Math.max(width, height) <= MAX_EDGE,
  },
  {
    code: 'size_aspect_too_long',
    message: `The long edge may be at most ${MAX_ASPECT} times the short edge.`,
    keeps: (width, height) => Math.max(width, height) <= MAX_ASPECT * Math.min(width, height),
  },
] as const satisfies readonly PixelRule[];

/** Every rule that these pixels break. */
export function brokenPixelRules(width: number, height: number): (typeof PIXEL_RULES)[number][] {
  return PIXEL_RULES.filter((rule) => !rule.keeps(width, height));
}

export function isValidSize(width: number, height: number): boolean {
  return brokenPixelRules(width, height).length === 0;
}

/** What {@link isPossibleSize} lets through, for messages. */
export const POSSIBLE_SIZES = 'auto, a ratio such as 16:9 or valid pixels such as 1536x1024';

/** Whether some model takes this size: `auto`, a ratio that EvoLink knows, or pixels that keep every rule. */
export function isPossibleSize(size: string): boolean {
  const parsed = parseSize(size);
  return parsed !== undefined && (parsed.kind !== 'pixels' || isValidSize(parsed.width, parsed.height));
}

/** How much more a change of shape counts than a change of area. */
const SHAPE_WEIGHT = 3;

/**
 * The valid size nearest to the one asked for: a valid size is its own nearest, 1920×1080 gives 1920×1088.
 *
 * Near means by proportion (logarithms of area and shape, shape counting more), so that a picture far too large or too
 * small keeps its shape instead of being clamped edge by edge. All 57 600 candidates are looked at, in a few
 * milliseconds, and only for a request that is being refused.
 */
export function nearestValidSize(width: number, height: number): Pixels {
  const widths = edges(width);
  const heights = edges(height);
  let nearest: Pixels = { width: 1024, height: 1024 };
  let shortest = Infinity;
  for (const w of widths) {
    for (const h of heights) {
      const distance = (w.growth + h.growth) ** 2 + SHAPE_WEIGHT * (w.growth - h.growth) ** 2;
      if (distance < shortest && isAllowed(w.edge, h.edge)) {
        shortest = distance;
        nearest = { width: w.edge, height: h.edge };
      }
    }
  }
  return nearest;
}

/** Candidates are multiples of 16 within the edge limit by construction; these are the rules that are left. */
function isAllowed(width: number, height: number): boolean {
  const pixels = width * height;
  return pixels >= MIN_PIXELS && pixels <= MAX_PIXELS && width <= MAX_ASPECT * height && height <= MAX_ASPECT * width;
}

/** Every allowed edge, and by how much (a logarithm) the asked one must grow to be it. */
function edges(asked: number): { edge: number; growth: number }[] {
  const goal = Math.log(Math.max(1, asked));
  return Array.from({ length: MAX_EDGE / EDGE_STEP }, (_, index) => {
    const edge = (index + 1) * EDGE_STEP;
    return { edge, growth: Math.log(edge) - goal };
  });
}
