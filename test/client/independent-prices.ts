/**
 * What EvoLink charges, computed a second time: whole numbers of arbitrary length, from the published tables and the
 * published formula, without anything of `domain/`.
 */
import { PUBLISHED_SIZES } from '../domain/published-sizes';

export type Tier = '1K' | '2K' | '4K';
export type Level = 'low' | 'medium' | 'high';

/** Credits per 1000 tokens, as the page prints them. */
const OUTPUT = perToken('1.836');
const IMAGE_INPUT = perToken('0.4896');
const TEXT_INPUT = perToken('0.306');

/** In 10⁻⁷ credit. */
function perToken(creditsPerThousand: string): bigint {
  const [whole = '', fraction = ''] = creditsPerThousand.split('.');
  return BigInt(whole + fraction.padEnd(4, '0'));
}

export function published(ratio: string, tier: Tier) {
  const row = PUBLISHED_SIZES.find((size) => size.tier === tier && [size.ratio, size.portrait].includes(ratio));
  if (!row) throw new Error(`not in the table: ${ratio} ${tier}`);
  return row;
}

/** ceil(b × round(b × short / long) × (2 000 000 + width × height) / 4 000 000), with b = 16, 48, 96. */
export function formulaTokens(width: number, height: number, level: Level): bigint {
  const base = { low: 16n, medium: 48n, high: 96n }[level];
  const long = BigInt(Math.max(width, height));
  const short = BigInt(Math.min(width, height));
  const doubled = (2n * base * short) / long;
  const rows = (doubled + 1n) / 2n;
  const product = base * rows * (2_000_000n + long * short);
  const whole = product / 4_000_000n;
  return product === whole * 4_000_000n ? whole : whole + 1n;
}

export interface Tokens {
  readonly output: bigint;
  readonly images: bigint;
  readonly text: bigint;
}

/** 10⁻⁷ credit. */
export function exactPrice({ output, images, text }: Tokens): bigint {
  return output * OUTPUT + images * IMAGE_INPUT + text * TEXT_INPUT;
}

/** One bill in 10⁻⁴ credit: each kind of token is rounded up, then all are added. */
export function booked({ output, images, text }: Tokens): bigint {
  return [output * OUTPUT, images * IMAGE_INPUT, text * TEXT_INPUT].reduce(
    (sum, exact) => sum + (exact + 999n) / 1_000n,
    0n,
  );
}

/** Decimal text without needless zeros. */
export function decimal(value: bigint, decimals: number): string {
  const digits = value.toString().padStart(decimals + 1, '0');
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`.replace(/\.?0+$/, '');
}
