import fc from 'fast-check';
import { isValidSize } from '../../domain/explicit-pixels';
import { codePoints, outputTokens, referenceTokens, textTokensLikely, textTokensUpper } from '../../domain/tokens';
import { findModel } from '../../domain/models';
import { PUBLISHED_SIZES } from './published-sizes';

const TILES = { low: 16, medium: 48, high: 96 } as const;
const QUALITIES = ['low', 'medium', 'high'] as const;

describe('outputTokens', () => {
  const cells = PUBLISHED_SIZES.flatMap((size) =>
    QUALITIES.map((quality) => ({ ...size, quality, expected: size.tokens[quality] })),
  );

  test.each(cells)('$ratio $tier $quality: $expected', ({ width, height, quality, expected }) => {
    expect(outputTokens(width, height, TILES[quality])).toBe(expected);
    expect(outputTokens(height, width, TILES[quality])).toBe(expected);
  });

  test.each([
    [1024, 1024, 'high', 7024],
    [1536, 1024, 'high', 5488],
    [1792, 1024, 'high', 5063],
    [3584, 2048, 'high', 12329],
    [1408, 480, 'low', 54],
    [3840, 1904, 'high', 10727],
  ] as const)('%i×%i %s: %i, as others published or computed it', (width, height, quality, expected) => {
    expect(outputTokens(width, height, TILES[quality])).toBe(expected);
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
        expect(BigInt(outputTokens(width, height, TILES[quality]))).toBe(exact);
      }),
    );
  });

  test('no valid size costs more than the square that is held for auto', () => {
    fc.assert(
      fc.property(edge, edge, (width, height) => {
        fc.pre(isValidSize(width, height));
        expect(outputTokens(width, height, TILES.high)).toBeLessThanOrEqual(23_719);
      }),
    );
  });

  test.each([0, -16, 1.5, NaN, 3841, Infinity])('refuses an edge of %p', (bad) => {
    expect(() => outputTokens(bad, 1024, 16)).toThrow(RangeError);
    expect(() => outputTokens(1024, bad, 16)).toThrow(RangeError);
  });
});

test.each(['gpt-image-2.5-flare', 'gpt-image-2.5-sunburst'])('%s counts 1024² by tile bases of its own', (name) => {
  const { qualities } = findModel(name)!;
  const tokens = Object.entries(qualities).map(([quality, counted]) => [quality, outputTokens(1024, 1024, counted)]);

  expect(tokens).toEqual([
    ['low', 196],
    ['medium', 439],
    ['high', 1756],
    ['xhigh', 3122],
    ['max', 7024],
  ]);
});

test('a table has the tokens of its pixels, and of no others', () => {
  const { high } = findModel('gpt-image-1.5')!.qualities;

  expect(outputTokens(1536, 1024, high)).toBe(6208);
  expect(() => outputTokens(1536, 1536, high)).toThrow('no output tokens are known for 1536x1536');
});

describe('other tokens', () => {
  test('a reference counts 1536', () => {
    expect(referenceTokens(0)).toBe(0);
    expect(referenceTokens(16)).toBe(24_576);
  });

  test.each([
    ['', 0, 0],
    ['cat', 35, 9],
    ['a red bicycle on a pier', 55, 14],
    ['一辆红色的自行车', 56, 16],
    ['🚲🚲', 40, 10],
  ])('the text %j: at most %i, likely %i', (text, upper, likely) => {
    expect(textTokensUpper(text)).toBe(upper);
    expect(textTokensLikely(text)).toBe(likely);
  });

  test('the shortest prompt is held at more than the 27 tokens that a one-liner was charged', () => {
    expect(textTokensUpper('x')).toBeGreaterThan(27);
  });

  test('likely never exceeds upper, and both are whole numbers', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        expect(textTokensLikely(text)).toBeLessThanOrEqual(textTokensUpper(text));
        expect(Number.isSafeInteger(textTokensLikely(text))).toBe(true);
        expect(textTokensUpper(text)).toBe(text === '' ? 0 : Buffer.byteLength(text, 'utf8') + 32);
      }),
    );
  });

  test('code points count an emoji once, and a lone surrogate too', () => {
    expect(codePoints('a🚲é')).toBe(3);
    expect(codePoints('\ud83d')).toBe(1);
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => codePoints(text) === [...text].length));
  });
});
