/**
 * What EvoLink charges. On purpose this is a second, independent implementation of the published rules: it shares
 * nothing with the pipeline's own estimator and ledger, so that a mistake there shows as a difference between two bills
 * instead of being made twice.
 *
 * A charge is the sum over the kinds of tokens, each rounded up to whole 10^-4 credit by itself, as the public price
 * rules of October 2026 say (`rounding: per_component_subtotal, ceil`).
 */
import type { Pixels } from './sizes';

/** The kinds of tokens that EvoLink prices, by their names in its price rules. */
export const TOKEN_KINDS = [
  'image_input',
  'image_cached_input',
  'image_output',
  'text_input',
  'text_cached_input',
  'text_output',
] as const;

/** A kind of token that has a rate of its own, as EvoLink's price rules name it. */
export type TokenKind =
  'text_input' | 'text_cached_input' | 'text_output' | 'image_input' | 'image_cached_input' | 'image_output';

/** Measured quantities. Plain and cached tokens are disjoint, as in the price rules. Absent = 0. */
export type Tokens = Readonly<Partial<Record<TokenKind, number>>>;

/** 10^-4 credit per 1000 tokens, in steps of 10^-4: published rates may hold fractions of a unit. */
export type Rates = Readonly<Partial<Record<TokenKind, number>>>;

export const RATE_STEPS = 10_000;

/** @see https://community.openai.com/t/gpt-image-2-output-pricing-calculator-online-and-in-your-code/1382699 */
export function imageTokens({ width, height }: Pixels, tiles: number): number {
  const long = Math.max(width, height);
  const short = Math.min(width, height);
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

/** Tokens of one image: each is billed like a call of its own, its references and its text included. */
export function tokensOfOneImage(image: {
  readonly pixels: Pixels;
  readonly tiles: number;
  readonly references: number;
  readonly text: number;
}): Tokens {
  return {
    image_output: imageTokens(image.pixels, image.tiles),
    image_input: image.references * TOKENS_PER_REFERENCE,
    text_input: image.text,
  };
}

export function timesTokens(tokens: Tokens, images: number): Tokens {
  return Object.fromEntries(TOKEN_KINDS.map((kind) => [kind, images * (tokens[kind] ?? 0)]));
}

/** The charge in 10^-4 credit: each kind of token rounded up, then the sum. A kind without a rate costs nothing. */
export function chargeUnits(tokens: Tokens, rates: Rates): number {
  const parts = TOKEN_KINDS.map((kind) => ((tokens[kind] ?? 0) * (rates[kind] ?? 0)) / (1000 * RATE_STEPS));
  return parts.reduce((sum, part) => sum + Math.ceil(part), 0);
}
