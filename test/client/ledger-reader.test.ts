import { InvalidRangeError } from '../../client/days';
import { LedgerRecordError, readLedger } from '../../client/ledger-reader';
import { ledgerKey, type LedgerRecord } from '../../domain/ledger';
import { MemoryTable } from '../support/memory-table';
import { ledgerRecord, seedLedger } from './ledger-records';

const at = (time: string, attemptId: string) => ledgerRecord({ bookedAt: Date.parse(time), attemptId });

async function read(table: MemoryTable, from: string, to: string): Promise<LedgerRecord[]> {
  const records: LedgerRecord[] = [];
  for await (const record of readLedger(table, { from, to })) records.push(record);
  return records;
}

describe('readLedger', () => {
  test('reads both ends of the range, in the order of booking, and nothing beside it', async () => {
    const table = new MemoryTable();
    const before = at('2026-10-31T23:59:59.999Z', 'before');
    const first = at('2026-11-01T00:00:00.000Z', 'first');
    const second = at('2026-11-01T00:00:00.001Z', 'second');
    const last = at('2026-11-30T23:59:59.999Z', 'last');
    const after = at('2026-12-01T00:00:00.000Z', 'after');
    seedLedger(table, [after, last, second, before, first]);

    const records = await read(table, '2026-11-01', '2026-11-30');

    expect(records).toEqual([first, second, last]);
  });

  test('a month takes one query for each day, consistent and of that day alone: never a scan', async () => {
    const table = new MemoryTable();

    await read(table, '2026-11-01', '2026-11-30');

    const days = Array.from({ length: 30 }, (_, day) => `ledger#2026-11-${String(day + 1).padStart(2, '0')}`);
    expect(table.commands.map(({ name }) => name)).toEqual(days.map(() => 'QueryCommand'));
    expect(
      table.commands.map(({ input }) => (input.ExpressionAttributeValues as Record<string, unknown>)[':pk']),
    ).toEqual(days);
    expect(table.commands.every(({ input }) => input.ConsistentRead === true && input.IndexName === undefined)).toBe(
      true,
    );
  });

  test('follows the pages of a day', async () => {
    const table = new MemoryTable({ pageSize: 2 });
    const records = Array.from({ length: 7 }, (_, second) => at(`2026-11-23T10:00:0${second}.000Z`, `a${second}`));
    seedLedger(table, records);

    expect(await read(table, '2026-11-23', '2026-11-23')).toEqual(records);
    expect(table.count('QueryCommand')).toBe(4);
  });

  test('reads as it is needed: who stops early has read no more', async () => {
    const table = new MemoryTable();
    seedLedger(table, [at('2026-11-01T10:00:00.000Z', 'first'), at('2026-11-02T10:00:00.000Z', 'second')]);

    for await (const record of readLedger(table, { from: '2026-11-01', to: '2026-11-30' })) {
      expect(record.attemptId).toBe('first');
      break;
    }

    expect(table.count('QueryCommand')).toBe(1);
  });

  test('refuses a range before anything is read', () => {
    const table = new MemoryTable();

    expect(() => readLedger(table, { from: '2026-11-02', to: '2026-11-01' })).toThrow(InvalidRangeError);
    expect(table.commands).toEqual([]);
  });

  test.each([
    { creditsUsed: 1.5 },
    { creditsUsed: undefined },
    { creditsHeld: '37' },
    { images: -1 },
    { n: null },
    { bookedAt: 'yesterday' },
    { tenant: undefined },
    { state: 'paid' },
  ])('refuses to add up a damaged record: %j', async (damage) => {
    const table = new MemoryTable();
    const record = ledgerRecord();
    table.seed({ ...ledgerKey(record.bookedAt, record.attemptId), ...record, ...damage });

    await expect(read(table, '2026-11-23', '2026-11-23')).rejects.toThrow(LedgerRecordError);
  });
});
