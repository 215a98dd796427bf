/** Whether the prices by which the pipeline estimates are EvoLink's public ones. */
import { amountsOf, type ModelPrices } from './prices';

/** A model's public price rule, as far as it can be compared. */
export interface PublicPrices {
  readonly model: string;
  /** 10⁻⁷ credit as exact decimal text, by kind of token or by tier; a kind that we do not know under EvoLink's name. */
  readonly rates: Readonly<Record<string, string>>;
  /** What is charged otherwise than by these rates, each as a short text: tiers, minimum charges, another rounding. */
  readonly otherTerms: readonly string[];
  /** Names this state of the rule: 64 hex digits. */
  readonly checksum?: string;
  readonly version?: string;
  /** From when on the newest of its rates has been in force, as EvoLink writes it. */
  readonly effectiveAt?: string;
}

export interface PriceDifference {
  /** A kind of token, a tier, or what else is charged. */
  readonly what: string;
  /** 10⁻⁷ credit as decimal text; null where we have no such price. */
  readonly ours: string | null;
  /** The same of EvoLink; null where it has no such price. */
  readonly theirs: string | null;
}

/** Every rate that differs, is missing at EvoLink, or is missing in the row. Empty: all are equal. */
export function comparePrices(row: ModelPrices, { rates, otherTerms }: PublicPrices): PriceDifference[] {
  const ours = Object.entries(amountsOf(row)).map(([what, amount]) => [what, String(amount)] as const);
  const known = new Map<string, string>(ours);
  return [
    ...ours
      .map(([what, amount]) => ({ what, ours: amount, theirs: rateOf(rates, what) }))
      .filter((pair) => pair.ours !== pair.theirs),
    ...Object.entries(rates)
      .filter(([what]) => !known.has(what))
      .map(([what, theirs]) => ({ what, ours: null, theirs })),
    ...otherTerms.map((what) => ({ what, ours: null, theirs: null })),
  ];
}

const rateOf = (rates: Readonly<Record<string, string>>, what: string): string | null =>
  Object.hasOwn(rates, what) ? rates[what] : null;
