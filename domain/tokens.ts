/**
 * How many tokens a request costs. Whole numbers throughout.
 *
 * Output: the formula published for this model family; its results equal EvoLink's published extremes and a real
 * charge. @see https://community.openai.com/t/gpt-image-2-output-pricing-calculator-online-and-in-your-code/1382699
 */
import { ceilDivide, floorDivide, safeInteger } from './integers';
import { MAX_EDGE } from './explicit-pixels';

export const QUALITIES = ['low', 'medium', 'high'] as const;
export type Quality = (typeof QUALITIES)[number];

/** EvoLink's own default. */
export const DEFAULT_QUALITY: Quality = 'medium';

/** Tiles along the long edge. */
const TILES: Readonly<Record<Quality, number>> = { low: 16, medium: 48, high: 96 };

/**
 * The largest number of tokens that one reference image may cost: EvoLink publishes no formula, but its own published
 * maximum counts this many for each of 16 references.
 */
export const REFERENCE_TOKENS = 1_536;

/** Prompts in tokens, observed: one-liners cost a few tokens more than their text. */
const LIKELY_TEXT_OVERHEAD = 8;
const NARROW_CHARACTERS_PER_TOKEN = 4;
/** From here on (CJK, kana, hangul, full-width forms, emoji) a character is about a token of its own. */
const FIRST_WIDE_CODE_POINT = 0x2e80;

/**
 * Image output tokens of one image.
 *
 * @param width pixels, 1 to 3840
 * @param height pixels, 1 to 3840
 * @throws RangeError when an edge is not a whole number within the limits
 */
export function outputTokens(width: number, height: number, quality: Quality): number {
  checkEdge(width, 'width');
  checkEdge(height, 'height');
  const long = Math.max(width, height);
  const short = Math.min(width, height);
  const tiles = TILES[quality];
  const shortTiles = floorDivide(2 * tiles * short + long, 2 * long);
  return ceilDivide(tiles * shortTiles * (2_000_000 + width * height), 4_000_000);
}

/** Reference images, at the upper bound for each. */
export function referenceTokens(references: number): number {
  return safeInteger(references * REFERENCE_TOKENS, 'reference tokens');
}

/** The most tokens that this text can cost: its UTF-8 bytes, since a byte-level tokeniser never makes more. */
export function textTokensUpper(text: string): number {
  return utf8Bytes(text);
}

/**
 * What this text probably costs, for show only: one token per four Latin characters or per wide (CJK) character,
 * rounded up, and 8 tokens around them; never more than {@link textTokensUpper}.
 */
export function textTokensLikely(text: string): number {
  let narrow = 0;
  let wide = 0;
  for (const character of text) {
    if (character.codePointAt(0)! >= FIRST_WIDE_CODE_POINT) wide++;
    else narrow++;
  }
  const likely = ceilDivide(narrow, NARROW_CHARACTERS_PER_TOKEN) + wide + LIKELY_TEXT_OVERHEAD;
  return Math.min(likely, textTokensUpper(text));
}

export function utf8Bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Unicode code points, EvoLink's measure of a prompt: an emoji counts once, not twice as in `length`. */
export function codePoints(text: string): number {
  let count = 0;
  for (let index = 0; index < text.length; count++) index += text.codePointAt(index)! > 0xffff ? 2 : 1;
  return count;
}

function checkEdge(edge: number, what: string): void {
  safeInteger(edge, what);
  if (edge < 1 || edge > MAX_EDGE) throw new RangeError(`${what} must be 1 to ${MAX_EDGE} pixels, got ${edge}`);
}
