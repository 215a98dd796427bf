/** Sheet 2.5.5 and 6.1: the public price rules, and what happens when a price changes. */
import { call, complete, start } from './support/simulator';

const ALL = '/v1/catalog/pricing-rules';
const ofModel = (model: string) => `/v1/catalog/models/${model}/pricing-rules?view=full`;
const ANONYMOUS = { key: null };

const rule = async (simulator: Awaited<ReturnType<typeof start>>, model = 'gpt-image-2') =>
  (await call(simulator, 'GET', ofModel(model), undefined, ANONYMOUS)).body;

describe('the public price rules', () => {
  it('need no key, and say when they are of and until when they hold (sheet 6.1)', async () => {
    const simulator = await start();
    const { meta, model } = await rule(simulator);
    expect(meta).toMatchObject({
      schema_version: '2',
      price_scope: 'public_default',
      currency: 'USD',
      exchange_rate_version: 'pricing-fx/v1:USD-CNY=6.8',
    });
    const now = simulator.clock.now();
    expect(Date.parse(meta.updated_at)).toBeLessThanOrEqual(now);
    expect(Date.parse(meta.fresh_until)).toBeGreaterThan(now);
    expect(model).toMatchObject({
      model_id: 'gpt-image-2',
      operation: 'image_generation',
      settlement_basis: 'actual_usage',
      policy_version: 1,
      policy_checksum: '4bd2b967255966a6a585c997cdc97ef1fb4af3ef82fda9856117c6e4aaf9cbcd',
    });
  });

  it('of gpt-image-2 are those of October 2026, to the digit (sheet 6.1)', async () => {
    const { model } = await rule(await start());
    const figures = model.components.map((one: { id: string; sku_id: string; rate: Record<string, string> }) => [
      one.id,
      one.sku_id,
      one.rate.uc,
      one.rate.credits,
      one.rate.cny,
      one.rate.usd,
    ]);
    expect(figures).toEqual([
      ['image_input', '4110', '4896', '0.4896', '0.04896', '0.0072'],
      ['image_cached_input', '4111', '1224', '0.1224', '0.01224', '0.0018'],
      ['image_output', '4112', '18360', '1.836', '0.1836', '0.027'],
      ['text_input', '4113', '3060', '0.306', '0.0306', '0.0045'],
      ['text_cached_input', '4114', '765', '0.0765', '0.00765', '0.001125'],
    ]);
    expect(model.components[2]).toEqual({
      id: 'image_output',
      role: 'image_output',
      label_key: 'image_output_tokens',
      dimension: 'output_token',
      sku_id: '4112',
      unit: '1k_tokens',
      billing_unit_size: 1000,
      display_unit_size: 1_000_000,
      rate: { uc: '18360', credits: '1.836', cny: '0.1836', usd: '0.027' },
      minimum_charge: { uc: '0', credits: '0', cny: '0', usd: '0' },
      billing_rule: 'per_1k_tokens',
      pricing_status: 'available',
      effective_at: '2026-08-25T22:31:41.055Z',
      condition: {
        op: 'gt',
        args: [
          { op: 'variable', name: 'image_output_tokens' },
          { op: 'constant', value: '0' },
        ],
      },
      quantity_rule: {
        op: 'divide',
        args: [
          { op: 'variable', name: 'image_output_tokens' },
          { op: 'constant', value: '1000' },
        ],
      },
      rounding: { point: 'per_component_subtotal', mode: 'ceil' },
      tiers: [],
    });
    expect(model.parameters).toContainEqual({ name: 'text_input_tokens', type: 'integer', minimum: '0', default: '0' });
  });

  it('of the other models follow sheet 1.5 and 1.6', async () => {
    const simulator = await start();
    const uc = async (model: string) =>
      Object.fromEntries(
        (await rule(simulator, model)).model.components.map((one: { id: string; rate: { uc: string } }) => [
          one.id,
          one.rate.uc,
        ]),
      );
    expect(await uc('gpt-image-1.5')).toMatchObject({ image_output: '19584', text_output: '6120' });
    expect(await uc('gpt-image-2.5-flare')).toEqual(await uc('gpt-image-2'));
    expect(await uc('gpt-image-2-beta')).toEqual({ output_image: '10200' });
    expect((await rule(simulator, 'gpt-image-2-beta')).model).toMatchObject({
      settlement_basis: 'request_only',
      parameters: [{ name: 'billing_tier', values: ['1K', '2K', '4K'] }],
      components: [
        { rounding: { mode: 'half_up' }, quantity_rule: { values: { '1K': '1', '2K': '1.7', '4K': '2.6' } } },
      ],
    });
  });

  it('are listed together, and filtered', async () => {
    const simulator = await start();
    const models = async (search = '') =>
      (await call(simulator, 'GET', `${ALL}${search}`, undefined, ANONYMOUS)).body.models.map(
        (one: { model_id: string }) => one.model_id,
      );
    expect(await models()).toHaveLength(5);
    expect(await models('?product_id=gpt-image-2-5')).toEqual(['gpt-image-2.5-flare', 'gpt-image-2.5-sunburst']);
    expect(await models('?modality=video')).toEqual([]);
  });

  it.each(['gpt-image-2.6', 'constructor', '%E0%A4%A'])('answer 404 for %s', async (model) => {
    const simulator = await start();
    expect((await call(simulator, 'GET', ofModel(model), undefined, ANONYMOUS)).status).toBe(404);
  });

  it('have an ETag that holds until they change', async () => {
    const simulator = await start();
    const first = await call(simulator, 'GET', ofModel('gpt-image-2'), undefined, ANONYMOUS);
    const headers = { 'if-none-match': first.headers.get('etag') ?? '' };
    expect((await call(simulator, 'GET', ofModel('gpt-image-2'), undefined, { key: null, headers })).status).toBe(304);
    simulator.setRate({ model: 'gpt-image-2', component: 'image_output', uc: '20000' });
    const changed = await call(simulator, 'GET', ofModel('gpt-image-2'), undefined, { key: null, headers });
    expect(changed.status).toBe(200);
    expect(changed.headers.get('etag')).not.toBe(first.headers.get('etag'));
  });

  it('can fail', async () => {
    const simulator = await start();
    simulator.script({ times: 1, prices: { status: 503 } });
    expect((await call(simulator, 'GET', ALL, undefined, ANONYMOUS)).status).toBe(503);
    expect((await call(simulator, 'GET', ALL, undefined, ANONYMOUS)).status).toBe(200);
  });
});

describe('a changed price', () => {
  it('is in the rules, in holds and in charges, with another checksum', async () => {
    const simulator = await start();
    const before = (await rule(simulator)).model.policy_checksum;
    simulator.setRate({ model: 'gpt-image-2', component: 'image_output', uc: '20000.5' });
    const { model } = await rule(simulator);
    expect(model.policy_checksum).toMatch(/^[0-9a-f]{64}$/);
    expect(model.policy_checksum).not.toBe(before);
    expect(model.components[2].rate).toMatchObject({ uc: '20000.5', credits: '2.00005' });
    const { body } = await complete(simulator, { size: '1:1', prompt: 'x'.repeat(80) });
    // 1756 × 20.0005 = 35120.878 → 35121, and 83 of text.
    expect(body.usage).toMatchObject({ credits_reserved: 3.5121, credits_used: 3.5204 });
    simulator.reset();
    expect((await rule(simulator)).model.policy_checksum).toBe(before);
  });

  it('of the beta model is that of a call', async () => {
    const simulator = await start();
    simulator.setRate({ model: 'gpt-image-2-beta', component: 'output_image', uc: '12000' });
    expect((await complete(simulator, { model: 'gpt-image-2-beta' })).body.usage.credits_used).toBe(1.2);
    expect((await rule(simulator, 'gpt-image-2-beta')).model.components[0].rate.usd).toBe('0.01764706');
  });

  it.each([
    [{ model: 'gpt-image-9', component: 'image_output', uc: '1' }],
    [{ model: 'gpt-image-2', component: 'text_output', uc: '1' }],
    [{ model: 'gpt-image-2-beta', component: 'image_output', uc: '1' }],
    [{ model: 'gpt-image-2-beta', component: 'output_image', uc: '1.5' }],
    [{ model: 'gpt-image-2', component: 'image_output', uc: '-1' }],
    [{ model: 'gpt-image-2', component: 'image_output', uc: 18_360 }],
  ])('that makes no sense is refused: %j', async (change) => {
    const simulator = await start();
    expect(() => simulator.setRate(change as never)).toThrow(RangeError);
  });
});
