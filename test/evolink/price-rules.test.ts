import { comparePrices } from '../../domain/price-comparison';
import { modelPrices, type TokenKind } from '../../domain/prices';
import { readPriceRules } from '../../evolink/price-rules';
import { API_KEY, clientFor, failureOf } from './support/client';
import { closeServers, startServer } from './support/servers';

afterEach(closeServers);

/** In the form of EvoLink's public reply of October 2026. */
function component(id: string, uc: string, more: object = {}) {
  const variable = { op: 'variable', name: `${id}_tokens` };
  return {
    id,
    role: id,
    unit: '1k_tokens',
    billing_unit_size: 1000,
    display_unit_size: 1_000_000,
    rate: { uc, credits: '1.836', cny: '0.1836', usd: '0.027' },
    minimum_charge: { uc: '0', credits: '0', cny: '0', usd: '0' },
    billing_rule: 'per_1k_tokens',
    pricing_status: 'available',
    effective_at: '2026-08-25T22:31:41.055Z',
    condition: { op: 'gt', args: [variable, { op: 'constant', value: '0' }] },
    quantity_rule: { op: 'divide', args: [variable, { op: 'constant', value: '1000' }] },
    rounding: { point: 'per_component_subtotal', mode: 'ceil' },
    tiers: [],
    ...more,
  };
}

const TOKENS = [
  component('image_output', '18360'),
  component('image_input', '4896'),
  component('image_cached_input', '1224'),
  component('text_input', '3060'),
  component('text_cached_input', '765'),
];
const CALL = component('output_image', '10200', {
  unit: 'image',
  billing_unit_size: 1,
  minimum_charge: { uc: '10200' },
  quantity_rule: {
    op: 'lookup',
    key: { op: 'variable', name: 'billing_tier' },
    values: { '1K': '1', '2K': '1.7', '4K': '2.6' },
  },
  rounding: { point: 'per_component_subtotal', mode: 'half_up' },
});

const reply = (components: readonly unknown[], model = 'gpt-image-2', meta: object = {}) => ({
  meta: { schema_version: '2', fresh_until: '2026-10-10T06:57:00Z', ...meta },
  model: {
    ...{ model_id: model, policy_version: 1, policy_checksum: 'ab'.repeat(32), settlement_basis: 'actual_usage' },
    components,
  },
});

describe('readPriceRules', () => {
  test('reads rates of tokens as whole 10⁻⁷ credits: the packaged prices', () => {
    const rules = readPriceRules(reply(TOKENS), 'gpt-image-2');

    expect(rules).toMatchObject({
      otherTerms: [],
      checksum: 'ab'.repeat(32),
      version: '1',
      effectiveAt: '2026-08-25T22:31:41.055Z',
    });
    expect(comparePrices(modelPrices('gpt-image-2'), rules!)).toEqual([]);
  });

  test('reads the tiers of a call', () => {
    const rules = readPriceRules(reply([CALL], 'gpt-image-2-beta'), 'gpt-image-2-beta');

    expect(rules?.rates).toEqual({ '1K': '10200000', '2K': '17340000', '4K': '26520000' });
    expect(comparePrices(modelPrices('gpt-image-2-beta'), rules!)).toEqual([]);
  });

  test.each<[string, number, string]>([
    ['18360', 1000, '18360'],
    ['1102.5', 1000, '1102.5'],
    ['18360', 1_000_000, '18.36'],
    ['0.0001', 1, '0.1'],
    ['12345678901234567.5', 1000, '12345678901234567.5'],
  ])('%s for %i tokens is exactly %s', (uc, billing_unit_size, expected) => {
    const rules = readPriceRules(reply([component('image_output', uc, { billing_unit_size })]), 'gpt-image-2');

    expect(rules?.rates).toEqual({ imageOutput: expected });
  });

  test.each<[object, string]>([
    [{ tiers: [{ multiplier: '2' }] }, 'imageOutput: tiers'],
    [{ minimum_charge: { uc: '30' } }, 'imageOutput: a minimum charge'],
    [{ rounding: { point: 'per_quantity', mode: 'ceil' } }, 'imageOutput: another rounding'],
    [{ rounding: { point: 'per_component_subtotal', mode: 'half_up' } }, 'imageOutput: another rounding'],
    [{ pricing_status: 'suspended' }, 'imageOutput: not available'],
  ])('%j is a term that rates do not say', (change, term) => {
    const rules = readPriceRules(reply([component('image_output', '18360', change)]), 'gpt-image-2');

    expect(rules?.otherTerms).toEqual([term]);
  });

  test('keeps a component that it does not know under its own name', () => {
    const kind: TokenKind | 'mask_input' = 'mask_input';
    expect(readPriceRules(reply([component(kind, '1')]), 'gpt-image-2')?.rates).toEqual({ mask_input: '1' });
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['another model', reply(TOKENS, 'gpt-image-1')],
    ['no components', reply([])],
    ['a rate that is no amount', reply([component('image_output', 'soon')])],
    ['a rate as a number', reply([component('image_output', 18_360 as never)])],
    ['a unit of 0', reply([component('image_output', '1', { billing_unit_size: 0 })])],
    ['a unit that is no power of ten', reply([component('image_output', '1', { billing_unit_size: 3 })])],
    ['a call without tiers', reply([{ ...CALL, quantity_rule: { op: 'lookup', values: {} } }])],
  ])('%s is no usable rule', (_, body) => {
    expect(readPriceRules(body, 'gpt-image-2')).toBeUndefined();
  });

  test('a rule that has expired by EvoLink’s own clock is none', () => {
    const until = Date.parse('2026-10-10T06:57:00Z');

    expect(readPriceRules(reply(TOKENS), 'gpt-image-2', until)).toBeDefined();
    expect(readPriceRules(reply(TOKENS), 'gpt-image-2', until + 1)).toBeUndefined();
    expect(
      readPriceRules(reply(TOKENS, 'gpt-image-2', { fresh_until: undefined }), 'gpt-image-2', until),
    ).toBeDefined();
  });
});

describe('getPriceRules', () => {
  const fresh = { fresh_until: '2999-01-01T00:00:00Z' };

  test('asks without the key', async () => {
    const server = await startServer([{ body: reply(TOKENS, 'gpt-image-2', fresh) }]);
    const rules = await clientFor(server.baseUrl).getPriceRules('gpt-image-2');

    expect(server.seen[0]).toMatchObject({
      method: 'GET',
      url: '/v1/catalog/models/gpt-image-2/pricing-rules?view=full',
    });
    expect(server.seen[0]?.headers).not.toHaveProperty('authorization');
    expect(JSON.stringify(server.seen)).not.toContain(API_KEY);
    expect(rules.rates.imageOutput).toBe('18360');
  });

  test('reads more than other replies may have, and not without end', async () => {
    const long = (bytes: number) => ({ body: { ...reply(TOKENS, 'gpt-image-2', fresh), other: 'x'.repeat(bytes) } });
    const server = await startServer([long(1_500_000), long(2_200_000)]);
    const client = clientFor(server.baseUrl);

    await expect(client.getPriceRules('gpt-image-2')).resolves.toMatchObject({ model: 'gpt-image-2' });
    expect((await failureOf(client.getPriceRules('gpt-image-2'))).name).toBe('EvolinkReplyTooLargeError');
  });

  test.each<[number, string]>([
    [404, 'EvolinkNotFoundError'],
    [503, 'EvolinkUnavailableError'],
    [302, 'EvolinkRedirectError'],
    [200, 'EvolinkUnreadableReplyError'],
  ])('%i without a rule is %s', async (status, name) => {
    const server = await startServer([{ status, body: {} }]);

    expect((await failureOf(clientFor(server.baseUrl).getPriceRules('gpt-image-2'))).name).toBe(name);
  });
});
