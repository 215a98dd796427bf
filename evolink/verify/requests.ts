/** What a run submits: the cheapest request that there is, and what it costs at most. */
import type { PublicPrices } from '../../domain/price-comparison';
import { isPrice } from '../../domain/price-rules';
import { DEFAULT_PRICES, TOKEN_KINDS, type PriceTable, type TokenKind, type TokenPrices } from '../../domain/prices';
import type { CreditUnits } from '../../domain/credits';
import { estimate } from '../../domain/estimate';
import { DEFAULT_MODEL } from '../../domain/models';
import type { SubmitRequest } from '../types';

/** 3:1 at 1K and low quality: 62 tokens, the fewest of any size in EvoLink's table. */
const CHEAPEST = { model: DEFAULT_MODEL, size: '3:1', resolution: '1K', quality: 'low', n: 1 } as const;

export const SINGLE: SubmitRequest = { ...CHEAPEST, prompt: 'a single red dot in the middle of white paper' };

/** The same submission with another body. */
export const CHANGED: SubmitRequest = { ...SINGLE, prompt: `${SINGLE.prompt}, no shadow` };

/** Of another length: a second sample of how EvoLink rounds. */
export const PAIRED: SubmitRequest = { ...CHEAPEST, prompt: 'two blue dots on white paper' };

/**
 * EvoLink documents `n` from 1 to 10. Of all bad requests this one costs least if it is not refused: an invalid size or
 * quality could be replaced by a dearer default.
 */
export const BAD: SubmitRequest = { ...SINGLE, n: 0 };

const ALL = [SINGLE, CHANGED, PAIRED];

/** What one of the requests costs at most, at these prices. */
export function mostOfOne(prices: PriceTable = DEFAULT_PRICES): CreditUnits {
  const upper = ({ prompt }: SubmitRequest) => estimate({ ...CHEAPEST, prompt, references: 0 }, prices).creditsUpper;
  return Math.max(...ALL.map(upper));
}

/** What one of the requests costs by the packaged prices, as a rule. */
export function likelyOfOne(): CreditUnits {
  const likely = ({ prompt }: SubmitRequest) => estimate({ ...CHEAPEST, prompt, references: 0 }).creditsLikely;
  return Math.max(...ALL.map(likely));
}

/**
 * EvoLink's public rates as a row of ours, fractions of our unit rounded up.
 *
 * @returns undefined where the charge can't be computed from them alone
 */
export function rowOfPublic({ rates, otherTerms }: PublicPrices): TokenPrices | undefined {
  const kinds = Object.keys(TOKEN_KINDS) as TokenKind[];
  const isKnown = Object.keys(rates).every((kind) => Object.hasOwn(TOKEN_KINDS, kind));
  const needed = kinds.filter((kind) => TOKEN_KINDS[kind] === 'required');
  if (!isKnown || otherTerms.length > 0 || !needed.every((kind) => Object.hasOwn(rates, kind))) return undefined;
  const row = Object.fromEntries(Object.entries(rates).map(([kind, rate]) => [kind, Math.ceil(Number(rate))]));
  return Object.values(row).every(isPrice) ? ({ billing: 'per_token', ...row } as TokenPrices) : undefined;
}

/** Whether the row is the public rates exactly. */
export function isExact({ rates }: PublicPrices): boolean {
  return Object.values(rates).every((rate) => /^\d+$/.test(rate));
}

export function tableWith(row: TokenPrices): PriceTable {
  return { ...DEFAULT_PRICES, models: { ...DEFAULT_PRICES.models, [DEFAULT_MODEL]: row } };
}
