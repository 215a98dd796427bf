/**
 * What EvoLink charges. On purpose this is a second, independent implementation of the published rules: it shares
 * nothing with the pipeline's own estimator and ledger, so that a mistake there shows as a difference between two bills
 * instead of being made twice.
 *
 * Amounts are integers: prices in 10^-7 credit per token, bills in 10^-4 credit (EvoLink's own unit), rounded up.
 * @see https://evolink.ai/zh/gpt-image-2 (prices and sizes, as published in November 2026)
 */

export type Quality = 'low' | 'medium' | 'high';
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
  '21:9': [[1568, 672], [3136, 1344], [3840, 1632]],
};

const TIERS: readonly Tier[] = ['1K', '2K', '4K'];

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

const TILES: Readonly<Record<Quality, number>> = { low: 16, medium: 48, high: 96 };

/** @see https://community.openai.com/t/gpt-image-2-output-pricing-calculator-online-and-in-your-code/1382699 */
export function imageTokens({ width, height }: Pixels, quality: Quality): number {
  const long = Math.max(width, height);
  const short = Math.min(width, height);
  const tiles = TILES[quality];
  const shortTiles = Math.floor((2 * tiles * short + long) / (2 * long));
  return Math.ceil((tiles * shortTiles * (2_000_000 + width * height)) / 4_000_000);
}

/**
 * EvoLink's tokeniser is not published. This stand-in charges a quarter of the bytes and a small overhead, which fits
 * the one-liners seen (19 to 27 tokens), and never more tokens than bytes, which no byte-level tokeniser can exceed.
 */
export function textTokens(prompt: string): number {
  const bytes = Buffer.byteLength(prompt, 'utf8');
  return Math.min(bytes, Math.ceil(bytes / 4) + 7);
}

export const TOKENS_PER_REFERENCE = 1536;

/** 10^-7 credit per token. */
const PRICE = { output: 18_360, reference: 4_896, text: 3_060 };

/** 10^-4 credit for one call of `gpt-image-2-beta` at 1K, the only tier it offers. */
export const BETA_CALL_UNITS = 10_200;

export interface Tokens {
  readonly output: number;
  readonly reference: number;
  readonly text: number;
}

/** Tokens of a whole task: each image is billed like a call of its own, its references and its text included. */
export function taskTokens(task: {
  readonly pixels: Pixels;
  readonly quality: Quality;
  readonly images: number;
  readonly references: number;
  readonly text: number;
}): Tokens {
  return {
    output: task.images * imageTokens(task.pixels, task.quality),
    reference: task.images * task.references * TOKENS_PER_REFERENCE,
    text: task.images * task.text,
  };
}

/** The charge in 10^-4 credit, rounded up once, at the end. */
export function chargeUnits(tokens: Tokens): number {
  const exact = tokens.output * PRICE.output + tokens.reference * PRICE.reference + tokens.text * PRICE.text;
  return Math.ceil(exact / 1000);
}

/** Credits as EvoLink prints them: a JSON number with at most four decimals. */
export function creditNumber(units: number): number {
  return units / 10_000;
}

/** Credits as exact decimal text: `3.2323`, `12`, `-0.5`. */
export function creditText(units: number): string {
  const digits = String(Math.abs(units)).padStart(5, '0');
  const fraction = digits.slice(-4).replace(/0+$/, '');
  return `${units < 0 ? '-' : ''}${digits.slice(0, -4)}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Reads `12`, `0.3682`; refuses anything that is not a plain amount with at most four decimals. */
export function creditUnits(text: string): number {
  const match = /^(\d{1,11})(?:\.(\d{1,4}))?$/.exec(text);
  if (match === null) throw new RangeError(`Credits are decimal text with at most four decimals, got '${text}'.`);
  return Number(match[1]) * 10_000 + Number((match[2] ?? '').padEnd(4, '0'));
}

/**
 * The cost block. `usd` is coarse at EvoLink (0.3682 credits show as 0.0055, 3.2323 as 0.048, 13.5 as 0.199); rounding
 * up to three decimals, four below one cent, gives these figures. Whoever books dollars from it gets it wrong.
 */
export function costBlock(units: number): { credits: number; usd: number; cny: number } {
  const step = units < 6_800 ? 10_000 : 1_000;
  const usd = Math.ceil((units * step) / 680_000) / step;
  return { credits: creditNumber(units), usd, cny: units / 100_000 };
}
