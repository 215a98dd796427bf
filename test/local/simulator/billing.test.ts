import fc from 'fast-check';
import {
  chargeUnits,
  imageTokens,
  RATE_STEPS,
  textTokens,
  timesTokens,
  tokensOfOneImage,
  type Rates,
  type Tokens,
} from '../../../local/simulator/billing';
import { costBlock, creditNumber, creditText, creditUnits } from '../../../local/simulator/credits';
import { MODELS, type Quality } from '../../../local/simulator/models';
import { Prices } from '../../../local/simulator/prices';
import { ratioPixels, type Tier } from '../../../local/simulator/sizes';
import { complete, start } from './support/simulator';

const IMAGE_2 = MODELS['gpt-image-2'];
const RATES: Rates = new Prices().rates(IMAGE_2);
const charge = (tokens: Tokens) => chargeUnits(tokens, RATES);
const tiles = (quality: Quality, model = 'gpt-image-2') => MODELS[model].tiles[quality] ?? 0;

describe('output tokens', () => {
  // sheet 1.2 and 5
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
    [3840, 1648, 'low', 234],
    [3840, 1648, 'medium', 2099],
    [3840, 1648, 'high', 8196],
  ] as const)('%i x %i at %s quality are the published %i', (width, height, quality, tokens) => {
    expect(imageTokens({ width, height }, tiles(quality))).toBe(tokens);
    expect(imageTokens({ width: height, height: width }, tiles(quality))).toBe(tokens);
  });

  // sheet 1.5: `medium` and `high` mean a quarter of what they mean on gpt-image-2.
  it.each([
    ['low', 196],
    ['medium', 439],
    ['high', 1756],
    ['xhigh', 3122],
    ['max', 7024],
  ] as const)('of 1024 x 1024 at %s quality on the 2.5 models are %i', (quality, tokens) => {
    for (const model of ['gpt-image-2.5-flare', 'gpt-image-2.5-sunburst']) {
      expect(imageTokens({ width: 1024, height: 1024 }, tiles(quality, model))).toBe(tokens);
    }
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
    // sheet 1.2: 1648 in the newest index, 1632 before.
    ['21:9', '4K', 3840, 1648],
    ['9:21', '4K', 1648, 3840],
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
  // sheet 6.4, examples A to H: each kind of token is rounded up by itself.
  it.each<[string, Tokens, number]>([
    ['A', { text_input: 27, image_output: 196 }, 3_682],
    ['B', { text_input: 10, image_output: 98 }, 1_831],
    ['C', { text_input: 21, image_output: 1_756 }, 32_306],
    ['D', { text_input: 17, image_input: 1_024, image_output: 1_756 }, 37_308],
    ['E', { text_input: 17, image_input: 1_508, image_output: 196 }, 11_036],
    ['F', { text_input: 40, image_output: 8_196 }, 150_602],
    [
      'G',
      { text_input: 7, text_cached_input: 3, image_input: 1_521, image_cached_input: 5, image_output: 397 },
      14_768,
    ],
    ['H', { text_input: 84, image_output: 7_024 }, 129_219],
  ])('of example %s, %j, is %i units (sheet 6.4)', (_, tokens, units) => {
    expect(charge(tokens)).toBe(units);
  });

  it('finds 27 text tokens in a prompt of 80 bytes, and never more tokens than bytes', () => {
    expect(textTokens('x'.repeat(80))).toBe(27);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (prompt) => {
        expect(textTokens(prompt)).toBeLessThanOrEqual(Buffer.byteLength(prompt));
      }),
    );
  });

  // sheet 6.2: the page prints the plain sums 0.113832 and 55.5804936, a bill rounds up.
  it.each([
    ['lowest', { width: 1776, height: 592 }, 'low', 0, '0.1139'],
    ['highest', { width: 2880, height: 2880 }, 'high', 16, '55.5806'],
  ] as const)(
    'at the %s published price is that price, rounded up by kind',
    (_, pixels, quality, references, credits) => {
      const tokens = tokensOfOneImage({ pixels, tiles: tiles(quality), references, text: 0 });
      expect(creditText(charge(tokens))).toBe(credits);
    },
  );

  it('is never below the exact sum, and above it by less than one unit for each kind of token', () => {
    const quantity = fc.integer({ min: 0, max: 300_000 });
    const kinds = Object.keys(RATES) as (keyof Rates)[];
    fc.assert(
      fc.property(fc.tuple(...kinds.map(() => quantity)), (counts) => {
        const tokens: Tokens = Object.fromEntries(kinds.map((kind, index) => [kind, counts[index]]));
        const exact = kinds.reduce((sum, kind, index) => sum + BigInt(counts[index]) * BigInt(RATES[kind] ?? 0), 0n);
        const scale = BigInt(1000 * RATE_STEPS);
        const over = BigInt(charge(tokens)) * scale - exact;
        expect(over >= 0n && over < scale * BigInt(kinds.length)).toBe(true);
      }),
    );
  });

  // sheet 6.1: whether n images are one sum or n bills is not known; example H has both.
  it.each([
    ['one-sum', 12.9219],
    ['per-image', 12.9224],
  ] as const)('of four images, billed as %s, is %d credits (sheet 6.4 H)', async (imageBilling, credits) => {
    const simulator = await start({ imageBilling });
    // 56 bytes are 21 text tokens.
    const { body } = await complete(simulator, { size: '1:1', n: 4, prompt: 'x'.repeat(56) });
    expect(body.usage.credits_used).toBe(credits);
    expect(simulator.bill().creditsUsed).toBe(String(credits));
  });

  it('of n images has n times the tokens of one', () => {
    const one = tokensOfOneImage({ pixels: { width: 1024, height: 1024 }, tiles: 48, references: 2, text: 27 });
    expect(timesTokens(one, 4)).toMatchObject({
      image_output: 4 * 1756,
      image_input: 4 * 2 * 1536,
      text_input: 4 * 27,
    });
  });

  it('of measured tokens that a rule gives is that of the rules (sheet 6.4 G)', async () => {
    const simulator = await start();
    const cached = { text_input: 7, text_cached_input: 3, image_input: 1_521, image_cached_input: 5 };
    simulator.script({ task: { tokens: { ...cached, image_output: 397 } } });
    expect((await complete(simulator)).body.usage.credits_used).toBe(1.4768);
  });

  // sheet 1.5
  it.each([
    ['gpt-image-2-beta', {}, 1.02],
    ['gpt-image-2.5-flare', { size: '1:1', quality: 'max' }, 12.9044],
    ['gpt-image-2.5-sunburst', { size: '1:1' }, 0.8144],
    ['gpt-image-1.5', { size: '1:1', quality: 'low' }, 0.3922],
    // Its default quality is high: 1024 x 1536 = 5488 tokens at 19584.
    ['gpt-image-1.5', { size: '2:3' }, 10.756],
  ])('with %s and %j is %d credits', async (model, request, credits) => {
    const simulator = await start();
    const { body } = await complete(simulator, { model, ...request, prompt: 'x'.repeat(80) });
    expect(body.usage.credits_used).toBe(credits);
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
