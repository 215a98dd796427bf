/** Credits in their three forms: integers of 10^-4 credit (EvoLink's unit, `uc`), exact decimal text, JSON numbers. */

/** Credits as EvoLink prints them: a JSON number with at most four decimals. */
export function creditNumber(units: number): number {
  return units / 10_000;
}

/** Credits as exact decimal text: `3.2323`, `12`, `-0.5`. */
export function creditText(units: number): string {
  const digits = String(Math.abs(units)).padStart(5, '0');
  const fraction = digits.slice(-4).replace(/0+$/, '');
  return `${units < 0 ? '-' : ''}${digits.slice(0, -4)}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Reads `12`, `0.3682`; refuses anything that is not a plain amount with at most four decimals. */
export function creditUnits(text: string): number {
  const match = /^(\d{1,11})(?:\.(\d{1,4}))?$/.exec(text);
  if (match === null) throw new RangeError(`Credits are decimal text with at most four decimals, got '${text}'.`);
  return Number(match[1]) * 10_000 + Number((match[2] ?? '').padEnd(4, '0'));
}

/**
 * The cost block. `usd` is coarse at EvoLink (0.3682 credits show as 0.0055, 3.2323 as 0.048, 13.5 as 0.199); rounding
 * up to three decimals, four below one cent, gives these figures. Whoever books dollars from it gets it wrong.
 */
export function costBlock(units: number): { credits: number; usd: number; cny: number } {
  const step = units < 6_800 ? 10_000 : 1_000;
  const usd = Math.ceil((units * step) / 680_000) / step;
  return { credits: creditNumber(units), usd, cny: units / 100_000 };
}
