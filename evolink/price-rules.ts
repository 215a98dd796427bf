/**
 * A model's public price rule: `GET /v1/catalog/models/{model}/pricing-rules?view=full`, which needs no key. Amounts are
 * decimal texts, read exactly; fields that are not known are ignored, terms that are not known are told.
 */
import type { PublicPrices } from '../domain/price-comparison';
import { count, isObject, objectOr, text, type JsonObject } from './json';

/** EvoLink's components by our names. */
const KINDS: Readonly<Record<string, string>> = {
  image_output: 'imageOutput',
  image_input: 'imageInput',
  image_cached_input: 'imageCachedInput',
  text_input: 'textInput',
  text_cached_input: 'textCachedInput',
  text_output: 'textOutput',
};

/** 10⁻⁷ credit in EvoLink's unit of 10⁻⁴. */
const PER_UC = 1_000n;

const LONGEST_NAME = 64;

/**
 * By EvoLink's own clock in epoch milliseconds (`now`); without one the rule's freshness is not judged.
 *
 * @returns undefined for what is no usable rule of this model: another model's, one without rates, or one that has expired
 */
export function readPriceRules(body: unknown, model: string, now?: number): PublicPrices | undefined {
  const meta = objectOr(objectOr(body).meta);
  const rule = objectOr(objectOr(body).model);
  const components = Array.isArray(rule.components) ? rule.components.filter(isObject) : [];
  if (rule.model_id !== model || components.length === 0 || hasExpired(meta.fresh_until, now)) return undefined;

  const rates: Record<string, string> = {};
  const otherTerms: string[] = [];
  for (const component of components) {
    const read = ratesOf(component);
    if (read === undefined) return undefined;
    Object.assign(rates, read);
    otherTerms.push(...termsOf(component));
  }
  return {
    model,
    rates,
    otherTerms,
    checksum: text(rule.policy_checksum)?.slice(0, LONGEST_NAME),
    version: count(rule.policy_version)?.toString(),
    effectiveAt: newest(components),
  };
}

function hasExpired(freshUntil: unknown, now: number | undefined): boolean {
  const until = Date.parse(text(freshUntil) ?? '');
  return now !== undefined && until < now;
}

/** Times of one form sort as they follow each other. */
function newest(components: readonly JsonObject[]): string | undefined {
  const times = components.flatMap(({ effective_at }) => text(effective_at)?.slice(0, LONGEST_NAME) ?? []);
  return times.sort().at(-1);
}

/** By kind of token, or by tier where the price depends on one. @returns undefined for a rate that is no amount */
function ratesOf(component: JsonObject): Record<string, string> | undefined {
  const uc = decimal(objectOr(component.rate).uc);
  const unit = count(component.billing_unit_size);
  if (uc === undefined || unit === undefined || unit === 0) return undefined;
  const quantity = objectOr(component.quantity_rule);
  if (quantity.op !== 'lookup') return withText(kindOf(component), exactText(uc, unit));
  const tiers = Object.entries(objectOr(quantity.values)).map(([tier, multiplier]) => {
    const times = decimal(multiplier);
    return [
      tier,
      times && exactText({ digits: uc.digits * times.digits, scale: uc.scale + times.scale }, unit),
    ] as const;
  });
  return tiers.length > 0 && tiers.every(([, rate]) => rate !== undefined)
    ? (Object.fromEntries(tiers) as Record<string, string>)
    : undefined;
}

const withText = (kind: string, rate: string | undefined) => (rate === undefined ? undefined : { [kind]: rate });

function kindOf({ id }: JsonObject): string {
  const name = text(id)?.slice(0, LONGEST_NAME) ?? 'unnamed';
  return Object.hasOwn(KINDS, name) ? KINDS[name] : name;
}

/** What a rate alone does not say. Rounding up of whole amounts and half-up of them are the same. */
function termsOf(component: JsonObject): string[] {
  const kind = kindOf(component);
  const perTier = objectOr(component.quantity_rule).op === 'lookup';
  const { point, mode } = objectOr(component.rounding);
  const roundsUp = point === 'per_component_subtotal' && (mode === 'ceil' || (perTier && mode === 'half_up'));
  const minimum = text(objectOr(component.minimum_charge).uc);
  const hasTiers = Array.isArray(component.tiers) && component.tiers.length > 0;
  const available = component.pricing_status === undefined || component.pricing_status === 'available';
  return [
    ...(hasTiers ? [`${kind}: tiers`] : []),
    // A call's minimum is its price.
    ...(minimum !== undefined && minimum !== '0' && !perTier ? [`${kind}: a minimum charge`] : []),
    ...(roundsUp ? [] : [`${kind}: another rounding`]),
    ...(available ? [] : [`${kind}: not available`]),
  ];
}

interface Decimal {
  readonly digits: bigint;
  /** Digits behind the point. */
  readonly scale: number;
}

function decimal(value: unknown): Decimal | undefined {
  const match = /^(\d{1,18})(?:\.(\d{1,18}))?$/.exec(text(value) ?? '');
  if (match === null) return undefined;
  const [, whole = '', fraction = ''] = match;
  return { digits: BigInt(whole + fraction), scale: fraction.length };
}

/** 10⁻⁷ credit for one unit. @returns undefined where it is no finite decimal: units are powers of ten */
function exactText({ digits, scale }: Decimal, unit: number): string | undefined {
  if (!/^10*$/.test(String(unit))) return undefined;
  const decimals = scale + String(unit).length - 1;
  const all = (digits * PER_UC).toString().padStart(decimals + 1, '0');
  const fraction = decimals === 0 ? '' : all.slice(-decimals).replace(/0+$/, '');
  const whole = decimals === 0 ? all : all.slice(0, -decimals);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}
