import type { PublicPrices } from '../../../domain/price-comparison';
import { amountsOf, DEFAULT_PRICES, type ModelPrices, type PriceTable } from '../../../domain/prices';
import { EvolinkServerError } from '../../../evolink';
import { checkPrices } from '../../../lambda/reconcile/price-check';
import { captureOutput } from '../../support/output';
import { TestPipeline } from '../../support/pipeline';

const output = captureOutput();
const HOUR = 3_600_000;
const MODELS = Object.keys(DEFAULT_PRICES.models);

const published = (model: string, row: ModelPrices, change: Record<string, string> = {}): PublicPrices => ({
  model,
  rates: {
    ...Object.fromEntries(Object.entries(amountsOf(row)).map(([kind, rate]) => [kind, String(rate)])),
    ...change,
  },
  otherTerms: [],
  checksum: 'ab'.repeat(32),
});

/** A pipeline for which EvoLink's public prices are the packaged ones. */
function setUp(prices?: PriceTable) {
  const pipeline = new TestPipeline();
  for (const [model, row] of Object.entries(DEFAULT_PRICES.models)) {
    pipeline.evolink.priceRules.set(model, published(model, row));
  }
  const check = () => checkPrices({ ...pipeline.dependencies(), prices });
  const dearer = (model: string, rate = '20000') =>
    pipeline.evolink.priceRules.set(model, published(model, DEFAULT_PRICES.models[model], { imageOutput: rate }));
  return { pipeline, check, dearer };
}

const values = () => output.valuesOf('PriceDifferences').map(({ value }) => value);

test('equal prices are 0 differences; asked once a day, told at every run', async () => {
  const { pipeline, check } = setUp();
  const first = await check();
  for (let run = 0; run < 3; run++) {
    pipeline.time += HOUR;
    expect(await check()).toEqual(first);
  }

  expect(first.models.map(({ model, state }) => [model, state])).toEqual(MODELS.map((model) => [model, 'equal']));
  expect(pipeline.evolink.pricesAsked).toEqual(MODELS);
  expect(values()).toEqual([0, 0, 0, 0]);

  pipeline.time += 21 * HOUR;
  await check();
  expect(pipeline.evolink.pricesAsked).toHaveLength(2 * MODELS.length);
});

test('each rate that differs is counted, and told with both prices', async () => {
  const { check, dearer } = setUp();
  dearer('gpt-image-2');
  dearer('gpt-image-2.5-flare', '18360.5');
  const { models } = await check();

  expect(values()).toEqual([2]);
  expect(models.find(({ model }) => model === 'gpt-image-2')).toEqual({
    model: 'gpt-image-2',
    state: 'different',
    own: false,
    differences: [{ what: 'imageOutput', ours: '18360', theirs: '20000' }],
    checksum: 'ab'.repeat(32),
  });
  expect(output.logs().filter(({ level }) => level === 'WARN')).toHaveLength(2);
});

test('a price of one’s own that differs is told, but not counted: a contract is not the public price', async () => {
  const row = { ...DEFAULT_PRICES.models['gpt-image-2'], imageOutput: 10_000 } as ModelPrices;
  const { check } = setUp({ ...DEFAULT_PRICES, version: 'acme-1', models: { 'gpt-image-2': row } });
  const { models } = await check();

  expect(models.find(({ model }) => model === 'gpt-image-2')).toMatchObject({ state: 'different', own: true });
  expect(values()).toEqual([0]);
});

test('other prices are compared at once', async () => {
  const { pipeline, check } = setUp();
  await check();
  pipeline.time += HOUR;
  const row = { ...DEFAULT_PRICES.models['gpt-image-2'], imageOutput: 10_000 } as ModelPrices;
  await checkPrices({ ...pipeline.dependencies(), prices: { ...DEFAULT_PRICES, models: { 'gpt-image-2': row } } });

  expect(pipeline.evolink.pricesAsked).toHaveLength(2 * MODELS.length);
});

describe('a price that cannot be read', () => {
  test('leaves open whether all are equal, and is asked for again after an hour', async () => {
    const { pipeline, check } = setUp();
    pipeline.evolink.priceRules.set('gpt-image-2', new EvolinkServerError('500', {}));
    const { models } = await check();
    pipeline.time += HOUR - 1;
    await check();

    expect(models.find(({ model }) => model === 'gpt-image-2')).toMatchObject({
      state: 'unreadable',
      error: 'EvolinkServerError: 500',
    });
    expect(values()).toEqual([]);
    expect(pipeline.evolink.pricesAsked).toHaveLength(MODELS.length);

    pipeline.time += 1;
    pipeline.evolink.priceRules.set('gpt-image-2', published('gpt-image-2', DEFAULT_PRICES.models['gpt-image-2']));
    await check();
    expect(values()).toEqual([0]);
  });

  test('hides no difference of another', async () => {
    const { pipeline, check, dearer } = setUp();
    pipeline.evolink.priceRules.set('gpt-image-2', new EvolinkServerError('500', {}));
    dearer('gpt-image-1.5');
    await check();

    expect(values()).toEqual([1]);
  });

  test('for a reason that is a bug: it is thrown', async () => {
    const { pipeline, check } = setUp();
    pipeline.evolink.priceRules.set('gpt-image-2', new TypeError('a bug'));

    await expect(check()).rejects.toThrow('a bug');
  });
});

test('a model without a public price does not keep the others from being equal', async () => {
  const { pipeline, check } = setUp();
  pipeline.evolink.priceRules.delete('gpt-image-2-beta');
  const { models } = await check();

  expect(models.find(({ model }) => model === 'gpt-image-2-beta')?.state).toBe('unpublished');
  expect(values()).toEqual([0]);
});

test('without any public price nothing is told', async () => {
  const { pipeline, check } = setUp();
  pipeline.evolink.priceRules.clear();
  await check();

  expect(values()).toEqual([]);
});
