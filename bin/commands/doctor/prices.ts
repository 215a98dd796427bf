/** Whether the prices by which the pipeline estimates and holds are EvoLink's public ones. */
import { formatTenMillionths } from '../../../domain/credits';
import type { PriceDifference } from '../../../domain/price-comparison';
import type { ModelPricesReport, PricesReport } from '../../../domain/reconcile-report';
import { printable } from '../table';
import { RECONCILE_RIGHTS, withReport } from './account';
import type { Check, Finding } from './check';
import type { Deployment } from './deployment';
import { duration, RUNBOOK } from './words';

export function pricesCheck(deployment: Deployment): Check {
  const now = () => deployment.io.now().getTime();
  const run = () => withReport(deployment, ({ prices }) => (prices ? pricesFinding(prices, now()) : TOO_OLD));
  return { id: 'prices', title: 'prices', rights: RECONCILE_RIGHTS, run };
}

const TOO_OLD: Finding = {
  state: 'unknown',
  text: 'the deployed reconcile function does not tell',
  advice: ['Deploy this version.'],
};

function pricesFinding({ checkedAt, models }: PricesReport, now: number): Finding {
  const facts = { checked_at: new Date(checkedAt).toISOString(), models: models.map(modelJson) };
  const read = `read ${duration(Math.max(0, now - checkedAt) / 1_000)} ago`;
  const packaged = models.filter(({ own, state }) => !own && state === 'different');
  if (packaged.length > 0) {
    const advice = [...packaged.flatMap(differencesOf), `What to do: ${RUNBOOK}#prices-differ`];
    const names = packaged.map(({ model }) => model).join(', ');
    return { state: 'problem', text: printable(`not EvoLink's public ones: ${names}; ${read}`), advice, facts };
  }
  const attention = models.filter(({ state }) => state !== 'equal');
  if (attention.length === 0) {
    return { state: 'ok', text: `EvoLink's public ones, ${models.length} models; ${read}`, facts };
  }
  const text = attention.map(({ model, state }) => `${model} ${WORDS[state]}`).join(', ');
  const advice = attention.flatMap((model) => (model.state === 'different' ? differencesOf(model) : reasonsOf(model)));
  return { state: 'attention', text: printable(`${text}; ${read}`), advice, facts };
}

const WORDS: Readonly<Record<ModelPricesReport['state'], string>> = {
  equal: 'equal',
  different: 'has a price of your own that is not the public one',
  unpublished: 'has no public price',
  unreadable: 'could not be compared',
};

function differencesOf({ model, differences, effectiveAt }: ModelPricesReport): string[] {
  const since = effectiveAt === undefined ? '' : `, in force since ${effectiveAt}`;
  return differences.map((difference) => printable(`${model}, ${difference.what}: ${pair(difference)}${since}`));
}

function pair({ ours, theirs }: PriceDifference): string {
  if (ours === null && theirs === null) return 'charged by EvoLink in a way that the pipeline does not know';
  return `${credits(ours)} here, ${credits(theirs)} at EvoLink`;
}

/** Fractions of our unit are shown as they are. */
function credits(price: string | null): string {
  if (price === null) return 'no price';
  const units = Number(price);
  return Number.isSafeInteger(units) ? `${formatTenMillionths(units)} credits` : `${price} × 10⁻⁷ credits`;
}

const reasonsOf = ({ model, error }: ModelPricesReport): string[] =>
  error === undefined ? [] : [printable(`${model}: ${error}`)];

function modelJson({ model, state, own, differences, checksum, effectiveAt, error }: ModelPricesReport) {
  const rest = { checksum: checksum ?? null, effective_at: effectiveAt ?? null, error: error ?? null };
  return { model, state, own, differences, ...rest };
}
