import fc from 'fast-check';
import { brokenPixelRules, isValidSize, nearestValidSize } from '../../domain/explicit-pixels';
import {
  formatPixels,
  parseResolution,
  parseSize,
  RATIOS,
  RESOLUTIONS,
  tablePixels,
  type Ratio,
} from '../../domain/sizes';
import { PUBLISHED_SIZES } from './published-sizes';

describe('the table of ratios and tiers', () => {
  test('has 15 ratios, 3 tiers and no cell beyond the published ones', () => {
    const published = new Set(PUBLISHED_SIZES.flatMap(({ ratio, portrait }) => [ratio, portrait]));

    expect(PUBLISHED_SIZES).toHaveLength(24);
    expect(RATIOS).toHaveLength(15);
    expect(new Set(RATIOS)).toEqual(published);
    expect(RESOLUTIONS).toEqual(['1K', '2K', '4K']);
  });

  test.each(PUBLISHED_SIZES)(
    '$ratio and $portrait at $tier',
    ({ ratio, portrait, tier, width, height, scaledDown }) => {
      expect(tablePixels(ratio as Ratio, tier)).toEqual({ width, height, scaledDown });
      if (portrait !== ratio)
        expect(tablePixels(portrait as Ratio, tier)).toEqual({ width: height, height: width, scaledDown });
    },
  );

  test('holds only sizes that the rules for explicit pixels allow', () => {
    const cells = RATIOS.flatMap((ratio) => RESOLUTIONS.map((tier) => tablePixels(ratio, tier)));

    expect(cells.filter(({ width, height }) => !isValidSize(width, height))).toEqual([]);
  });

  test('a tier is case-insensitive', () => {
    expect(parseResolution('2k')).toBe('2K');
    expect(parseResolution('8K')).toBeUndefined();
    // The Kelvin sign looks like a K.
    expect(parseResolution('1\u212A')).toBeUndefined();
  });
});

describe('parseSize', () => {
  test.each(['1536x1024', '1536X1024', '1536×1024'])('%s is 1536 by 1024, sent with a lower-case x', (text) => {
    const size = parseSize(text);

    expect(size).toEqual({ kind: 'pixels', width: 1536, height: 1024 });
    expect(formatPixels({ width: 1536, height: 1024 })).toBe('1536x1024');
  });

  test.each(['Auto', '16/9', '16:10', '1024', 'x1024', '1024x', '-16x16', '1e3x1024', '1024 x 1024', '12345678x16'])(
    '%s is no size',
    (text) => {
      expect(parseSize(text)).toBeUndefined();
    },
  );
});

describe('the rules for explicit pixels', () => {
  test.each([
    [1920, 1080, ['size_not_multiple_of_16']],
    [1280, 720, []],
    [1408, 480, []],
    [1024, 640, []],
    [1024, 624, ['size_too_few_pixels']],
    [3840, 2160, []],
    [3840, 2176, ['size_too_many_pixels']],
    [3856, 2144, ['size_edge_too_long']],
    [3856, 2160, ['size_too_many_pixels', 'size_edge_too_long']],
    [1776, 592, []],
    [1776, 576, ['size_aspect_too_long']],
    [592, 1776, []],
    [576, 1776, ['size_aspect_too_long']],
    [0, 0, ['size_not_multiple_of_16', 'size_too_few_pixels']],
    [4001, 100, ['size_not_multiple_of_16', 'size_too_few_pixels', 'size_edge_too_long', 'size_aspect_too_long']],
  ])('%i×%i breaks %j', (width, height, codes) => {
    expect(brokenPixelRules(width, height).map(({ code }) => code)).toEqual(codes);
  });
});

describe('nearestValidSize', () => {
  test.each([
    [1920, 1080, '1920x1088'],
    [1080, 1920, '1088x1920'],
    [7680, 4320, '3840x2160'],
    [100, 100, '816x816'],
    [5000, 100, '1440x480'],
  ])('%i×%i → %s', (width, height, expected) => {
    expect(formatPixels(nearestValidSize(width, height))).toBe(expected);
  });

  const edge = fc.integer({ min: 0, max: 9_999_999 });
  const multiple = fc.integer({ min: 1, max: 240 }).map((steps) => steps * 16);

  test('is always a valid size', () => {
    fc.assert(
      fc.property(edge, edge, (w, h) => {
        const { width, height } = nearestValidSize(w, h);
        return isValidSize(width, height);
      }),
      { numRuns: 60 },
    );
  });

  test('leaves a valid size as it is', () => {
    fc.assert(
      fc.property(multiple, multiple, (width, height) => {
        fc.pre(isValidSize(width, height));
        expect(nearestValidSize(width, height)).toEqual({ width, height });
      }),
      { numRuns: 60 },
    );
  });

  test('turns with the picture', () => {
    for (const [w, h] of [
      [1920, 1080],
      [300, 200],
      [6000, 1000],
    ] as const) {
      const { width, height } = nearestValidSize(w, h);
      expect(nearestValidSize(h, w)).toEqual({ width: height, height: width });
    }
  });
});
