/** What a request will cost, before anything is spent: exact, with a breakdown. */
import { formatCredits, formatUsd } from '../domain/credits';
import { estimate, type Estimate, type EstimateInput } from '../domain/estimate';
import { decimalParts, type Bounds, type CostParts } from '../domain/estimate-view';
import type { RequestedImages, Warning } from '../domain/job';
import { findModel, qualitiesOf, withModels } from '../domain/models';
import { DEFAULT_PRICES } from '../domain/prices';
import { readEstimateRequest, type EstimateOptions, type EstimateRequest } from './estimate-request';

export type { Bounds, CostParts } from '../domain/estimate-view';
export { InvalidEstimateError, type EstimateOptions, type EstimateRequest } from './estimate-request';

/** What a request will cost: credits as exact decimal text. */
export interface RequestEstimate {
  /** What was asked for, with defaults applied; pixels of one image unless the size is `auto`. */
  readonly requested: RequestedImages;
  /**
   * Whether `upper` is a cap. False for `auto`: the model chooses the size, and EvoLink calls its own figure an
   * estimate. Likely is then its figure (2048×2048), upper the costliest size there is (2880×2880). False, too, for a
   * model that writes text beside its images.
   */
  readonly capped: boolean;
  /** Of one image; 0 for a model that is billed by calls. `references` are all of them together. */
  readonly tokens: {
    readonly output: Bounds<number>;
    readonly references: number;
    readonly text: Bounds<number>;
    /** Text that the model writes beside the image; 0 for most models. */
    readonly textOutput: Bounds<number>;
  };
  readonly perImage: Bounds<CostParts>;
  /** All images together: references and text are charged again for each. */
  readonly allImages: Bounds<CostParts>;
  /** All images, each kind of token rounded up to four decimals as EvoLink books: what is held against budgets. */
  readonly credits: Bounds<string>;
  /** Of `credits`, six decimals: 68 credits are 1 USD. */
  readonly usd: Bounds<string>;
  /** Version of the price table. */
  readonly priceTable: string;
  readonly warnings: readonly Warning[];
  /** The same figures as whole numbers. */
  readonly integers: Estimate;
}

/**
 * Estimates a request. Calls nobody.
 *
 * @throws InvalidEstimateError with every problem there is
 * @throws RangeError when `prices` has no usable row for the model
 * @example
 * const { credits } = estimateRequest({ size: '16:9', resolution: '4K', quality: 'high', n: 4, references: 2 });
 * console.log(`${credits.upper} credits at most`);
 */
export function estimateRequest(request: EstimateRequest, options: EstimateOptions = {}): RequestEstimate {
  const { requested, prompt, warnings } = readEstimateRequest(request, options);
  const { prices = DEFAULT_PRICES, models } = options;
  // Validated: resolution and quality are among the known ones.
  const integers = estimate({ ...requested, prompt } as EstimateInput, prices, withModels(models));
  const { outputTokens, outputTokensLikely, textTokensUpper, textTokensLikely } = integers;
  const { upper, likely } = integers.perImage;
  return {
    requested,
    capped: integers.capped,
    tokens: {
      output: { likely: outputTokensLikely, upper: outputTokens },
      references: integers.referenceTokens,
      text: { likely: textTokensLikely, upper: textTokensUpper },
      textOutput: { likely: integers.textOutputTokensLikely, upper: integers.textOutputTokens },
    },
    perImage: { likely: decimalParts(likely), upper: decimalParts(upper) },
    allImages: { likely: decimalParts(likely, integers.images), upper: decimalParts(upper, integers.images) },
    credits: { likely: formatCredits(integers.creditsLikely), upper: formatCredits(integers.creditsUpper) },
    usd: { likely: formatUsd(integers.creditsLikely), upper: formatUsd(integers.creditsUpper) },
    priceTable: integers.priceTable,
    warnings,
    integers,
  };
}

/**
 * The same request at each quality that its model has, cheapest first; empty for a model without that choice.
 *
 * @throws InvalidEstimateError with every problem there is
 */
export function compareQualities(
  request: EstimateRequest,
  options: EstimateOptions = {},
): { quality: string; estimate: RequestEstimate }[] {
  const { requested } = readEstimateRequest(request, options);
  const model = findModel(requested.model, withModels(options.models));
  return (model ? qualitiesOf(model) : []).map((quality) => ({
    quality,
    estimate: estimateRequest({ ...request, quality }, options),
  }));
}
