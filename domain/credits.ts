/**
 * Money. Two integer units, never mixed and never a fraction:
 *
 * - {@link TenMillionths}: 10⁻⁷ credit, in which every price per token is a whole number;
 * - {@link CreditUnits}: 10⁻⁴ credit, in which EvoLink books: it rounds each kind of token up, then adds (`charge.ts`).
 *
 * US dollars are derived for show only: 68 credits = 1 USD.
 */
import { ceilDivide, nonNegative, safeInteger } from './integers';

/** An amount in 10⁻⁷ credit. A safe integer. */
export type TenMillionths = number;

/** An amount in 10⁻⁴ credit. A safe integer. */
export type CreditUnits = number;

export const TEN_MILLIONTHS_PER_UNIT = 1_000;
export const UNITS_PER_CREDIT = 10_000;
export const CREDITS_PER_USD = 68;

const UNIT_DECIMALS = 4;
const TEN_MILLIONTHS_DECIMALS = 7;
const USD_DECIMALS = 6;

/** Long enough for every number that a `number` or a ledger prints, short enough to keep the arithmetic cheap. */
const MAX_DECIMAL_TEXT = 64;
const DECIMAL = /^(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;

/**
 * Rounds one amount up. What has several kinds of tokens in it is rounded kind by kind: `chargeOf`.
 * @throws RangeError when the amount is negative or not a safe integer
 */
export function toCreditUnits(amount: TenMillionths): CreditUnits {
  return ceilDivide(nonNegative(amount, 'amount'), TEN_MILLIONTHS_PER_UNIT);
}

/**
 * Decimal text without needless zeros: `32241` → `3.2241`, `10000` → `1`, `0` → `0`. Negative amounts (a difference,
 * an overdrawn balance) keep their sign.
 * @throws RangeError when the amount is not a safe integer
 */
export function formatCredits(units: CreditUnits): string {
  return formatDecimal(BigInt(safeInteger(units, 'units')), UNIT_DECIMALS);
}

/** Like {@link formatCredits}, to the seven decimals of a price. */
export function formatTenMillionths(amount: TenMillionths): string {
  return formatDecimal(BigInt(safeInteger(amount, 'amount')), TEN_MILLIONTHS_DECIMALS);
}

/**
 * Reads an amount of credits exactly, digit by digit. A number is read through its shortest decimal text, exponents
 * included, so that `3.2241` means 32241 units and not what binary fractions make of it.
 *
 * @param input what EvoLink or a user wrote, for example `"3.2241"`, `3.2241` or `1e-7`
 * @param rounding where there are more than four decimals: `up` for a charge, `down` for a limit that must hold
 * @throws RangeError when the input is not a decimal number, is negative, or is too large to be held exactly
 */
export function parseCredits(input: string | number, rounding: 'up' | 'down' = 'up'): CreditUnits {
  const text = String(input).trim();
  const match = text.length <= MAX_DECIMAL_TEXT ? DECIMAL.exec(text) : null;
  if (!match) throw new RangeError(`not an amount of credits: ${JSON.stringify(text.slice(0, MAX_DECIMAL_TEXT))}`);
  const [, whole = '', fraction = '', exponent = '0'] = match;

  const digits = BigInt(whole + fraction);
  const shift = UNIT_DECIMALS - fraction.length + Number(exponent);
  const units = shift >= 0 ? digits * 10n ** BigInt(shift) : divide(digits, 10n ** BigInt(-shift), rounding);
  if (units > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError(`too many credits to be held exactly: ${text}`);
  return Number(units);
}

/**
 * US dollars with exactly six decimals, rounded half up (away from zero for a negative difference).
 * @throws RangeError when the amount is not a safe integer
 */
export function formatUsd(units: CreditUnits): string {
  const amount = BigInt(safeInteger(units, 'units'));
  const magnitude = amount < 0n ? -amount : amount;
  const divisor = BigInt(CREDITS_PER_USD * UNITS_PER_CREDIT);
  const micros = (2n * magnitude * 10n ** BigInt(USD_DECIMALS) + divisor) / (2n * divisor);
  const text = micros.toString().padStart(USD_DECIMALS + 1, '0');
  const sign = amount < 0n && micros > 0n ? '-' : '';
  return `${sign}${text.slice(0, -USD_DECIMALS)}.${text.slice(-USD_DECIMALS)}`;
}

function divide(dividend: bigint, divisor: bigint, rounding: 'up' | 'down'): bigint {
  const quotient = dividend / divisor;
  return rounding === 'up' && dividend % divisor !== 0n ? quotient + 1n : quotient;
}

function formatDecimal(value: bigint, decimals: number): string {
  const sign = value < 0n ? '-' : '';
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, '0');
  const fraction = digits.slice(-decimals).replace(/0+$/, '');
  return sign + digits.slice(0, -decimals) + (fraction && `.${fraction}`);
}
