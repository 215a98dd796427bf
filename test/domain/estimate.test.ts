import fc from 'fast-check';
import { formatTenMillionths } from '../../domain/credits';
import { estimate, type EstimateInput } from '../../domain/estimate';
import { isValidSize } from '../../domain/explicit-pixels';
import { MODELS, namesOf, qualitiesOf } from '../../domain/models';
import { DEFAULT_PRICES, modelPrices, type PriceTable } from '../../domain/prices';

const plain: EstimateInput = { model: 'gpt-image-2', size: '1:1', quality: 'low', n: 1, references: 0, prompt: '' };

describe('the published range, to its last digit', () => {
  test('the cheapest image of the table costs 0.113832 credits', () => {
    const { tenMillionthsUpper } = estimate({ ...plain, size: '3:1' });

    expect(formatTenMillionths(tenMillionthsUpper)).toBe('0.113832');
  });

  test('the dearest one, with 16 references, costs 55.5804936 credits', () => {
    const most = estimate({ ...plain, size: '1:1', resolution: '4K', quality: 'high', references: 16 });

    expect(formatTenMillionths(most.tenMillionthsUpper)).toBe('55.5804936');
    // 435 480.84 for the output and 120 324.096 for the references, each rounded up.
    expect(most.creditsUpper).toBe(555_806);
  });
});

describe('estimate', () => {
  test('a real charge of 27 text and 196 output tokens, 0.3682 credits, is covered by its hold', () => {
    const { perImage, creditsUpper } = estimate({ ...plain, prompt: 'a red bicycle on the pier' });

    expect(perImage.upper.output).toBe(196 * 18_360);
    expect(creditsUpper).toBe(3_599 + 175);
    expect(creditsUpper).toBeGreaterThan(3_682);
  });

  test('references and text are charged for each image', () => {
    const one = estimate({ ...plain, references: 2, prompt: 'a cat' });
    const three = estimate({ ...plain, references: 2, prompt: 'a cat', n: 3 });

    expect(one).toMatchObject({ outputTokens: 196, referenceTokens: 3072, textTokensUpper: 37, images: 1 });
    expect(three.tenMillionthsUpper).toBe(3 * one.tenMillionthsUpper);
    expect(three).toMatchObject({ outputTokens: 196, referenceTokens: 3072, textTokensUpper: 37, images: 3 });
  });

  test('auto: likely 2048², held 2880², not capped', () => {
    const auto = estimate({ ...plain, size: 'auto', quality: 'high' });

    expect(auto).toMatchObject({ outputTokens: 23_719, outputTokensLikely: 14_272, capped: false });
    expect(auto).not.toHaveProperty('width');
    expect(auto.tenMillionthsLikely).toBe(14_272 * 18_360);
  });

  test('pixels, a ratio and explicit text agree', () => {
    const byPixels = estimate({ ...plain, size: undefined, width: 1360, height: 768 });

    expect(estimate({ ...plain, size: '16:9' })).toEqual(byPixels);
    expect(estimate({ ...plain, size: '1360×768' })).toEqual(byPixels);
    expect(byPixels).toMatchObject({ width: 1360, height: 768, capped: true });
  });

  test.each([
    ['gpt-image-2', 1756],
    ['gpt-image-2.5-flare', 439],
    ['gpt-image-1.5', 4160],
  ])('%s has a default quality of its own', (model, expected) => {
    expect(estimate({ ...plain, model, quality: undefined }).outputTokens).toBe(expected);
  });

  test('a model that writes text beside the image is held for it, and not capped', () => {
    const written = estimate({ ...plain, model: 'gpt-image-1.5', size: '3:2', quality: 'high' });

    expect(written).toMatchObject({ width: 1536, height: 1024, outputTokens: 6208, textOutputTokens: 1024 });
    expect(written.creditsUpper).toBe(121_578 + 6_267);
    expect(written.creditsLikely).toBe(121_578 + 2_051);
    expect(written.capped).toBe(false);
  });

  test.each([
    ['1K', 10_200],
    ['2K', 17_340],
    ['4K', 26_520],
  ] as const)('a model billed per call costs its price of the tier: %s is %i units', (resolution, expected) => {
    const call = estimate({ ...plain, model: 'gpt-image-2-beta', resolution, references: 3, prompt: 'a cat' });

    expect(call.creditsUpper).toBe(expected);
    expect(call.creditsLikely).toBe(expected);
    expect(call).toMatchObject({ outputTokens: 0, referenceTokens: 0, textTokensUpper: 0, capped: true });
  });

  test('another price table gives other prices and its own version', () => {
    const row = modelPrices('gpt-image-2');
    const dearer: PriceTable = {
      ...DEFAULT_PRICES,
      version: 'dearer',
      models: { 'gpt-image-2': { ...row, imageOutput: 20_000 } as typeof row },
    };

    expect(estimate(plain, dearer)).toMatchObject({ tenMillionthsUpper: 196 * 20_000, priceTable: 'dearer' });
    expect(estimate({ ...plain, model: 'gpt-image-2-beta' }, dearer)).toMatchObject({
      creditsUpper: 10_200,
      priceTable: DEFAULT_PRICES.version,
    });
  });

  test('refuses a price that is not a whole number', () => {
    const row = modelPrices('gpt-image-2');
    const broken = { ...DEFAULT_PRICES, models: { 'gpt-image-2': { ...row, textInput: 0.5 } as typeof row } };

    expect(() => estimate(plain, broken)).toThrow(RangeError);
  });

  test.each([
    [{ model: 'gpt-image-9' }],
    [{ model: 'constructor' }],
    [{ quality: 'xhigh' }],
    [{ model: 'gpt-image-1.5', size: '16:9' }],
    [{ n: 1.5 }],
    [{ n: -1 }],
    [{ references: -1 }],
    [{ size: '7:5' }],
    [{ n: Number.MAX_SAFE_INTEGER }],
  ])('refuses %j', (change) => {
    expect(() => estimate({ ...plain, ...change })).toThrow(RangeError);
  });

  test('every model has prices, and every price a model', () => {
    expect(Object.keys(DEFAULT_PRICES.models).sort()).toEqual(namesOf(MODELS).sort());
  });

  const edge = fc.integer({ min: 1, max: 240 }).map((steps) => steps * 16);
  const pixels = fc.tuple(edge, edge).filter(([width, height]) => isValidSize(width, height));
  const input = fc.constantFrom(...MODELS).chain((model) =>
    fc.record({
      model: fc.constant(model.name),
      size: fc.oneof(
        fc.constantFrom(...model.sizes),
        model.explicitPixels ? pixels.map(([width, height]) => `${width}x${height}`) : fc.constantFrom(...model.sizes),
      ),
      resolution: fc.constantFrom(...model.resolutions),
      quality: fc.constantFrom(undefined, ...qualitiesOf(model)),
      n: fc.integer({ min: 1, max: model.maxImages }),
      references: fc.integer({ min: 0, max: model.maxReferences }),
      prompt: fc.string({ unit: 'binary', maxLength: 2000 }),
    }),
  );

  test('is whole numbers only, likely within upper, credits at least the exact price', () => {
    fc.assert(
      fc.property(input, (request) => {
        const result = estimate(request);
        const numbers = Object.values(result).filter((value) => typeof value === 'number');

        expect(numbers.every((value) => Number.isSafeInteger(value) && value >= 0)).toBe(true);
        expect(result.creditsLikely).toBeLessThanOrEqual(result.creditsUpper);
        expect(result.creditsUpper * 1000).toBeGreaterThanOrEqual(result.tenMillionthsUpper);
      }),
    );
  });
});
