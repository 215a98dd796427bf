import { spendKey, SPEND_SHARDS } from '../../../domain/ledger';
import { monthOf, monthsBetween, readSpend, total } from '../../../lambda/reconcile/spend';
import { MemoryTable } from '../../support/memory-table';

const seed = (table: MemoryTable, time: string, shard: number, creditsUsed: number, images = 1) =>
  table.seed({ ...spendKey(Date.parse(time), shard), creditsUsed, images, attempts: 1 });

test('adds up the counters of a day, over all shards and pages, and of that month alone', async () => {
  const table = new MemoryTable({ pageSize: 3, staleReads: true });
  for (let shard = 0; shard < SPEND_SHARDS; shard++) seed(table, '2026-12-31T23:59:59.999Z', shard, 1 + shard, 2);
  seed(table, '2026-12-01T00:00:00Z', 3, 7, 0);
  seed(table, '2026-11-30T23:59:59.999Z', 0, 500);
  seed(table, '2027-01-01T00:00:00Z', 0, 600);

  const spend = await readSpend(table.client, table.tableName, '2026-12');

  expect(Object.fromEntries(spend)).toEqual({
    1: { creditsUsed: 7, images: 0 },
    31: { creditsUsed: (SPEND_SHARDS * (SPEND_SHARDS + 1)) / 2, images: 2 * SPEND_SHARDS },
  });
  expect(total(spend)).toEqual({ creditsUsed: 7 + 136, images: 32 });
});

test('a month without spend is empty', async () => {
  const table = new MemoryTable();
  const spend = await readSpend(table.client, table.tableName, '2026-12');
  expect(total(spend)).toEqual({ creditsUsed: 0, images: 0 });
});

test.each([
  ['2026-11', '2026-11', ['2026-11']],
  ['2026-11', '2027-02', ['2026-11', '2026-12', '2027-01', '2027-02']],
  ['2026-12', '2026-11', []],
])('months from %s to %s', (first, last, expected) => {
  expect(monthsBetween(first, last)).toEqual(expected);
});

test('a month begins and ends at midnight UTC', () => {
  expect(monthOf(Date.parse('2027-01-01T00:00:00Z') - 1)).toBe('2026-12');
  expect(monthOf(Date.parse('2027-01-01T00:00:00Z'))).toBe('2027-01');
});
