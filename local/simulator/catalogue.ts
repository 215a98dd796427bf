/**
 * The public price rules: `GET /v1/catalog/pricing-rules` and `GET /v1/catalog/models/{model}/pricing-rules`, in the shape
 * of a reply of October 2026. Anonymous, with an ETag.
 */
import { createHash } from 'node:crypto';
import { ApiError } from './api-error';
import { RATE_STEPS, TOKEN_KINDS, type TokenKind } from './billing';
import type { Call, Reply } from './http';
import { MODEL_NAMES, MODELS, modelOf, type Model } from './models';
import type { Prices } from './prices';

type Json = Readonly<Record<string, unknown>>;

export const CATALOGUE_ROUTE = /^\/v1\/catalog\/(?:models\/([^/]+)\/)?pricing-rules$/;

/** 10^-4 credit in a dollar, a yuan and a credit: the published constants. */
const UNITS = { credits: 10_000, cny: 100_000, usd: 680_000 };

/** As the service was seen to: four and a half minutes. */
const FRESH_MS = 266_000;

/** What a reply is made anew for, and with it its ETag: rules change rarely, their time every minute. */
const REFRESH_MS = 60_000;

const DIMENSIONS: Readonly<Record<TokenKind, string>> = {
  image_input: 'input_token',
  image_cached_input: 'cache_read_token',
  image_output: 'output_token',
  text_input: 'input_token',
  text_cached_input: 'cache_read_token',
  text_output: 'output_token',
};

export class Catalogue {
  constructor(private readonly prices: Prices) {}

  serve(call: Call, now: number): Reply {
    const name = CATALOGUE_ROUTE.exec(call.url.pathname)?.[1];
    const content = name === undefined ? { models: this.filtered(call.url.searchParams) } : { model: this.one(name) };
    const body = { meta: this.meta(now), ...content };
    const etag = `"${sha256(JSON.stringify(body)).slice(0, 32)}"`;
    const headers = { etag, 'cache-control': 'public, max-age=60' };
    if (call.headers['if-none-match'] === etag) return { status: 304, body: '', headers };
    return { status: 200, body, headers };
  }

  private one(name: string): Json {
    const model = modelOf(name);
    if (model === undefined) throw ApiError.of(404, { message: 'There are no price rules of this model' });
    return this.rule(model);
  }

  private filtered(query: URLSearchParams): readonly Json[] {
    const rules = MODEL_NAMES.map((name) => this.rule(MODELS[name]));
    const filters = ['product_id', 'operation', 'modality', 'lifecycle'];
    return rules.filter((rule) => filters.every((field) => [null, rule[field]].includes(query.get(field))));
  }

  private meta(now: number): Json {
    const updatedAt = now - (now % REFRESH_MS);
    const version = sha256(JSON.stringify(MODEL_NAMES.map((name) => this.components(MODELS[name])))).slice(0, 24);
    return {
      schema_version: '2',
      catalog_version: `cat_${version}`,
      pricing_version: `prc_${version}`,
      price_scope: 'public_default',
      currency: 'USD',
      exchange_rate_version: 'pricing-fx/v1:USD-CNY=6.8',
      updated_at: new Date(updatedAt).toISOString(),
      fresh_until: new Date(updatedAt + FRESH_MS).toISOString(),
    };
  }

  private rule(model: Model): Json {
    const components = this.components(model);
    const changed = this.prices.isChanged(model);
    return {
      model_id: model.name,
      product_id: model.productId,
      operation: 'image_generation',
      modality: 'image',
      lifecycle: 'active',
      pricing_status: 'available',
      settlement_basis: model.billing === 'per_call' ? 'request_only' : 'actual_usage',
      policy_version: changed ? 2 : 1,
      // How EvoLink computes it is not known: the real one of the real rule, another one of every other rule.
      policy_checksum: changed ? sha256(JSON.stringify(components)) : model.policyChecksum,
      policy_source: 'published',
      parameters: parametersOf(model),
      components,
    };
  }

  private components(model: Model): readonly Json[] {
    if (model.billing === 'per_call') return [this.callComponent(model)];
    const rates = this.prices.rates(model);
    return pricedKinds(model).map((kind, index) => ({
      id: kind,
      role: kind,
      label_key: `${kind}_tokens`,
      dimension: DIMENSIONS[kind],
      sku_id: String(model.firstSku + index),
      unit: '1k_tokens',
      billing_unit_size: 1000,
      display_unit_size: 1_000_000,
      rate: amounts(rates[kind] ?? 0),
      minimum_charge: amounts(0),
      billing_rule: 'per_1k_tokens',
      pricing_status: 'available',
      effective_at: model.effectiveAt,
      condition: { op: 'gt', args: [variable(`${kind}_tokens`), { op: 'constant', value: '0' }] },
      quantity_rule: { op: 'divide', args: [variable(`${kind}_tokens`), { op: 'constant', value: '1000' }] },
      rounding: { point: 'per_component_subtotal', mode: 'ceil' },
      tiers: [],
    }));
  }

  private callComponent(model: Model): Json {
    const price = amounts(this.prices.call(model) * RATE_STEPS);
    return {
      id: 'output_image',
      role: 'output_image',
      dimension: 'image_output',
      sku_id: String(model.firstSku),
      unit: 'image',
      billing_unit_size: 1,
      display_unit_size: 1,
      rate: price,
      minimum_charge: price,
      billing_rule: 'per_call',
      pricing_status: 'available',
      effective_at: model.effectiveAt,
      quantity_rule: { op: 'lookup', key: variable('billing_tier'), values: { '1K': '1', '2K': '1.7', '4K': '2.6' } },
      rounding: { point: 'per_component_subtotal', mode: 'half_up' },
      tiers: [],
    };
  }
}

function pricedKinds(model: Model): readonly TokenKind[] {
  return TOKEN_KINDS.filter((kind) => Object.hasOwn(model.rates, kind));
}

function parametersOf(model: Model): readonly Json[] {
  if (model.billing === 'per_call') {
    return [{ name: 'billing_tier', type: 'enum', values: ['1K', '2K', '4K'], default: '1K' }];
  }
  return pricedKinds(model).map((kind) => ({ name: `${kind}_tokens`, type: 'integer', minimum: '0', default: '0' }));
}

function variable(name: string): Json {
  return { op: 'variable', name };
}

/** A rate of so many steps of 10^-4 uc, in the four units; dollars have eight decimals at most. */
function amounts(steps: number): Json {
  const inUnit = (unit: number, decimals: number): string => decimalText(steps / RATE_STEPS / unit, decimals);
  return {
    uc: inUnit(1, 4),
    credits: inUnit(UNITS.credits, 8),
    cny: inUnit(UNITS.cny, 9),
    usd: inUnit(UNITS.usd, 8),
  };
}

function decimalText(value: number, decimals: number): string {
  return value.toFixed(decimals).replace(/\.?0+$/, '');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
