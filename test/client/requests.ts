/** Requests that are valid, at random. */
import fc from 'fast-check';
import type { EstimateRequest } from '../../client/estimate';
import type { Level, Tier } from './independent-prices';

export const LEVELS: readonly Level[] = ['low', 'medium', 'high'];
export const TIERS: readonly Tier[] = ['1K', '2K', '4K'];
export const RATIO_NAMES = '1:1 1:2 2:1 1:3 3:1 2:3 3:2 3:4 4:3 4:5 5:4 9:16 16:9 9:21 21:9'.split(' ');

const edge = fc.integer({ min: 1, max: 240 }).map((steps) => steps * 16);

export const pixels = fc
  .tuple(edge, edge)
  .filter(([w, h]) => w * h >= 655_360 && w * h <= 8_294_400 && Math.max(w, h) <= 3 * Math.min(w, h));

export interface ValidRequest extends EstimateRequest {
  readonly size: string;
  readonly resolution?: Tier;
  readonly quality: Level;
  readonly n: number;
  readonly references: number;
  readonly prompt: string;
}

/** One line of any text, or one as long as EvoLink takes it: 32 000 characters, 60 000 bytes. */
const prompt = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 400 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('a', 'é', '漢', '😀'), fc.constantFrom(0, 1))
      .map(([character, less]) => character.repeat(Math.min(32_000, 60_000 / Buffer.byteLength(character)) - less)),
  },
);

/** With fixed pixels: a ratio of the table or pixels of one's own. */
export const fixedSizeRequest: fc.Arbitrary<ValidRequest> = fc
  .record({
    shape: fc.oneof(
      fc.record({ size: fc.constantFrom(...RATIO_NAMES), resolution: fc.constantFrom(...TIERS) }),
      pixels.map(([width, height]) => ({ size: `${width}x${height}` })),
    ),
    quality: fc.constantFrom(...LEVELS),
    n: fc.integer({ min: 1, max: 10 }),
    references: fc.integer({ min: 0, max: 16 }),
    prompt: prompt.filter((text) => text.trim() !== ''),
  })
  .map(({ shape, ...rest }) => ({ ...shape, ...rest }));
