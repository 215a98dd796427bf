/** What a task really cost, and what is known of a refund, from whatever EvoLink says about it. Best source first. */
import { creditAmount, isRefundProven, readBilling, type BillingBlock } from './billing-block';
import { chargeOf, type TokenCounts } from './charge';
import type { CreditUnits } from './credits';
import type { Estimate } from './estimate';
import type { UsageBasis } from './job';
import { field } from './json';
import { cut } from './preview';
import { DEFAULT_PRICES, modelPrices, type PriceTable } from './prices';

/**
 * Tokens of a whole task (all its images). Cached tokens are a part of the text or image tokens, and text that was
 * written a part of the output tokens, not added to them.
 */
export interface TokenUsage {
  readonly textTokens: number;
  readonly imageTokens: number;
  readonly cachedTextTokens: number;
  readonly cachedImageTokens: number;
  /** Input tokens that the block counts without saying of which kind. */
  readonly unsplitTokens: number;
  readonly outputTokens: number;
  readonly textOutputTokens: number;
}

/** The part of an estimate that an open attempt keeps. */
export type HeldEstimate = Pick<Estimate, 'model' | 'referenceTokens' | 'creditsUpper'>;

export interface BookingInput {
  /** EvoLink's usage block, untouched; anything, also nothing. */
  readonly usage: unknown;
  /** EvoLink's billing block, untouched; anything, also nothing. */
  readonly billing: unknown;
  /** What was held. */
  readonly estimate: HeldEstimate;
  /** A cancelled task is a failed one; `empty`: EvoLink calls it completed, but there is no image. */
  readonly outcome: 'completed' | 'empty' | 'failed';
  /** @default - EvoLink's published prices */
  readonly prices?: PriceTable;
}

/**
 * - `none`: nothing is to be refunded, or nothing says so; `units` is the charge.
 * - `proven`: EvoLink's billing block proves that everything came back.
 * - `open`: the block says that a refund is pending or failed, or it contradicts itself.
 * - `unshown`: a task failed, and EvoLink shows neither a charge nor a refund.
 */
export type RefundState = 'none' | 'proven' | 'open' | 'unshown';

export interface Booking {
  /** The charge, as far as it is known. */
  readonly units: CreditUnits;
  readonly basis: UsageBasis;
  /** EvoLink's own word, `per_token` as a rule. */
  readonly billingRule?: string;
  readonly refund: RefundState;
  /** What may still turn out to be charged: not 0 with `open` and `unshown` only. */
  readonly openUnits: CreditUnits;
}

type Outcome = Omit<Booking, 'billingRule'>;

/** What is to be booked for a task that has ended. */
export function bookedCredits(input: BookingInput): Booking {
  const rule = field(input.usage, 'billing_rule');
  const billingRule = typeof rule === 'string' && rule !== '' ? { billingRule: cut(rule, 64) } : {};
  const block = readBilling(input.billing);
  const booked = input.outcome === 'failed' ? bookFailed(input, block) : bookCompleted(input, block);
  return { ...booked, ...billingRule };
}

/**
 * The charge that the billing block records, else the settled one of the usage block, else its tokens at our prices,
 * else the held upper figure, marked `assumed`.
 *
 * No image is free, so a completed task with a charge of 0 has not been settled yet. Without an image a charge of 0 and
 * a proven refund are believed; as long as there is neither, it may well be charged.
 */
function bookCompleted(input: BookingInput, block: BillingBlock | undefined): Outcome {
  const { usage, estimate, outcome, prices = DEFAULT_PRICES } = input;
  const empty = outcome === 'empty';
  if (empty && isRefundProven(block)) return { units: 0, basis: 'billing', refund: 'proven', openUnits: 0 };
  const isCharge = (units: CreditUnits | undefined): units is CreditUnits =>
    units !== undefined && (units > 0 || empty);
  const recorded = block?.chargeStatus === 'charged' ? block.charged : undefined;
  if (isCharge(recorded)) return charged(recorded, 'billing');
  const settled = settledCharge(usage);
  if (isCharge(settled)) return charged(settled, 'credits_used');
  const counted = tokenCharge(readTokenUsage(usage), estimate, prices);
  if (counted !== undefined) return charged(counted, 'tokens');
  return charged(estimate.creditsUpper, 'assumed');
}

/** A failed task is charged until its refund is proven, whatever EvoLink's word for it says. */
function bookFailed({ usage, estimate }: BookingInput, block: BillingBlock | undefined): Outcome {
  if (isRefundProven(block)) return { units: 0, basis: 'billing', refund: 'proven', openUnits: 0 };
  const shown = block?.chargeStatus === 'charged' && block.charged ? charged(block.charged, 'billing') : undefined;
  const settled = settledCharge(usage);
  const used = settled ? charged(settled, 'credits_used') : undefined;
  const held = creditAmount(field(usage, 'credits_reserved')) ?? estimate.creditsUpper;
  const unshown: Outcome = { units: 0, basis: 'assumed', refund: 'unshown', openUnits: held };
  if (block === undefined) return used ?? unshown;

  const open: Outcome = { units: 0, basis: 'assumed', refund: 'open', openUnits: block.reserved ?? held };
  switch (block.refundStatus) {
    case 'pending':
    case 'failed':
      return open;
    case 'not_required': {
      // The recorded charge, also one of 0.
      const hasEnded = block.chargeStatus === 'charged' || block.chargeStatus === 'released';
      const recorded = hasEnded && block.charged !== undefined ? charged(block.charged, 'billing') : undefined;
      return recorded ?? used ?? open;
    }
    case 'completed':
      return shown ?? used ?? open;
    case 'unknown': {
      const hasAmounts = [block.reserved, block.charged, block.refunded].some((amount) => amount !== undefined);
      return shown ?? used ?? (hasAmounts ? open : unshown);
    }
  }
}

const charged = (units: CreditUnits, basis: UsageBasis): Outcome => ({ units, basis, refund: 'none', openUnits: 0 });

/** `cost.credits` stands in where the settled charge itself is missing. */
function settledCharge(usage: unknown): CreditUnits | undefined {
  return creditAmount(field(usage, 'credits_used')) ?? creditAmount(field(field(usage, 'cost'), 'credits'));
}

/**
 * Reads a token block in the style of EvoLink's price rules (`image_output_tokens` …), else in that of OpenAI's `usage`;
 * EvoLink does not document its own. A count that is not a whole number is taken as not there.
 *
 * @returns undefined when there is no usable count of output tokens: without it nothing can be priced
 */
export function readTokenUsage(usage: unknown): TokenUsage | undefined {
  return readRuleTokens(usage) ?? readOpenAiTokens(usage);
}

/** Plain and cached quantities are priced side by side there, so they do not overlap. */
function readRuleTokens(usage: unknown): TokenUsage | undefined {
  const of = (name: string) => count(field(usage, name)) ?? 0;
  const imageOutput = of('image_output_tokens');
  if (imageOutput === 0) return undefined;
  const [cachedTextTokens, cachedImageTokens] = [of('text_cached_input_tokens'), of('image_cached_input_tokens')];
  const textOutputTokens = of('text_output_tokens');
  return {
    textTokens: of('text_input_tokens') + cachedTextTokens,
    imageTokens: of('image_input_tokens') + cachedImageTokens,
    cachedTextTokens,
    cachedImageTokens,
    unsplitTokens: 0,
    outputTokens: imageOutput + textOutputTokens,
    textOutputTokens,
  };
}

/**
 * Cached tokens that are not split by kind count as text first: that is the smaller discount, so a booking is never
 * too low. Output that is not split is all image, the dearer kind.
 */
function readOpenAiTokens(usage: unknown): TokenUsage | undefined {
  const outputDetails = field(usage, 'output_tokens_details');
  const textOutput = count(field(outputDetails, 'text_tokens'));
  const outputTokens =
    count(field(usage, 'output_tokens')) ?? sum(count(field(outputDetails, 'image_tokens')), textOutput);
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
    textOutputTokens: Math.min(textOutput ?? 0, outputTokens),
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
  const hasTextPrice = row.textOutput !== undefined;
  try {
    return chargeOf(byKind(tokens, estimate.referenceTokens > 0, hasTextPrice), row);
  } catch {
    return undefined;
  }
}

/**
 * Input of unknown kind is images where there are references, else text: the dearer kind that the request can have
 * caused. Text that was written counts as image where it has no price of its own.
 */
function byKind(tokens: TokenUsage, hasReferences: boolean, hasTextPrice: boolean): TokenCounts {
  const { textTokens, imageTokens, cachedTextTokens, cachedImageTokens, unsplitTokens } = tokens;
  const textOutput = hasTextPrice ? tokens.textOutputTokens : 0;
  return {
    imageOutput: tokens.outputTokens - textOutput,
    textOutput,
    textInput: textTokens - cachedTextTokens + (hasReferences ? 0 : unsplitTokens),
    textCachedInput: cachedTextTokens,
    imageInput: imageTokens - cachedImageTokens + (hasReferences ? unsplitTokens : 0),
    imageCachedInput: cachedImageTokens,
  };
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** @returns undefined when neither part is there, or both are absurdly large */
function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined && b === undefined ? undefined : count((a ?? 0) + (b ?? 0));
}
