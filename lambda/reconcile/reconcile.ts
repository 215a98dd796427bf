import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { BudgetRule } from '../../domain/budgets';
import { appliedBudgets } from '../../domain/budgets';
import { DIMENSION, METRIC } from '../../domain/constants';
import type { PriceTable } from '../../domain/prices';
import type { ReconcileReport } from '../../domain/reconcile-report';
import type { AttemptTable } from '../shared/attempts/attempt-table';
import type { OpenRefund } from '../shared/attempts/book';
import { readCounter } from '../shared/attempts/budget-counters';
import { readSettings } from '../shared/attempts/settings';
import { logger } from '../shared/logger';
import { emit, meteredTenants } from '../shared/metrics';
import type { Provider } from '../shared/provider';
import { accountReport, emitRemaining, readBalance, remaining } from './account';
import { units } from './amounts';
import type { DriftState, Look } from './drift';
import { compare } from './drift';
import { credits, recentSpend, spendGauges } from './gauges';
import { holdsOf, openAttempts, openWork } from './open-work';
import { checkPrices } from './price-check';
import { openRefunds, settleRefunds } from './refunds';
import type { MonthlySpend } from './spend';
import { monthOf, monthsBetween, readSpend, total } from './spend';

export interface ReconcileDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly table: AttemptTable;
  readonly provider: Provider;
  readonly budgets: readonly BudgetRule[];
  /** Prices of the deployment's own. @default - EvoLink's published prices */
  readonly prices?: PriceTable;
  readonly now: () => number;
}

const STATE_KEY = { pk: 'reconcile', sk: 'state' } as const;

/**
 * Says where the money stands: gauges from the ledger's counters, budgets, what is left at EvoLink, whether EvoLink's
 * figures agree with ours, and whether its prices do. It settles the refunds that failed tasks left open; besides, it only
 * writes what it has to remember until next time.
 *
 * @returns what an operator asks for who invokes it
 */
export async function reconcile(dependencies: ReconcileDependencies): Promise<ReconcileReport> {
  const refunds = await openRefunds(dependencies);
  const money = await reconcileMoney(dependencies, refunds);
  await settleRefunds(refunds, dependencies);
  // Last: reading public prices may take seconds, and everything above is about one moment.
  return { ...money, prices: await checkPrices(dependencies) };
}

async function reconcileMoney(
  dependencies: ReconcileDependencies,
  refunds: readonly OpenRefund[],
): Promise<Omit<ReconcileReport, 'prices'>> {
  const { client, table, budgets, now } = dependencies;
  const at = now();
  const { tableName } = table;
  const state = await readState(client, tableName);
  // Before the spend: what is booked in between counts twice, not never.
  const attempts = await openAttempts(table);
  const holds = new Map([...holdsOf(attempts), ...refundHolds(refunds)]);
  const held = sum(holds);
  const spend = await readMonths(dependencies, state, at);
  const settings = await readSettings(client, tableName);
  const limits = settings.budgetLimits ?? {};

  emit(
    {
      ...spendGauges(spend.get(monthOf(at)) ?? new Map(), at),
      [METRIC.creditsHeld]: credits(held),
      [METRIC.paused]: settings.paused === undefined ? 0 : 1,
    },
    {},
  );
  await emitBudgets(dependencies, limits, at);
  logger.info('gauges', { held: credits(held), budgets: budgets.length, paused: settings.paused !== undefined });

  const open = await openWork(dependencies, attempts, at);
  const balance = await readBalance(dependencies.provider);
  if ('error' in balance) return { account: balance, open };
  const recent = recentSpend(spend, at);
  const left = remaining(balance);
  emitRemaining(left, recent);
  // Once more, after EvoLink: what was sent between the two readings may be in its figure already.
  const everHeld = sum(new Map([...holds, ...holdsOf(await openAttempts(table))]));
  const look: Look = {
    at,
    month: monthOf(at),
    providerUsed: units(balance.key.used),
    ledgerUsed: ledgerTotal(spend, state?.sinceMonth ?? monthOf(at)),
    ledgerThisMonth: ledgerTotal(spend, monthOf(at)),
    held: everHeld,
  };
  const { drift, next } = compare(state, look);
  emit({ [METRIC.ledgerDriftCredits]: credits(drift) }, {});
  if (drift > 0) logger.warn('the ledger and EvoLink disagree', { drift: credits(drift), since: next.since });
  await client.send(new PutCommand({ TableName: tableName, Item: { ...STATE_KEY, ...next } }));
  return { account: accountReport(balance, left, recent, at), open };
}

async function readState(client: DynamoDBDocumentClient, TableName: string): Promise<DriftState | undefined> {
  const { Item } = await client.send(new GetCommand({ TableName, Key: { ...STATE_KEY }, ConsistentRead: true }));
  return Item as DriftState | undefined;
}

/** Under names that no attempt has: an attempt that ended holds nothing else. */
function refundHolds(refunds: readonly OpenRefund[]): [string, number][] {
  return refunds.map(({ attemptId, units }) => [`refund of ${attemptId}`, units]);
}

function sum(holds: ReadonlyMap<string, number>): number {
  let all = 0;
  for (const held of holds.values()) all += held;
  return all;
}

/** From the start of the comparison, and at least this month and the one before: a week may reach back into it. */
async function readMonths(
  { client, table }: ReconcileDependencies,
  state: DriftState | undefined,
  at: number,
): Promise<Map<string, MonthlySpend>> {
  const lastWeek = monthOf(at - 7 * 86_400_000);
  const first = state !== undefined && state.sinceMonth < lastWeek ? state.sinceMonth : lastWeek;
  const spend = new Map<string, MonthlySpend>();
  for (const month of monthsBetween(first, monthOf(at))) {
    spend.set(month, await readSpend(client, table.tableName, month));
  }
  return spend;
}

function ledgerTotal(spend: ReadonlyMap<string, MonthlySpend>, since: string): number {
  let sum = 0;
  for (const [month, days] of spend) if (month >= since) sum += total(days).creditsUsed;
  return sum;
}

async function emitBudgets(
  { client, table, budgets }: ReconcileDependencies,
  limits: Readonly<Record<string, number>>,
  at: number,
): Promise<void> {
  for (const rule of budgets) {
    const limit = limits[rule.id] ?? rule.limit;
    const tenants = rule.scope === 'each' ? meteredTenants() : [rule.tenant ?? '*'];
    for (const tenant of tenants) {
      const [budget] = appliedBudgets([rule], tenant, at);
      if (budget === undefined) continue;
      const { committed } = await readCounter(client, table.tableName, budget);
      const about = { [DIMENSION.budget]: rule.id, ...(rule.scope === 'each' ? { [DIMENSION.tenant]: tenant } : {}) };
      emit({ [METRIC.budgetUsePercent]: limit === 0 ? 100 : (100 * committed) / limit }, about);
    }
  }
}
