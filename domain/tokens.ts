/**
 * How many tokens a request costs. Whole numbers throughout.
 *
 * Output: the formula published for this model family; its results equal EvoLink's published extremes and a real
 * charge. @see https://community.openai.com/t/gpt-image-2-output-pricing-calculator-online-and-in-your-code/1382699
 */
import { ceilDivide, floorDivide, safeInteger } from './integers';
import { MAX_EDGE } from './explicit-pixels';
import { formatPixels } from './sizes';

/**
 * How a quality counts the output tokens of an image: a number is the tile base of the formula (tiles along the long
 * edge); a table has the tokens of each of the pixel sizes that its model makes, by `WxH`.
 */
export type QualityTokens = number | Readonly<Record<string, number>>;

/**
 * The largest number of tokens that one reference image may cost: EvoLink publishes no formula, but its own published
 * maximum counts this many for each of 16 references.
 */
export const REFERENCE_TOKENS = 1_536;

/**
 * Tokens around the text of a prompt that a hold allows for. EvoLink publishes none; 19 to 27 tokens in all were
 * observed for one-line prompts, so that 32 covers them however short the text is.
 */
export const TEXT_OVERHEAD_UPPER = 32;

/** The same for the likely figure. */
const LIKELY_TEXT_OVERHEAD = 8;
const NARROW_CHARACTERS_PER_TOKEN = 4;
/** From here on (CJK, kana, hangul, full-width forms, emoji) a character is about a token of its own. */
const FIRST_WIDE_CODE_POINT = 0x2e80;

/**
 * Image output tokens of one image.
 *
 * @param width pixels, 1 to 3840
 * @param height pixels, 1 to 3840
 * @param counted how the quality counts them
 * @throws RangeError when an edge is not a whole number within the limits, or the quality's table lacks these pixels
 */
export function outputTokens(width: number, height: number, counted: QualityTokens): number {
  checkEdge(width, 'width');
  checkEdge(height, 'height');
  if (typeof counted !== 'number') return tableTokens(formatPixels({ width, height }), counted);
  const long = Math.max(width, height);
  const short = Math.min(width, height);
  const shortTiles = floorDivide(2 * counted * short + long, 2 * long);
  return ceilDivide(counted * shortTiles * (2_000_000 + width * height), 4_000_000);
}

function tableTokens(pixels: string, table: Readonly<Record<string, number>>): number {
  const tokens = Object.hasOwn(table, pixels) ? table[pixels] : undefined;
  if (tokens === undefined) throw new RangeError(`no output tokens are known for ${pixels}`);
  return tokens;
}

/** Reference images, at the upper bound for each. */
export function referenceTokens(references: number, each = REFERENCE_TOKENS): number {
  return safeInteger(references * each, 'reference tokens');
}

/**
 * The most tokens that this text can cost: its UTF-8 bytes, since a byte-level tokeniser never makes more, and
 * {@link TEXT_OVERHEAD_UPPER} around them. 0 without a text.
 */
export function textTokensUpper(text: string): number {
  return text === '' ? 0 : utf8Bytes(text) + TEXT_OVERHEAD_UPPER;
}

/**
 * What this text probably costs, for show only: one token per four Latin characters or per wide (CJK) character,
 * rounded up, and 8 tokens around them. 0 without a text; never more than {@link textTokensUpper}.
 */
export function textTokensLikely(text: string): number {
  if (text === '') return 0;
  let narrow = 0;
  let wide = 0;
  for (const character of text) {
    if (character.codePointAt(0)! >= FIRST_WIDE_CODE_POINT) wide++;
    else narrow++;
  }
  return ceilDivide(narrow, NARROW_CHARACTERS_PER_TOKEN) + wide + LIKELY_TEXT_OVERHEAD;
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
