/** Records of the ledger for tests. */
import fc from 'fast-check';
import { ledgerKey, type LedgerRecord } from '../../domain/ledger';
import type { MemoryTable } from '../support/memory-table';

export function ledgerRecord(changes: Partial<LedgerRecord> = {}): LedgerRecord {
  const bookedAt = changes.bookedAt ?? Date.parse('2026-11-23T10:00:00.000Z');
  return {
    attemptId: 'attempt-1',
    jobId: 'job-1',
    attempt: 1,
    taskId: 'task-unified-1790000000-a1b2c3d4',
    tenant: 'default',
    metadata: {},
    model: 'gpt-image-2',
    size: '1:1',
    resolution: '1K',
    quality: 'low',
    n: 1,
    images: 1,
    state: 'booked',
    creditsHeld: 3_700,
    creditsUsed: 3_682,
    basis: 'credits_used',
    usage: '{"billing_rule":"per_token","credits_used":0.3682}',
    billingRule: 'per_token',
    priceTable: 'evolink-2026-11-23',
    createdAt: bookedAt - 60_000,
    submittedAt: bookedAt - 59_000,
    bookedAt,
    ...changes,
  };
}

/** As the booking writes it. */
export function seedLedger(table: MemoryTable, records: readonly LedgerRecord[]): void {
  for (const record of records) table.seed({ ...ledgerKey(record.bookedAt, record.attemptId), ...record });
}

export const anyRecord: fc.Arbitrary<LedgerRecord> = fc
  .record({
    tenant: fc.constantFrom('default', 'team-a', 'team-b'),
    model: fc.constantFrom('gpt-image-2', 'gpt-image-2-beta'),
    metadata: fc.oneof(
      fc.constant({}),
      fc.record({ team: fc.constantFrom('', 'red', '=1+1', '__proto__', 'constructor') }),
    ),
    n: fc.integer({ min: 1, max: 10 }),
    images: fc.integer({ min: 0, max: 10 }),
    state: fc.constantFrom('booked' as const, 'refunded' as const, 'unknown' as const),
    creditsHeld: fc.integer({ min: 0, max: 10_000_000 }),
    creditsUsed: fc.integer({ min: 0, max: 10_000_000 }),
  })
  .map((changes) => ledgerRecord(changes));
