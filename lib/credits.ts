import { Token } from 'aws-cdk-lib';
import { type CreditUnits, parseCredits } from '../domain/credits';

/**
 * An amount that a property gives, in the unit in which EvoLink books (10⁻⁴ credit). Limits are never rounded: what
 * was meant would be unclear.
 *
 * @throws Error when the amount is not above 0, has more than four decimals, or is a token
 */
export function creditUnits(name: string, credits: number): CreditUnits {
  if (Token.isUnresolved(credits)) throw new Error(`${name} must be known at synthesis, got a token`);
  const units = exactUnits(credits);
  if (units === undefined || units === 0) {
    throw new Error(`${name} must be an amount above 0 with at most four decimals, got ${credits}`);
  }
  return units;
}

function exactUnits(credits: number): CreditUnits | undefined {
  try {
    const units = parseCredits(credits, 'up');
    return units === parseCredits(credits, 'down') ? units : undefined;
  } catch {
    return undefined;
  }
}
