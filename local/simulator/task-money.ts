/** What a task holds and what it costs, in 10^-4 credit. */
import type { Behaviour } from './behaviour';
import { chargeUnits, textTokens, timesTokens, tokensOfOneImage, type Tokens } from './billing';
import type { ValidRequest } from './contract';
import { MODELS } from './models';
import type { Prices } from './prices';
import { AUTO_HOLD, type Pixels } from './sizes';

/**
 * What is held at submission: images and references, without the text, which fits both EvoLink's published price range
 * and its sample (3.2241 held, 3.2323 charged). So a final charge is normally a little above its hold.
 */
export function holdUnits(request: ValidRequest, prices: Prices, billing: Behaviour['imageBilling']): number {
  const tokens = tokensOf({ ...request, prompt: '' }, request.pixels ?? AUTO_HOLD);
  return unitsOf(request, tokens, request.n, prices, billing).units;
}

/** The published formula's charge for the images that were delivered. */
export function finalCharge(
  request: ValidRequest,
  delivered: { readonly pixels: Pixels; readonly images: number; readonly measured?: Tokens },
  prices: Prices,
  billing: Behaviour['imageBilling'],
): { readonly units: number; readonly tokens: Tokens } {
  const { pixels, images, measured } = delivered;
  if (measured === undefined) return unitsOf(request, tokensOf(request, pixels), images, prices, billing);
  const tokens = { ...timesTokens(tokensOf(request, pixels), images), ...measured };
  // Measured for the whole task, so there is nothing to bill image by image.
  return unitsOf(request, tokens, 1, prices, 'one-sum');
}

function tokensOf({ model, quality, references, prompt }: ValidRequest, pixels: Pixels): Tokens {
  const tiles = MODELS[model].tiles[quality] ?? 0;
  return tokensOfOneImage({ pixels, tiles, references, text: textTokens(prompt) });
}

function unitsOf(
  { model: name }: ValidRequest,
  ofOneImage: Tokens,
  images: number,
  prices: Prices,
  billing: Behaviour['imageBilling'],
): { readonly units: number; readonly tokens: Tokens } {
  const model = MODELS[name];
  const tokens = timesTokens(ofOneImage, images);
  if (model.billing === 'per_call') return { units: images * prices.call(model), tokens };
  const rates = prices.rates(model);
  const units = billing === 'one-sum' ? chargeUnits(tokens, rates) : images * chargeUnits(ofOneImage, rates);
  return { units, tokens };
}
