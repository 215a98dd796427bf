/** Reads the ledger from the pipeline's table. */
import { paginateQuery } from '@aws-sdk/lib-dynamodb';
import { TABLE } from '../domain/constants';
import { isObject } from '../domain/json';
import { ledgerPartition, type LedgerRecord, type LedgerState } from '../domain/ledger';
import { daysOf, type DayRange } from './days';
import type { PipelineTable } from './pipeline-table';

/** A record does not hold what a record must: whatever is added up from it would be wrong. */
export class LedgerRecordError extends Error {
  override readonly name = 'LedgerRecordError';
}

/**
 * Every record of these days (UTC, both ends included), in the order in which they were booked. Read as it is needed:
 * one query for each day, page by page and consistently, so that a month of any size takes little memory and what was
 * booked a moment ago is in it.
 *
 * @throws InvalidRangeError before anything is read
 * @throws LedgerRecordError when a record is damaged
 */
export function readLedger(table: PipelineTable, range: DayRange): AsyncGenerator<LedgerRecord> {
  return readDays(table, daysOf(range));
}

async function* readDays({ client, tableName }: PipelineTable, days: readonly string[]): AsyncGenerator<LedgerRecord> {
  for (const day of days) {
    const pages = paginateQuery(
      { client },
      {
        TableName: tableName,
        KeyConditionExpression: '#pk = :pk',
        ExpressionAttributeNames: { '#pk': TABLE.partitionKey },
        ExpressionAttributeValues: { ':pk': ledgerPartition(day) },
        ConsistentRead: true,
      },
    );
    for await (const page of pages) {
      for (const item of page.Items ?? []) {
        // Said `unknown` once; the booking that followed is a record of its own day.
        if (item.supersededAt === undefined) yield toRecord(item);
      }
    }
  }
}

const STATES: readonly LedgerState[] = ['booked', 'refunded', 'refund open', 'unknown'];

/** Checks what is added up and grouped by; the rest is passed on as it was written. */
function toRecord(item: Record<string, unknown>): LedgerRecord {
  const { [TABLE.partitionKey]: pk, [TABLE.sortKey]: sk, ...record } = item;
  const damaged = (what: string) =>
    new LedgerRecordError(`the ledger record ${String(pk)} ${String(sk)} has no ${what}`);
  for (const name of ['creditsHeld', 'creditsUsed', 'n', 'images'] as const) {
    const amount = record[name];
    if (!Number.isSafeInteger(amount) || (amount as number) < 0) throw damaged(`usable ${name}`);
  }
  for (const name of ['bookedAt', 'createdAt'] as const) {
    if (!Number.isSafeInteger(record[name])) throw damaged(`usable ${name}`);
  }
  for (const name of ['tenant', 'model'] as const) {
    if (typeof record[name] !== 'string') throw damaged(name);
  }
  if (!STATES.some((state) => state === record.state)) throw damaged('known state');
  return { ...record, metadata: isObject(record.metadata) ? record.metadata : {} } as unknown as LedgerRecord;
}
