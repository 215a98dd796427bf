import fc from 'fast-check';
import { LedgerReport, parseGrouping } from '../../client/ledger-report';
import type { LedgerRecord } from '../../domain/ledger';
import { anyRecord, ledgerRecord } from './ledger-records';

function report(records: readonly LedgerRecord[], groupBy?: string): LedgerReport {
  const added = new LedgerReport(groupBy === undefined ? undefined : parseGrouping(groupBy));
  for (const record of records) added.add(record);
  return added;
}

const sum = (values: readonly number[]): bigint => values.reduce((total, value) => total + BigInt(value), 0n);

describe('LedgerReport', () => {
  const groupings = fc.constantFrom('tenant', 'model', 'metadata.team', 'metadata.nothing');

  test('its total is the sum of the records, its subtotals add up to the total', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 40 }), groupings, (records, groupBy) => {
        const { total, subtotals } = report(records, groupBy);

        expect(BigInt(total.creditsUsed)).toBe(sum(records.map(({ creditsUsed }) => creditsUsed)));
        expect(BigInt(total.creditsHeld)).toBe(sum(records.map(({ creditsHeld }) => creditsHeld)));
        expect(total.attempts).toBe(records.length);
        expect(total.booked + total.refunded + total.unknown).toBe(records.length);
        for (const name of Object.keys(total) as (keyof typeof total)[]) {
          expect(sum(subtotals.map((group) => group[name]))).toBe(BigInt(total[name]));
        }
      }),
    );
  });

  test('each subtotal is that of its own records', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 40 }), (records) => {
        const { subtotals } = report(records, 'metadata.team');

        expect(new Set(subtotals.map(({ group }) => group)).size).toBe(subtotals.length);
        for (const { group, creditsUsed } of subtotals) {
          const own = records.filter(
            ({ metadata }) => (Object.hasOwn(metadata, 'team') ? metadata.team : undefined) === group,
          );
          expect(BigInt(creditsUsed)).toBe(sum(own.map((record) => record.creditsUsed)));
        }
      }),
    );
  });

  test('the dearest group comes first; a record without the key is apart from one with an empty value', () => {
    const records = [
      ledgerRecord({ creditsUsed: 5, metadata: { team: '' } }),
      ledgerRecord({ creditsUsed: 7, metadata: {} }),
      ledgerRecord({ creditsUsed: 9, metadata: { team: 'red' } }),
    ];

    expect(report(records, 'metadata.team').subtotals.map(({ group }) => group)).toEqual(['red', undefined, '']);
  });

  test('counts the hold of an unknown attempt as uncertain, and of no other', () => {
    const { total } = report([
      ledgerRecord({ state: 'unknown', creditsHeld: 40, creditsUsed: 0 }),
      ledgerRecord({ state: 'refunded', creditsHeld: 30, creditsUsed: 0 }),
      ledgerRecord({ state: 'booked', creditsHeld: 20, creditsUsed: 19 }),
    ]);

    expect(total).toMatchObject({ creditsHeld: 90, creditsUsed: 19, creditsUncertain: 40 });
  });

  test('has no subtotals unless asked', () => {
    expect(report([ledgerRecord()]).subtotals).toEqual([]);
  });

  test('refuses a sum that a number no longer holds exactly', () => {
    const most = ledgerRecord({ creditsUsed: Number.MAX_SAFE_INTEGER });

    expect(() => report([most, ledgerRecord({ creditsUsed: 1 })])).toThrow(RangeError);
  });
});

test.each(['tenant', 'model', 'metadata.team', 'metadata.cost.centre'])('records can be grouped by %s', (name) => {
  expect(parseGrouping(name)?.name).toBe(name);
});

test.each(['quality', 'metadata', 'metadata.', 'metadata.a b', 'Tenant', '', 'usage'])(
  'records cannot be grouped by %j',
  (name) => {
    expect(parseGrouping(name)).toBeUndefined();
  },
);
