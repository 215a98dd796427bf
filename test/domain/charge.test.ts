import fc from 'fast-check';
import { chargeOf, exactChargeOf, type TokenCounts } from '../../domain/charge';
import { estimate } from '../../domain/estimate';
import { modelPrices, type TokenPrices } from '../../domain/prices';

const prices = modelPrices('gpt-image-2') as TokenPrices;

/** Tokens, and what EvoLink's rule charges for them in 10⁻⁴ credit; where one sum would be rounded, that is lower. */
const CASES: [name: string, tokens: TokenCounts, charge: number, roundedOnce: number][] = [
  ['a real charge', { textInput: 27, imageOutput: 196 }, 3_682, 3_682],
  ['a short prompt', { textInput: 10, imageOutput: 98 }, 1_831, 1_830],
  ['1024² at medium', { textInput: 21, imageOutput: 1_756 }, 32_306, 32_305],
  ['one reference', { textInput: 17, imageInput: 1_024, imageOutput: 1_756 }, 37_308, 37_306],
  ['one large reference', { textInput: 17, imageInput: 1_508, imageOutput: 196 }, 11_036, 11_034],
  ['21:9 at 4K and high', { textInput: 40, imageOutput: 8_196 }, 150_602, 150_601],
  [
    'cached input',
    { textInput: 7, textCachedInput: 3, imageInput: 1_521, imageCachedInput: 5, imageOutput: 397 },
    14_768,
    14_766,
  ],
  ['four images as one sum', { textInput: 84, imageOutput: 7_024 }, 129_219, 129_218],
];

test.each(CASES)('%s: each kind of token is rounded up by itself', (_, tokens, charge, roundedOnce) => {
  expect(chargeOf(tokens, prices)).toBe(charge);
  expect(Math.ceil(exactChargeOf(tokens, prices) / 1_000)).toBe(roundedOnce);
});

test('four images as four bills cost more than one sum', () => {
  expect(4 * chargeOf({ textInput: 21, imageOutput: 1_756 }, prices)).toBe(129_224);
});

test('text that is written has a price of its own, or that of the image', () => {
  const tokens = { textOutput: 335, imageOutput: 6_208 };

  expect(chargeOf(tokens, modelPrices('gpt-image-1.5') as TokenPrices)).toBe(2_051 + 121_578);
  expect(chargeOf(tokens, prices)).toBe(6_151 + 113_979);
});

test('refuses what a number does not hold exactly', () => {
  expect(() => chargeOf({ imageOutput: Number.MAX_SAFE_INTEGER }, prices)).toThrow(RangeError);
});

const REQUESTS: [name: string, request: Partial<Parameters<typeof estimate>[0]>, index: number][] = [
  ['a real charge', { size: '1:1', quality: 'low' }, 0],
  ['a short prompt', { size: '2:1', quality: 'low' }, 1],
  ['1024² at medium', { size: '1:1' }, 2],
  ['one reference', { size: '1:1', references: 1 }, 3],
  ['one large reference', { size: '1:1', quality: 'low', references: 1 }, 4],
  ['21:9 at 4K and high', { size: '21:9', resolution: '4K', quality: 'high' }, 5],
  ['cached input', { size: '1:1', resolution: '2K', quality: 'low', references: 1 }, 6],
  ['four images as one sum', { size: '1:1', n: 4 }, 7],
];

test.each(REQUESTS)('the hold covers %s, with a one-line prompt', (_, request, index) => {
  const held = estimate({ model: 'gpt-image-2', n: 1, references: 0, prompt: 'a red bicycle on a pier', ...request });

  expect(held.creditsUpper).toBeGreaterThanOrEqual(CASES[index][2]);
});

test('a hold is at least the bill, whether EvoLink makes one of a task or one for each image', () => {
  const count = fc.integer({ min: 0, max: 100_000 });
  const tokens = fc.record({ imageOutput: count, imageInput: count, textInput: count });
  fc.assert(
    fc.property(tokens, fc.integer({ min: 1, max: 10 }), (one, images) => {
      const hold = images * chargeOf(one, prices);
      const sum = Object.fromEntries(Object.entries(one).map(([kind, tokensOfOne]) => [kind, images * tokensOfOne]));

      expect(hold).toBeGreaterThanOrEqual(chargeOf(sum, prices));
      expect(hold * 1_000).toBeGreaterThanOrEqual(images * exactChargeOf(one, prices));
    }),
  );
});
