/**
 * Pixels of EvoLink's ratios. A second copy of the published table on purpose: the simulator shares nothing with the
 * pipeline's own.
 * @see https://evolink.ai/zh/gpt-image-2 (21:9 at 4K as in the vendor's parameter index of October 2026)
 */

export type Tier = '1K' | '2K' | '4K';

export interface Pixels {
  readonly width: number;
  readonly height: number;
}

/** Landscape pixels of each ratio at 1K, 2K and 4K. A portrait ratio is the same pair, swapped. */
// prettier-ignore
const LANDSCAPE: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  '1:1': [[1024, 1024], [2048, 2048], [2880, 2880]],
  '2:1': [[1456, 720], [2896, 1456], [3840, 1920]],
  '3:1': [[1776, 592], [3552, 1184], [3840, 1280]],
  '3:2': [[1248, 832], [2512, 1680], [3520, 2352]],
  '4:3': [[1184, 880], [2368, 1776], [3312, 2480]],
  '5:4': [[1152, 912], [2288, 1824], [3216, 2576]],
  '16:9': [[1360, 768], [2736, 1536], [3840, 2160]],
  '21:9': [[1568, 672], [3136, 1344], [3840, 1648]],
};

export const TIERS: readonly Tier[] = ['1K', '2K', '4K'];

/** Pixels of a ratio, or undefined if the ratio is none of the 15. */
export function ratioPixels(ratio: string, tier: Tier): Pixels | undefined {
  const column = TIERS.indexOf(tier);
  if (Object.hasOwn(LANDSCAPE, ratio)) {
    const [width, height] = LANDSCAPE[ratio][column];
    return { width, height };
  }
  const swapped = ratio.split(':').reverse().join(':');
  if (!Object.hasOwn(LANDSCAPE, swapped)) return undefined;
  const [height, width] = LANDSCAPE[swapped][column];
  return { width, height };
}

/** What `auto` is held at; the model's own choice is billed. */
export const AUTO_HOLD: Pixels = { width: 2048, height: 2048 };

/** The size that the simulated model picks for `auto`, unless a rule says otherwise. */
export const AUTO_CHOICE: Pixels = { width: 1024, height: 1024 };
