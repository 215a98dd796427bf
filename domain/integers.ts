/**
 * Exact arithmetic on whole numbers. Money and tokens are plain numbers here, so every result is checked: beyond
 * 2^53 a number silently loses its last digits, and that must be an error and not a wrong bill.
 */

/** @throws RangeError when the value is not a whole number that a `number` holds exactly. */
export function safeInteger(value: number, what: string): number {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${what} must be a safe integer, got ${String(value)}`);
  return value;
}

/** @throws RangeError when the value is negative or not a safe integer. */
export function nonNegative(value: number, what: string): number {
  if (safeInteger(value, what) < 0) throw new RangeError(`${what} must not be negative, got ${value}`);
  return value;
}

/** a / b rounded down, for a >= 0 and b > 0. Through the remainder, since `Math.floor(a / b)` rounds large quotients. */
export function floorDivide(a: number, b: number): number {
  nonNegative(a, 'dividend');
  return (a - (a % b)) / b;
}

/** a / b rounded up, for a >= 0 and b > 0. */
export function ceilDivide(a: number, b: number): number {
  return floorDivide(a, b) + (a % b === 0 ? 0 : 1);
}
