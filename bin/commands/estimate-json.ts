import type { CheaperNeighbour } from '../../client/cheaper-neighbour';
import type { compareQualities, CostParts, RequestEstimate } from '../../client/estimate';

/** Everything that `estimate` found out. */
export interface EstimateView {
  readonly estimate: RequestEstimate;
  readonly qualities: ReturnType<typeof compareQualities>;
  readonly neighbour?: CheaperNeighbour;
  readonly hasPrompt: boolean;
}

/**
 * Amounts are decimal strings, so that nothing is rounded on the way. `output_tokens` and `reference_tokens` are those
 * of one image; credits and dollars are for all images.
 */
export function estimateJson({ estimate, qualities, neighbour }: EstimateView): Record<string, unknown> {
  const { requested, tokens, perImage, allImages } = estimate;
  return {
    model: requested.model,
    width: requested.width ?? null,
    height: requested.height ?? null,
    ...figures(estimate),

    size: requested.size,
    resolution: requested.resolution ?? null,
    quality: requested.quality ?? null,
    n: requested.n,
    references: requested.references,
    /** False for `auto`: then the upper figure is an estimate, and no cap. */
    capped: estimate.capped,
    output_tokens_likely: tokens.output.likely,
    text_tokens_likely: tokens.text.likely,
    /** Text that the model writes beside one image. */
    text_output_tokens: tokens.textOutput.upper,
    text_output_tokens_likely: tokens.textOutput.likely,
    /** Before they are rounded up to four decimals, as EvoLink books. */
    credits_exact_upper: allImages.upper.total,
    credits_exact_likely: allImages.likely.total,
    breakdown: {
      per_image: { upper: parts(perImage.upper), likely: parts(perImage.likely) },
      all_images: { upper: parts(allImages.upper), likely: parts(allImages.likely) },
    },
    qualities: qualities.map(({ quality, estimate: other }) => ({ quality, ...figures(other) })),
    cheaper_neighbour: neighbour ? neighbourJson(neighbour) : null,
    warnings: estimate.warnings,
    price_table: estimate.priceTable,
  };
}

function figures({ tokens, credits, usd }: RequestEstimate): Record<string, unknown> {
  return {
    output_tokens: tokens.output.upper,
    reference_tokens: tokens.references,
    text_tokens_upper: tokens.text.upper,
    credits_upper: credits.upper,
    credits_likely: credits.likely,
    usd_upper: usd.upper,
    usd_likely: usd.likely,
  };
}

function parts({ output, references, text, total }: CostParts): Record<string, string> {
  return { output, references, text, total };
}

function neighbourJson(neighbour: CheaperNeighbour): Record<string, unknown> {
  const { size, resolution, width, height, estimate, savedCredits, savingPercent } = neighbour;
  return {
    size,
    resolution: resolution ?? null,
    width,
    height,
    ...figures(estimate),
    saved_credits: savedCredits,
    saving_percent: savingPercent,
  };
}
