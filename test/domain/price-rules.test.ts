import { readModels } from '../../domain/model-rules';
import { withModels } from '../../domain/models';
import { comparePrices, type PublicPrices } from '../../domain/price-comparison';
import { readPriceTable } from '../../domain/price-rules';
import { DEFAULT_PRICES, modelPrices } from '../../domain/prices';

const words = { version: 'acme-1', date: '2027-01-01', source: 'contract' };
const row = DEFAULT_PRICES.models['gpt-image-2'];

describe('a price table of JSON', () => {
  test.each([{}, DEFAULT_PRICES.models, { 'gpt-image-2': row }])('may have prices for %j', (models) => {
    expect(readPriceTable({ ...words, models }).problems).toEqual([]);
  });

  test('is told everything that is wrong with it', () => {
    const models = {
      'gpt-image-2': { ...row, imageOutput: 0.5, seed: 1 },
      'gpt-image-2-beta': { billing: 'per_call', call: { '1K': 1 } },
      'gpt-image-1.5': { billing: 'per_second' },
    };

    expect(readPriceTable({ ...words, version: '', models }).problems).toEqual([
      expect.stringMatching(/^version must have/),
      expect.stringMatching(/^models\.gpt-image-2\.seed is no kind of token/),
      expect.stringMatching(/^models\.gpt-image-2\.imageOutput must be a whole number/),
      expect.stringMatching(/^models\.gpt-image-2-beta\.call\.2K must be/),
      expect.stringMatching(/^models\.gpt-image-2-beta\.call\.4K must be/),
      'models.gpt-image-1.5.billing must be per_token or per_call, got per_second',
    ]);
  });

  test('refuses prices of a model that there is not: a misspelt name would keep the packaged price', () => {
    expect(readPriceTable({ ...words, models: { 'gpt-image-2-bata': row } }).problems).toEqual([
      expect.stringMatching(/^models\.gpt-image-2-bata is no known model/),
    ]);
  });

  test('must have the prices of models that the package has none for, by which their tokens can be counted', () => {
    const rows = [{ name: 'gpt-image-3', sizes: ['1:1'], maxPromptCodePoints: 100 }];
    const models = withModels(readModels(rows).models);

    expect(readPriceTable({ ...words, models: {} }, models).problems).toEqual([
      'models.gpt-image-3 is missing: the package has no price for this model',
    ]);
    expect(readPriceTable({ ...words, models: { 'gpt-image-3': row } }, models).problems).toEqual([
      expect.stringMatching(/^models\.gpt-image-3 is billed per_token, but the model has no qualities/),
    ]);
  });
});

describe('the comparison with public prices', () => {
  const rates = {
    imageOutput: '18360',
    imageInput: '4896',
    imageCachedInput: '1224',
    textInput: '3060',
    textCachedInput: '765',
  };
  const compare = (change: Partial<PublicPrices['rates']>, otherTerms: string[] = []) =>
    comparePrices(modelPrices('gpt-image-2'), {
      model: 'gpt-image-2',
      rates: Object.fromEntries(Object.entries({ ...rates, ...change }).filter(([, rate]) => rate !== undefined)),
      otherTerms,
    });

  test('finds none where all are equal', () => {
    expect(compare({})).toEqual([]);
  });

  test.each<[object, object]>([
    [{ imageOutput: '18361' }, { what: 'imageOutput', ours: '18360', theirs: '18361' }],
    [{ textInput: '3060.5' }, { what: 'textInput', ours: '3060', theirs: '3060.5' }],
    [{ textInput: undefined }, { what: 'textInput', ours: '3060', theirs: null }],
    [{ textOutput: '6120' }, { what: 'textOutput', ours: null, theirs: '6120' }],
  ])('%j differs', (change, difference) => {
    expect(compare(change)).toEqual([difference]);
  });

  test('counts terms that rates do not say', () => {
    expect(compare({}, ['imageOutput: tiers'])).toEqual([{ what: 'imageOutput: tiers', ours: null, theirs: null }]);
  });

  test('a call is compared by tier', () => {
    const published = { model: 'x', otherTerms: [], rates: { '1K': '10200000', '2K': '17340000', '4K': '26520000' } };

    expect(comparePrices(modelPrices('gpt-image-2-beta'), published)).toEqual([]);
  });
});
