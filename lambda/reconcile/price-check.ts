/** Are the prices by which the pipeline estimates still EvoLink's public ones? Asked once a day, told at every run. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { METRIC } from '../../domain/constants';
import { comparePrices } from '../../domain/price-comparison';
import type { ModelPrices, PriceTable } from '../../domain/prices';
import { DEFAULT_PRICES } from '../../domain/prices';
import type { ModelPricesReport, PricesReport } from '../../domain/reconcile-report';
import { EvolinkNotFoundError } from '../../evolink';
import { logger } from '../shared/logger';
import { emit } from '../shared/metrics';
import { isQueryError, type Provider } from '../shared/provider';

export interface PriceCheckDependencies {
  readonly client: DynamoDBDocumentClient;
  readonly table: { readonly tableName: string };
  readonly provider: Provider;
  /** Prices of the deployment's own. @default - EvoLink's published prices */
  readonly prices?: PriceTable;
  readonly now: () => number;
}

/** What is remembered between two checks. */
interface PriceCheckState extends PricesReport {
  /** The prices that were compared, as JSON: others are compared at once. */
  readonly compared: string;
}

const STATE_KEY = { pk: 'reconcile', sk: 'prices' } as const;

const DAY_MS = 86_400_000;
/** What could not be read is asked for again sooner. */
const HOUR_MS = 3_600_000;

/**
 * Emits how many prices differ: nothing while that is not known. Prices of the deployment's own are compared as well but
 * not counted, since a contract is not the public price.
 */
export async function checkPrices(dependencies: PriceCheckDependencies): Promise<PricesReport> {
  const report = await remembered(dependencies);
  const differences = knownDifferences(report.models.filter(({ own }) => !own));
  if (differences !== undefined) emit({ [METRIC.priceDifferences]: differences }, {});
  return report;
}

async function remembered(dependencies: PriceCheckDependencies): Promise<PricesReport> {
  const { client, table, prices, now } = dependencies;
  const rows: Readonly<Record<string, ModelPrices>> = { ...DEFAULT_PRICES.models, ...prices?.models };
  const compared = JSON.stringify(rows);
  const { Item } = await client.send(
    new GetCommand({ TableName: table.tableName, Key: { ...STATE_KEY }, ConsistentRead: true }),
  );
  const last = Item as PriceCheckState | undefined;
  const at = now();
  if (last?.compared === compared && at - last.checkedAt < intervalAfter(last)) {
    return { checkedAt: last.checkedAt, models: last.models };
  }
  const packaged = (model: string) => JSON.stringify(DEFAULT_PRICES.models[model]) === JSON.stringify(rows[model]);
  const models = await Promise.all(
    Object.entries(rows).map(([model, row]) => compareModel(dependencies.provider, model, row, !packaged(model))),
  );
  for (const { model, differences } of models.filter(({ state }) => state === 'different')) {
    logger.warn('a price is not the public one', { model, differences });
  }
  const state: PriceCheckState = { checkedAt: at, models, compared };
  await client.send(new PutCommand({ TableName: table.tableName, Item: { ...STATE_KEY, ...state } }));
  return { checkedAt: at, models };
}

const intervalAfter = ({ models }: PricesReport): number =>
  models.some(({ state }) => state === 'unreadable') ? HOUR_MS : DAY_MS;

async function compareModel(
  provider: Provider,
  model: string,
  row: ModelPrices,
  own: boolean,
): Promise<ModelPricesReport> {
  try {
    const rule = await provider.query((client) => client.getPriceRules(model));
    const differences = comparePrices(row, rule);
    const { checksum, effectiveAt } = rule;
    const state = differences.length === 0 ? 'equal' : 'different';
    return { model, state, own, differences, ...(checksum && { checksum }), ...(effectiveAt && { effectiveAt }) };
  } catch (error) {
    if (!isQueryError(error)) throw error;
    const state = error instanceof EvolinkNotFoundError ? 'unpublished' : 'unreadable';
    return { model, state, own, differences: [], error: `${error.name}: ${error.message}` };
  }
}

/** @returns undefined where some price may differ that nobody could read, or where none was read at all */
function knownDifferences(models: readonly ModelPricesReport[]): number | undefined {
  const differences = models.reduce((sum, model) => sum + model.differences.length, 0);
  const isCertain =
    models.some(({ state }) => state === 'equal') && models.every(({ state }) => state !== 'unreadable');
  return differences > 0 || isCertain ? differences : undefined;
}
