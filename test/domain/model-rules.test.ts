import { estimate } from '../../domain/estimate';
import { readModels } from '../../domain/model-rules';
import { fieldsSent, findModel, MODELS, withModels } from '../../domain/models';
import { DEFAULT_PRICES, type PriceTable } from '../../domain/prices';
import { validateRequest } from '../../domain/request';

const problemsOf = (...rows: unknown[]) => readModels(rows).problems;
const whole = { name: 'gpt-image-3', sizes: ['1:1', '16:9'], maxPromptCodePoints: 4_000 };

test.each(MODELS.map((model) => [model.name, model] as const))('the packaged row of %s keeps the rules', (_, model) => {
  expect(readModels([model])).toEqual({ models: [model], problems: [] });
});

test('a packaged name replaces what it names and keeps the rest', () => {
  const { models } = readModels([{ name: 'gpt-image-2', maxImages: 1, qualities: { low: 16, high: 96 } }]);

  expect(models).toEqual([
    { ...findModel('gpt-image-2'), maxImages: 1, qualities: { low: 16, high: 96 }, defaultQuality: 'low' },
  ]);
  expect(withModels(models)).toHaveLength(MODELS.length);
  expect(findModel('gpt-image-2', withModels(models))).toMatchObject({ maxImages: 1 });
});

test('a model that is like another has its limits under its own name', () => {
  const { models } = readModels([{ name: 'gpt-image-3', like: 'gpt-image-2.5-flare', maxReferences: 4 }]);

  expect(models).toEqual([{ ...findModel('gpt-image-2.5-flare'), name: 'gpt-image-3', maxReferences: 4 }]);
});

test('a model that is like no other has the fewest fields', () => {
  const [model] = readModels([whole]).models;

  expect(fieldsSent(model)).toEqual(['size']);
  expect(model).toMatchObject({ resolutions: ['1K'], maxImages: 1, maxReferences: 0, qualities: {} });
});

test('everything that is wrong is told at once, with its place', () => {
  const rows = [{ ...whole, name: 'a b', sizes: ['16:10'], seed: 1 }, { ...whole, qualities: { High: 96 } }, 7];

  expect(problemsOf(...rows)).toEqual([
    expect.stringMatching(/^\[0\]\.seed is no property of a model/),
    expect.stringMatching(/^\[0\]\.name must be .*, got "a b"$/),
    expect.stringMatching(/^\[0\]\.sizes must be .*, got \["16:10"\]$/),
    expect.stringMatching(/^\[1\]\.qualities must be/),
    '[2] must be an object, got a number',
  ]);
});

test.each<[object, RegExp]>([
  [{ like: 'gpt-image-9' }, /\.like must be one of gpt-image-2,/],
  [{ sizes: [] }, /\.sizes must be/],
  [{ sizes: ['1:1', '1:1'] }, /\.sizes must be/],
  [{ sizes: ['1024X1024'] }, /\.sizes must be/],
  [{ resolutions: ['8K'] }, /\.resolutions must be/],
  [{ explicitPixels: 1 }, /\.explicitPixels must be/],
  [{ ratioPixels: { '7:5': '1024x1024' } }, /\.ratioPixels must be/],
  [{ qualities: { low: 0 } }, /\.qualities must be/],
  [{ qualities: { low: 16 }, defaultQuality: 'high' }, /\.defaultQuality must be one of low, got "high"/],
  [{ defaultQuality: 'high' }, /\.defaultQuality must be left out/],
  [{ qualities: { low: { '1024x1024': 272 } } }, /\.qualities\.low must have .* lacks 1:1, 16:9/],
  [{ qualities: { low: { '1024x1024': 272 } }, explicitPixels: true }, /\.qualities\.low must be a tile base/],
  [{ maxPromptCodePoints: 60_001 }, /\.maxPromptCodePoints must be/],
  [{ maxImages: 11 }, /\.maxImages must be/],
  [{ maxReferences: 17 }, /\.maxReferences must be/],
  [{ referenceTokens: 0 }, /\.referenceTokens must be/],
  [{ textOutputTokens: { likely: 2, upper: 1 } }, /\.textOutputTokens must be/],
])('%j is refused', (change, problem) => {
  expect(problemsOf({ ...whole, ...change })).toEqual([expect.stringMatching(problem)]);
});

test.each<[unknown, string]>([
  [{}, ' must be a list of models, got an object of 0 fields'],
  [Array<object>(11).fill(whole), ' must have at most 10 models, got 11'],
  [[whole, whole], '[1].name must differ from [0].name, got gpt-image-3'],
  [[{ name: 'gpt-image-3' }], '[0].sizes is missing'],
])('%j is no list of models', (value, problem) => {
  expect(readModels(value).problems).toContain(problem);
});

describe('a model of one’s own', () => {
  const { models } = readModels([
    {
      ...whole,
      sizes: ['16:9', '1:1'],
      qualities: { draft: 8, fine: 64 },
      maxReferences: 2,
      referenceTokens: 2_000,
      textOutputTokens: { likely: 10, upper: 20 },
    },
  ]);
  const prices: PriceTable = {
    ...{ version: 'acme-1', date: '2027-01-01', source: 'contract' },
    models: { 'gpt-image-3': { ...DEFAULT_PRICES.models['gpt-image-2'], textOutput: 1_000 } as never },
  };
  const validate = (input: object) =>
    validateRequest(
      { prompt: 'a cat', ...input },
      { jobId: 'job-1', defaults: { quality: 'medium', size: 'auto' }, allowLoopback: false, models, prices },
    );

  test('is validated, sent and estimated by its row', () => {
    const image_urls = ['https://cdn.example.org/a.png'];
    const result = validate({ model: 'gpt-image-3', image_urls });

    expect(result).toMatchObject({
      kind: 'valid',
      job: {
        // A default that the model does not have gives way to the model's own.
        request: { model: 'gpt-image-3', prompt: 'a cat', size: '16:9', quality: 'draft', image_urls },
        estimate: { width: 1360, height: 768, referenceTokens: 2_000, textOutputTokens: 20, priceTable: 'acme-1' },
      },
    });
    expect(Object.keys(result.kind === 'valid' ? result.job.request : {})).not.toContain('resolution');
  });

  test('is refused what its row does not have', () => {
    const result = validate({ model: 'gpt-image-3', quality: 'high', size: '3:2', n: 2 });

    expect(result.kind === 'invalid' && result.problems.map(({ path, code }) => `${path} ${code}`)).toEqual([
      'size unsupported_by_model',
      'quality unsupported_by_model',
      'n unsupported_by_model',
    ]);
  });

  test('leaves packaged models and their prices as they are', () => {
    expect(validate({ model: 'gpt-image-2', size: '1:1' })).toMatchObject({
      kind: 'valid',
      job: { request: { quality: 'medium' }, estimate: { priceTable: DEFAULT_PRICES.version } },
    });
  });

  test('costs nobody knows without prices', () => {
    const input = { model: 'gpt-image-3', n: 1, references: 0, prompt: '' };
    expect(() => estimate(input, DEFAULT_PRICES, withModels(models))).toThrow('has no prices for gpt-image-3');
  });
});
