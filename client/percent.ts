/** Shares in per cent, from whole numbers. */

/**
 * A share in per cent with one decimal, rounded down: a saving is never shown larger than it is.
 *
 * @param part not negative
 * @param whole more than 0
 * @returns decimal text, `2.9`
 * @throws RangeError when one of them is not a whole number within its limits
 */
export function percentOf(part: number, whole: number): string {
  if (!Number.isSafeInteger(part) || !Number.isSafeInteger(whole) || part < 0 || whole <= 0) {
    throw new RangeError(`not a share: ${part} of ${whole}`);
  }
  // A thousand times an amount may no longer be exact as a number.
  const tenths = (1_000n * BigInt(part)) / BigInt(whole);
  return `${tenths / 10n}.${tenths % 10n}`;
}
