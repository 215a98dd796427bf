import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { BudgetRule } from '../../domain/budgets';
import { appliedBudgets } from '../../domain/budgets';
import { CREDIT_SCOPES, DIMENSION, METRIC } from '../../domain/constants';
import type { Credits } from '../../evolink';
import { EvolinkError } from '../../evolink';
import { ApiKeyUnavailableError } from '../shared/api-key';
import { isTerminal } from '../shared/attempts/attempt';
import type { AttemptTable } from '../shared/attempts/attempt-table';
import { readCounter } from '../shared/attempts/budget-counters';
import { readSettings } from '../shared/attempts/settings';
import { describeError, logger } from '../shared/logger';
import { emit, meteredTenants } from '../shared/metrics';
import type { Provider } from '../shared/provider';
import { units } from './amounts';
import type { DriftState, Look } from './drift';
import { compare } from './drift';
import { credits, daysLeft, recentSpend, spendGauges } from './gauges';
import type { MonthlySpend } from './spend';
import { monthOf, monthsBetween, readSpend, total } from './spend';

export interface ReconcileDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly table: AttemptTable;
  readonly provider: Provider;
  readonly budgets: readonly BudgetRule[];
  readonly now: () => number;
}

const STATE_KEY = { pk: 'reconcile', sk: 'state' } as const;

/**
 * Says where the money stands: gauges from the ledger's counters, budgets, what is left at EvoLink, and whether EvoLink's
 * figures agree with ours. Reads and reports; the only thing that it writes is what it has to remember until next time.
 */
export async function reconcile(dependencies: ReconcileDependencies): Promise<void> {
  const { client, table, budgets, now } = dependencies;
  const at = now();
  const { tableName } = table;
  const state = await readState(client, tableName);
  const holds = await openHolds(table);
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

  const balance = await readBalance(dependencies);
  if (balance === undefined) return;
  emitRemaining(balance, recentSpend(spend, at));
  // Once more, after EvoLink: what was sent between the two readings may be in its figure already.
  const everHeld = sum(new Map([...holds, ...(await openHolds(table))]));
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
}

async function readState(client: DynamoDBDocumentClient, TableName: string): Promise<DriftState | undefined> {
  const { Item } = await client.send(new GetCommand({ TableName, Key: { ...STATE_KEY }, ConsistentRead: true }));
  return Item as DriftState | undefined;
}

/**
 * What each attempt that is not booked has reserved. Read before the spend: what is booked in between counts twice, not
 * never.
 */
async function openHolds(table: AttemptTable): Promise<Map<string, number>> {
  const holds = new Map<string, number>();
  for await (const attempt of table.openAttempts()) {
    if (!isTerminal(attempt)) holds.set(attempt.attemptId, attempt.creditsHeld);
  }
  return holds;
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

/** `undefined` when EvoLink cannot be read: its figures are missing then, and an alarm on missing data says so. */
async function readBalance({ provider }: ReconcileDependencies): Promise<Credits | undefined> {
  try {
    return await provider.call((client) => client.getCredits());
  } catch (error) {
    if (!(error instanceof EvolinkError) && !(error instanceof ApiKeyUnavailableError)) throw error;
    logger.warn('EvoLink does not say how many credits are left', describeError(error));
    return undefined;
  }
}

function emitRemaining(balance: Credits, recent: number): void {
  const [accountScope, keyScope] = CREDIT_SCOPES;
  const account = units(balance.account.remaining);
  const key = balance.key.unlimited ? account : units(balance.key.remaining);
  emit({ [METRIC.creditsRemaining]: credits(account) }, { [DIMENSION.scope]: accountScope });
  emit({ [METRIC.creditsRemaining]: credits(key) }, { [DIMENSION.scope]: keyScope });
  emit({ [METRIC.creditsDaysLeft]: daysLeft(Math.min(account, key), recent) }, {});
}
