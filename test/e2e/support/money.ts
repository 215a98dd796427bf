/** What the tests of money need besides the rest. */
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { DeleteCommand, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { readLedger } from '../../../client/ledger-reader';
import { RuntimeSettingsStore } from '../../../client/runtime-settings';
import type { BudgetCounter, BudgetRule } from '../../../domain/budgets';
import { appliedBudgets } from '../../../domain/budgets';
import type { LedgerRecord } from '../../../domain/ledger';
import { SETTINGS_KEY } from '../../../domain/settings';
import { admin, connection } from './clients';

const table = {
  client: admin.dynamo,
  get tableName() {
    return connection.outputs.TableName;
  },
};

export const settings = new RuntimeSettingsStore(table);

/** The full sizes are for `npm run test:load`; the small ones show the same on two cores within minutes. */
export const atScale = (small: number, full: number): number => (process.env.E2E_LOAD === '1' ? full : small);

/**
 * Does something so many times, at most sixty at once: more would only show how long one emulator process on two cores
 * takes to accept connections.
 */
export async function inFlight<T>(times: number, action: (index: number) => Promise<T>, atOnce = 60): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < times; index = next++) results[index] = await action(index);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

/** EvoLink's booking unit is 10⁻⁴ credit; sums are compared in it. */
export const units = (credits: string | number): number => Math.round(Number(credits) * 10_000);

/** Ledger records of the last two days (a run may cross midnight) that pass the filter. */
export async function ledgerOf(filter: (record: LedgerRecord) => boolean): Promise<LedgerRecord[]> {
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  const records: LedgerRecord[] = [];
  for await (const record of readLedger(table, { from: day(Date.now() - 86_400_000), to: day(Date.now()) })) {
    if (filter(record)) records.push(record);
  }
  return records;
}

export async function budgetCounter(ruleId: string, tenant: string): Promise<BudgetCounter> {
  const rules = JSON.parse(connection.outputs.Budgets) as BudgetRule[];
  const rule = rules.find(({ id }) => id === ruleId);
  const [budget] = appliedBudgets(rule ? [rule] : [], tenant, Date.now());
  if (!budget) throw new Error(`no budget ${ruleId} among ${rules.map(({ id }) => id).join(', ')}`);
  const { Item } = await admin.dynamo.send(
    new GetCommand({ TableName: table.tableName, Key: { ...budget.counter }, ConsistentRead: true }),
  );
  return { committed: 0, held: 0, spent: 0, ...(Item as Partial<BudgetCounter> | undefined) };
}

/** Runs the function as its schedule does, and fails with what it threw. */
export async function reconcileNow(): Promise<void> {
  const { FunctionError, Payload } = await admin.lambda.send(
    new InvokeCommand({ FunctionName: connection.outputs.ReconcileFunctionName, Payload: '{}' }),
  );
  if (FunctionError) throw new Error(`reconcile failed: ${Buffer.from(Payload ?? []).toString('utf8')}`);
}

/** What earlier tests showed of EvoLink's idempotency keys is forgotten: from here on they are unproven. */
export async function forgetIdempotency(): Promise<void> {
  const Key = { ...SETTINGS_KEY };
  await admin.dynamo.send(
    new UpdateCommand({ TableName: table.tableName, Key, UpdateExpression: 'REMOVE idempotency' }),
  );
}

/** Other tests reset the simulated account, which reconcile rightly takes for a difference: begin afresh. */
export async function forgetReconciliation(): Promise<void> {
  await admin.dynamo.send(new DeleteCommand({ TableName: table.tableName, Key: { pk: 'reconcile', sk: 'state' } }));
}
