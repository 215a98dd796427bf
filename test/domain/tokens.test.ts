import fc from 'fast-check';
import { isValidSize } from '../../domain/explicit-pixels';
import {
  codePoints,
  outputTokens,
  QUALITIES,
  referenceTokens,
  textTokensLikely,
  textTokensUpper,
} from '../../domain/tokens';
import { PUBLISHED_SIZES } from './published-sizes';

describe('outputTokens', () => {
  const cells = PUBLISHED_SIZES.flatMap((size) =>
    QUALITIES.map((quality) => ({ ...size, quality, expected: size.tokens[quality] })),
  );

  test.each(cells)('$ratio $tier $quality: $expected', ({ width, height, quality, expected }) => {
    expect(outputTokens(width, height, quality)).toBe(expected);
    expect(outputTokens(height, width, quality)).toBe(expected);
  });

  test.each([
    [1024, 1024, 'high', 7024],
    [1536, 1024, 'high', 5488],
    [1792, 1024, 'high', 5063],
    [3584, 2048, 'high', 12329],
    [1408, 480, 'low', 54],
    [3840, 1904, 'high', 10727],
  ] as const)('%i×%i %s: %i, as others published or computed it', (width, height, quality, expected) => {
    expect(outputTokens(width, height, quality)).toBe(expected);
  });

  const edge = fc.integer({ min: 1, max: 240 }).map((steps) => steps * 16);

  test('equals the formula in arbitrary precision, for every valid size', () => {
    fc.assert(
      fc.property(edge, edge, fc.constantFrom(...QUALITIES), (width, height, quality) => {
        fc.pre(isValidSize(width, height));
        const base = { low: 16n, medium: 48n, high: 96n }[quality];
        const long = BigInt(Math.max(width, height));
        const short = BigInt(Math.min(width, height));
        const s = (2n * base * short + long) / (2n * long);
        const exact = (base * s * (2_000_000n + BigInt(width) * BigInt(height)) + 3_999_999n) / 4_000_000n;
        expect(BigInt(outputTokens(width, height, quality))).toBe(exact);
      }),
    );
  });

  test('no valid size costs more than the square that is held for auto', () => {
    fc.assert(
      fc.property(edge, edge, (width, height) => {
        fc.pre(isValidSize(width, height));
        expect(outputTokens(width, height, 'high')).toBeLessThanOrEqual(23_719);
      }),
    );
  });

  test.each([0, -16, 1.5, NaN, 3841, Infinity])('refuses an edge of %p', (bad) => {
    expect(() => outputTokens(bad, 1024, 'low')).toThrow(RangeError);
    expect(() => outputTokens(1024, bad, 'low')).toThrow(RangeError);
  });
});

describe('other tokens', () => {
  test('a reference counts 1536', () => {
    expect(referenceTokens(0)).toBe(0);
    expect(referenceTokens(16)).toBe(24_576);
  });

  test.each([
    ['', 0, 0],
    ['cat', 3, 3],
    ['a red bicycle on a pier', 23, 14],
    ['一辆红色的自行车', 24, 16],
    ['🚲🚲', 8, 8],
  ])('the text %j: at most %i, likely %i', (text, upper, likely) => {
    expect(textTokensUpper(text)).toBe(upper);
    expect(textTokensLikely(text)).toBe(likely);
  });

  test('likely never exceeds upper, and both are whole numbers', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(textTokensLikely(text)).toBeLessThanOrEqual(textTokensUpper(text));
        expect(Number.isSafeInteger(textTokensLikely(text))).toBe(true);
        expect(textTokensUpper(text)).toBe(Buffer.byteLength(text, 'utf8'));
      }),
    );
  });

  test('code points count an emoji once, and a lone surrogate too', () => {
    expect(codePoints('a🚲é')).toBe(3);
    expect(codePoints('\ud83d')).toBe(1);
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => codePoints(text) === [...text].length));
  });
});
