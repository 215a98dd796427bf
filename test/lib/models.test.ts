import { ENV } from '../../domain/constants';
import { readModels } from '../../domain/model-rules';
import type { ModelLimits } from '../../domain/models';
import { DEFAULT_PRICES } from '../../domain/prices';
import { type ImageModel, ModelPrices, type PriceTable } from '../../lib';
import { build, environment, flatten, resource, synth } from './support';

const models: ImageModel[] = [{ name: 'gpt-image-3', like: 'gpt-image-2', qualities: { draft: 8, fine: 64 } }];
const prices: PriceTable = {
  ...{ version: 'acme-1', date: '2027-01-01', source: 'contract' },
  models: {
    'gpt-image-3': ModelPrices.perToken({
      ...{ imageOutput: 20_000, imageInput: 5_000, imageCachedInput: 1_000, textInput: 3_000, textCachedInput: 700 },
      textOutput: 6_000,
    }),
  },
};
const given = (props: object) => () => build(() => props);

test('reach the function that validates, and no other, as whole rows', () => {
  const { json } = synth(() => ({ models, prices }));
  const rows = JSON.parse(environment(json, 'Validate')[ENV.models] as string) as ModelLimits[];

  expect(rows).toEqual(readModels(models).models);
  for (const name of ['Submit', 'Callback', 'Reconcile'])
    expect(environment(json, name)).not.toHaveProperty(ENV.models);
  expect(JSON.parse(environment(json, 'Reconcile')[ENV.priceTable] as string)).toMatchObject({
    models: { 'gpt-image-3': { billing: 'per_token', imageOutput: 20_000, textOutput: 6_000 } },
  });
});

test('are on the dashboard with their prices, beside the packaged ones', () => {
  const body = flatten(
    resource(synth(() => ({ models, prices })).json, 'AWS::CloudWatch::Dashboard').Properties.DashboardBody,
  );

  expect(body).toContain('"Model","gpt-image-3","Quality","draft"');
  expect(body).toContain('| gpt-image-3 | 1,000 tokens of a picture | 2 |');
  expect(body).toContain('| gpt-image-3 | 1,000 tokens of text beside it | 0.6 |');
  expect(body).toContain('| gpt-image-2-beta | image of 1K | 1.02 |');
});

test('may be the default of requests, with their qualities', () => {
  const defaults = { model: 'gpt-image-3', quality: 'fine' };

  expect(given({ models, prices, defaults })).not.toThrow();
  expect(given({ defaults })).toThrow('Stack/Images: defaults.model must be one of gpt-image-2,');
  expect(given({ defaults: { quality: 'fine' } })).toThrow('Stack/Images: defaults.quality must be one of low,');
});

test('everything that is wrong with them is told at once', () => {
  const wrong = [{ name: 'a b', maxImages: 11 }, { like: 'gpt-image-9' }];

  expect(given({ models: wrong })).toThrow(
    /models\[0\]\.name must be .*\n.*models\[0\]\.maxImages must be .*\n.*models\[1\]\.like must be one of/,
  );
  expect(given({ models: 'gpt-image-3' })).toThrow('Stack/Images: models must be a list of models');
});

test.each<[string, object, string]>([
  ['a model without prices', { models }, 'prices.models.gpt-image-3 is missing'],
  ['prices without their model', { prices }, 'prices.models.gpt-image-3 is no known model'],
  [
    'prices by tokens of a model without qualities',
    { models: [{ name: 'gpt-image-3', sizes: ['1:1'], maxPromptCodePoints: 100 }], prices },
    'prices.models.gpt-image-3 is billed per_token, but the model has no qualities',
  ],
])('%s: refused', (_, props, problem) => {
  expect(given(props)).toThrow(`Stack/Images: ${problem}`);
});

test('prices of some models leave the others at the packaged ones', () => {
  const some = { ...prices, models: { 'gpt-image-2-beta': ModelPrices.perCall({ oneK: 1, twoK: 2, fourK: 3 }) } };
  const { json } = synth(() => ({ prices: some }));

  expect(Object.keys(DEFAULT_PRICES.models)).not.toHaveLength(1);
  expect(JSON.parse(environment(json, 'Validate')[ENV.priceTable] as string)).toMatchObject({
    models: { 'gpt-image-2-beta': { call: { '1K': 1 } } },
  });
});

test('more models than a function’s environment holds are refused at synthesis', () => {
  const long = Array.from({ length: 10 }, (_, index) => ({ name: `${'m'.repeat(60)}-${index}`, like: 'gpt-image-2' }));
  const row = prices.models['gpt-image-3'];
  const table = { ...prices, models: Object.fromEntries(long.map(({ name }) => [name, row])) };

  expect(given({ models: long, prices: table })).toThrow(/must fit into the 4096 bytes .* models or reference buckets/);
});
