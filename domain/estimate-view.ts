/** An estimate as people and programs outside read it: amounts as exact decimal text, so that nothing is rounded. */
import { formatCredits, formatTenMillionths, formatUsd } from './credits';
import { totalOf, type Estimate, type ImageParts } from './estimate';

/** `upper` is what the pipeline holds; `likely` is for show. */
export interface Bounds<T> {
  readonly likely: T;
  readonly upper: T;
}

/** Credits, up to seven decimals: not yet rounded as EvoLink books. The parts add up to `total`. */
export interface CostParts {
  readonly output: string;
  readonly references: string;
  readonly text: string;
  readonly total: string;
}

/** In a job's output and manifest. */
export interface EstimateView {
  /** Whether the upper figure is a cap: false for `auto` and for a model that writes text beside its images. */
  readonly capped: boolean;
  readonly per_image: Bounds<CostParts>;
  /** All images, rounded up to four decimals as EvoLink books: what is held against budgets. */
  readonly credits: Bounds<string>;
  /** Six decimals: 68 credits are 1 USD. */
  readonly usd: Bounds<string>;
  /** Version of the price table. */
  readonly price_table: string;
}

export function estimateView({ capped, perImage, creditsLikely, creditsUpper, priceTable }: Estimate): EstimateView {
  return {
    capped,
    per_image: { likely: decimalParts(perImage.likely), upper: decimalParts(perImage.upper) },
    credits: { likely: formatCredits(creditsLikely), upper: formatCredits(creditsUpper) },
    usd: { likely: formatUsd(creditsLikely), upper: formatUsd(creditsUpper) },
    price_table: priceTable,
  };
}

/** The parts of so many images together. */
export function decimalParts(parts: ImageParts, images = 1): CostParts {
  return {
    output: formatTenMillionths(images * parts.output),
    references: formatTenMillionths(images * parts.references),
    text: formatTenMillionths(images * parts.text),
    total: formatTenMillionths(images * totalOf(parts)),
  };
}
