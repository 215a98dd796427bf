/** What a task really cost, from whatever EvoLink says about it. Best source first. */
import { parseCredits, toCreditUnits, type CreditUnits, type TenMillionths } from './credits';
import type { Estimate } from './estimate';
import type { UsageBasis } from './job';
import { field } from './json';
import { cut } from './preview';
import { DEFAULT_PRICES, modelPrices, type PriceTable, type TokenPrices } from './prices';

/** Tokens of a whole task (all its images). Cached tokens are a part of the text or image tokens, not added to them. */
export interface TokenUsage {
  readonly textTokens: number;
  readonly imageTokens: number;
  readonly cachedTextTokens: number;
  readonly cachedImageTokens: number;
  /** Input tokens that the block counts without saying of which kind. */
  readonly unsplitTokens: number;
  readonly outputTokens: number;
}

/** The part of an estimate that an open attempt keeps. */
export type HeldEstimate = Pick<Estimate, 'model' | 'referenceTokens' | 'creditsUpper'>;

export interface BookingInput {
  /** EvoLink's usage block, untouched; anything, also nothing. */
  readonly usage: unknown;
  /** What was held. */
  readonly estimate: HeldEstimate;
  /** A cancelled task is a failed one; `empty`: EvoLink calls it completed, but there is no image. */
  readonly outcome: 'completed' | 'empty' | 'failed';
  /** @default - EvoLink's published prices */
  readonly prices?: PriceTable;
}

export interface Booking {
  readonly units: CreditUnits;
  readonly basis: UsageBasis;
  /** EvoLink's own word, `per_token` as a rule. */
  readonly billingRule?: string;
}

/**
 * The credits to book: EvoLink's settled charge; else its token block at our prices; else the held upper estimate,
 * marked `assumed`. A failed task is refunded: without a settled charge it books 0. A completed one without an image may
 * well be charged, so only a settled charge of 0 says that it is not.
 */
export function bookedCredits({ usage, estimate, outcome, prices = DEFAULT_PRICES }: BookingInput): Booking {
  const rule = field(usage, 'billing_rule');
  const billing = typeof rule === 'string' && rule !== '' ? { billingRule: cut(rule, 64) } : {};

  const settled = amount(field(usage, 'credits_used')) ?? amount(field(field(usage, 'cost'), 'credits'));
  // No image is free, so a completed task with a charge of 0 has not been settled yet.
  const isSettled = settled !== undefined && (settled > 0 || outcome !== 'completed');
  if (isSettled) return { units: settled, basis: 'credits_used', ...billing };
  if (outcome === 'failed') return { units: 0, basis: 'assumed', ...billing };

  const counted = tokenCharge(readTokenUsage(usage), estimate, prices);
  if (counted !== undefined) return { units: counted, basis: 'tokens', ...billing };
  return { units: estimate.creditsUpper, basis: 'assumed', ...billing };
}

/**
 * Reads a token block in the style of OpenAI's `usage`; EvoLink does not document its own.
 *
 * Cached tokens that are not split by kind count as text first: that is the smaller discount, so a booking is never
 * too low. A count that is not a whole number is taken as not there.
 *
 * @returns undefined when there is no usable count of output tokens: without it nothing can be priced
 */
export function readTokenUsage(usage: unknown): TokenUsage | undefined {
  const outputDetails = field(usage, 'output_tokens_details');
  const outputParts = sum(count(field(outputDetails, 'image_tokens')), count(field(outputDetails, 'text_tokens')));
  const outputTokens = count(field(usage, 'output_tokens')) ?? outputParts;
  if (!outputTokens) return undefined;

  const details = field(usage, 'input_tokens_details');
  const textTokens = count(field(details, 'text_tokens')) ?? 0;
  const imageTokens = count(field(details, 'image_tokens')) ?? 0;
  const inputTokens = count(field(usage, 'input_tokens')) ?? 0;

  const cachedDetails = field(details, 'cached_tokens_details');
  const cachedText = count(field(cachedDetails, 'text_tokens'));
  const cachedImage = count(field(cachedDetails, 'image_tokens'));
  const cached = sum(cachedText, cachedImage) ?? count(field(details, 'cached_tokens')) ?? 0;
  const cachedTextTokens = Math.min(cachedText ?? cached - (cachedImage ?? 0), textTokens);
  return {
    textTokens,
    imageTokens,
    cachedTextTokens,
    cachedImageTokens: Math.min(cachedImage ?? cached - cachedTextTokens, imageTokens),
    unsplitTokens: Math.max(0, inputTokens - textTokens - imageTokens),
    outputTokens,
  };
}

/** @returns undefined when the tokens cannot be priced: none, billed per call, or beyond what a number holds */
function tokenCharge(
  tokens: TokenUsage | undefined,
  estimate: HeldEstimate,
  prices: PriceTable,
): CreditUnits | undefined {
  const row = modelPrices(estimate.model, prices);
  if (!tokens || row.billing !== 'per_token') return undefined;
  const charge = price(tokens, row, estimate.referenceTokens > 0);
  return Number.isSafeInteger(charge) ? toCreditUnits(charge) : undefined;
}

function price(tokens: TokenUsage, prices: TokenPrices, hasReferences: boolean): TenMillionths {
  // Of unknown kind: the dearer one that the request can have caused.
  const unsplitPrice = hasReferences ? prices.imageInput : prices.textInput;
  return (
    tokens.outputTokens * prices.imageOutput +
    (tokens.textTokens - tokens.cachedTextTokens) * prices.textInput +
    tokens.cachedTextTokens * prices.textCachedInput +
    (tokens.imageTokens - tokens.cachedImageTokens) * prices.imageInput +
    tokens.cachedImageTokens * prices.imageCachedInput +
    tokens.unsplitTokens * unsplitPrice
  );
}

/** @returns undefined when it is not an amount: the next best source is used instead */
function amount(value: unknown): CreditUnits | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  try {
    return parseCredits(value);
  } catch {
    return undefined;
  }
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** @returns undefined when neither part is there, or both are absurdly large */
function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined && b === undefined ? undefined : count((a ?? 0) + (b ?? 0));
}
