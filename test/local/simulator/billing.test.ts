import fc from 'fast-check';
import {
  BETA_CALL_UNITS,
  chargeUnits,
  costBlock,
  creditNumber,
  creditText,
  creditUnits,
  imageTokens,
  ratioPixels,
  taskTokens,
  textTokens,
  type Quality,
  type Tier,
} from '../../../local/simulator/billing';

describe('output tokens', () => {
  it.each([
    [1024, 1024, 'low', 196],
    [1024, 1024, 'medium', 1756],
    [1024, 1024, 'high', 7024],
    [1536, 1024, 'high', 5488],
    [1792, 1024, 'high', 5063],
    [3584, 2048, 'high', 12_329],
    [2880, 2880, 'high', 23_719],
    [1776, 592, 'low', 62],
    [1408, 480, 'low', 54],
    [2736, 1536, 'medium', 2010],
    [3840, 1632, 'high', 8135],
  ] as const)('%i x %i at %s quality are the published %i', (width, height, quality, tokens) => {
    expect(imageTokens({ width, height }, quality)).toBe(tokens);
    expect(imageTokens({ width: height, height: width }, quality)).toBe(tokens);
  });
});

describe('ratios', () => {
  it.each([
    ['1:1', '1K', 1024, 1024],
    ['16:9', '1K', 1360, 768],
    ['9:21', '1K', 672, 1568],
    ['1:3', '4K', 1280, 3840],
    ['2:1', '4K', 3840, 1920],
    ['5:4', '2K', 2288, 1824],
  ] as const)('%s at %s is %i x %i', (ratio, tier, width, height) => {
    expect(ratioPixels(ratio, tier)).toEqual({ width, height });
  });

  it.each(['4:1', '16:10', '', 'auto', 'toString', '1:1:1'])('%p is none', (ratio) => {
    expect(ratioPixels(ratio, '1K')).toBeUndefined();
  });

  it('keeps every one of the 45 sizes within the limits for explicit pixels', () => {
    const ratios = '1:1 1:2 2:1 1:3 3:1 2:3 3:2 3:4 4:3 4:5 5:4 9:16 16:9 9:21 21:9'.split(' ');
    for (const ratio of ratios) {
      for (const tier of ['1K', '2K', '4K'] as Tier[]) {
        const { width, height } = ratioPixels(ratio, tier)!;
        expect([width % 16, height % 16]).toEqual([0, 0]);
        expect(Math.max(width, height)).toBeLessThanOrEqual(3840);
        expect(width * height).toBeGreaterThanOrEqual(655_360);
        expect(width * height).toBeLessThanOrEqual(8_294_400);
        expect(width > height).toBe(Number(ratio.split(':')[0]) > Number(ratio.split(':')[1]));
      }
    }
  });
});

describe('charge', () => {
  it('of the observed sample, 27 text and 196 output tokens, is 0.3682 credits', () => {
    expect(creditText(chargeUnits({ output: 196, reference: 0, text: 27 }))).toBe('0.3682');
  });

  it('finds 27 text tokens in a prompt of 80 bytes, and never more tokens than bytes', () => {
    expect(textTokens('x'.repeat(80))).toBe(27);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (prompt) => {
        expect(textTokens(prompt)).toBeLessThanOrEqual(Buffer.byteLength(prompt));
      }),
    );
  });

  it.each([
    ['lowest', { width: 1776, height: 592 }, 'low', 0, '0.1139'],
    ['highest', { width: 2880, height: 2880 }, 'high', 16, '55.5805'],
  ] as const)(
    'at the %s published price is that price, rounded up to four decimals',
    (_, pixels, quality, refs, credits) => {
      const tokens = taskTokens({ pixels, quality, images: 1, references: refs, text: 0 });
      expect(creditText(chargeUnits(tokens))).toBe(credits);
    },
  );

  it('of n images is that of n times the tokens, rounded once', () => {
    const one = { pixels: { width: 1024, height: 1024 }, quality: 'medium' as Quality, references: 2, text: 27 };
    expect(taskTokens({ ...one, images: 4 })).toEqual({ output: 4 * 1756, reference: 4 * 2 * 1536, text: 4 * 27 });
    expect(creditText(chargeUnits(taskTokens({ ...one, images: 4 })))).toBe('18.9454');
  });

  it('of a beta call is 1.02 credits', () => {
    expect(creditText(BETA_CALL_UNITS)).toBe('1.02');
  });

  it('shows dollars as coarsely as EvoLink was seen to', () => {
    expect(costBlock(3682)).toEqual({ credits: 0.3682, usd: 0.0055, cny: 0.03682 });
    expect(costBlock(32_323)).toEqual({ credits: 3.2323, usd: 0.048, cny: 0.32323 });
    expect(costBlock(135_000).usd).toBe(0.199);
    expect(costBlock(0)).toEqual({ credits: 0, usd: 0, cny: 0 });
  });
});

describe('credits as text', () => {
  it('keeps every amount, and prints as JSON number what it prints as text', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 14 }), (units) => {
        expect(creditUnits(creditText(units))).toBe(units);
        expect(JSON.stringify(creditNumber(units))).toBe(creditText(units));
      }),
    );
  });

  it.each([
    [0, '0'],
    [-5000, '-0.5'],
    [1, '0.0001'],
    [120_000, '12'],
  ])('prints %i units as %s', (units, text) => expect(creditText(units)).toBe(text));

  it.each(['', '1.23456', '-1', '1e3', 'many', '1,5', ' 1'])('refuses %p', (text) => {
    expect(() => creditUnits(text)).toThrow(RangeError);
  });
});
