/**
 * What tokens cost, rounded as EvoLink rounds: each kind of token by itself up to whole 10⁻⁴ credit, then added.
 * @see https://api.evolink.ai/v1/catalog/models/gpt-image-2/pricing-rules?view=full (`rounding`: `ceil` at the point
 * `per_component_subtotal`)
 */
import { toCreditUnits, type CreditUnits, type TenMillionths } from './credits';
import { safeInteger } from './integers';
import { tokenPrice, type TokenKind, type TokenPrices } from './prices';

/** How many tokens of each kind. Kinds do not overlap: cached tokens are no part of the others. */
export type TokenCounts = Readonly<Partial<Record<TokenKind, number>>>;

/**
 * One bill.
 *
 * @throws RangeError when an amount is beyond what a number holds exactly
 */
export function chargeOf(tokens: TokenCounts, prices: TokenPrices): CreditUnits {
  const parts = kindsOf(tokens).map(([kind, count]) => toCreditUnits(count * tokenPrice(prices, kind)));
  return safeInteger(sum(parts), 'charge');
}

/** The same before it is rounded, in 10⁻⁷ credit. */
export function exactChargeOf(tokens: TokenCounts, prices: TokenPrices): TenMillionths {
  return safeInteger(sum(kindsOf(tokens).map(([kind, count]) => count * tokenPrice(prices, kind))), 'charge');
}

const kindsOf = (tokens: TokenCounts) => Object.entries(tokens) as [TokenKind, number][];
const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0);
