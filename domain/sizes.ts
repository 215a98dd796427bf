/**
 * Image sizes: the 15 ratios, the table from ratio and tier to pixels, and the rules for explicit pixels.
 * @see https://docs.evolink.ai/en/api-manual/image-series/gpt-image-2/gpt-image-2-image-generation
 */

/** Tiers of a ratio. EvoLink's own default is `1K`. */
export const RESOLUTIONS = ['1K', '2K', '4K'] as const;
/** `1K`, `2K` or `4K`. */
export type Resolution = (typeof RESOLUTIONS)[number];
export const DEFAULT_RESOLUTION: Resolution = '1K';

/** EvoLink's own default: the model chooses the size. */
export const AUTO_SIZE = 'auto';

export interface Pixels {
  readonly width: number;
  readonly height: number;
}

export interface TablePixels extends Pixels {
  /** The tier's pixel budget does not fit the limits at this ratio: EvoLink scales the image down to these pixels. */
  readonly scaledDown: boolean;
}

const fits = (width: number, height: number): TablePixels => ({ width, height, scaledDown: false });
const scaled = (width: number, height: number): TablePixels => ({ width, height, scaledDown: true });

/** The published table, square and landscape. A portrait ratio uses the same pair, swapped. */
const LANDSCAPE = {
  '1:1': { '1K': fits(1024, 1024), '2K': fits(2048, 2048), '4K': fits(2880, 2880) },
  // Early revisions of the page print 3840x1904 for 4K, later ones 3840x1920: the delivered file decides.
  '2:1': { '1K': fits(1456, 720), '2K': fits(2896, 1456), '4K': scaled(3840, 1920) },
  '3:1': { '1K': fits(1776, 592), '2K': fits(3552, 1184), '4K': scaled(3840, 1280) },
  '3:2': { '1K': fits(1248, 832), '2K': fits(2512, 1680), '4K': fits(3520, 2352) },
  '4:3': { '1K': fits(1184, 880), '2K': fits(2368, 1776), '4K': scaled(3312, 2480) },
  '5:4': { '1K': fits(1152, 912), '2K': fits(2288, 1824), '4K': fits(3216, 2576) },
  '16:9': { '1K': fits(1360, 768), '2K': fits(2736, 1536), '4K': fits(3840, 2160) },
  // An early revision prints 3840x1632 for 4K, EvoLink's own client 3840x1648: the larger one is held.
  '21:9': { '1K': fits(1568, 672), '2K': fits(3136, 1344), '4K': scaled(3840, 1648) },
} as const satisfies Record<string, Record<Resolution, TablePixels>>;

type LandscapeRatio = keyof typeof LANDSCAPE;

export const RATIOS = [
  ...(['1:1', '1:2', '2:1', '1:3', '3:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4'] as const),
  ...(['9:16', '16:9', '9:21', '21:9'] as const),
] as const;
export type Ratio = (typeof RATIOS)[number];

/** What the text of a `size` says, before any rule about pixels is applied. */
export type ParsedSize =
  | { readonly kind: 'auto' }
  | { readonly kind: 'ratio'; readonly ratio: Ratio }
  | ({ readonly kind: 'pixels' } & Pixels);

/** Digits are limited so that the product of two edges stays exact. */
const EXPLICIT_PIXELS = /^(\d{1,7})[xX×](\d{1,7})$/;

/** @returns undefined when the text is neither `auto`, a ratio, nor `WxH` (separated by `x`, `X` or `×`) */
export function parseSize(size: string): ParsedSize | undefined {
  if (size === AUTO_SIZE) return { kind: 'auto' };
  if (isRatio(size)) return { kind: 'ratio', ratio: size };
  const match = EXPLICIT_PIXELS.exec(size);
  return match ? { kind: 'pixels', width: Number(match[1]), height: Number(match[2]) } : undefined;
}

/** Tiers are case-insensitive for callers and sent in capitals. */
export function parseResolution(resolution: string): Resolution | undefined {
  return RESOLUTIONS.find((tier) => tier === resolution.toUpperCase());
}

export function tablePixels(ratio: Ratio, tier: Resolution): TablePixels {
  if (isLandscape(ratio)) return LANDSCAPE[ratio][tier];
  const { width, height, scaledDown } = LANDSCAPE[swapped(ratio)][tier];
  return { width: height, height: width, scaledDown };
}

/** How explicit pixels are sent: EvoLink's page shows lower-case `x` only. */
export function formatPixels({ width, height }: Pixels): string {
  return `${width}x${height}`;
}

/** Whether it is one of EvoLink's 15 ratios. */
export function isRatio(text: string): text is Ratio {
  return (RATIOS as readonly string[]).includes(text);
}

function isLandscape(ratio: Ratio): ratio is LandscapeRatio {
  return Object.hasOwn(LANDSCAPE, ratio);
}

function swapped(ratio: Ratio): LandscapeRatio {
  return ratio.split(':').reverse().join(':') as LandscapeRatio;
}
