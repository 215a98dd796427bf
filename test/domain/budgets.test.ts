import * as fc from 'fast-check';
import { appliedBudgets, budgetId, isTimeZone, periodAt, type BudgetPeriod } from '../../domain/budgets';

const at = (time: string) => Date.parse(time);

describe('the period around a moment', () => {
  test.each<[string, BudgetPeriod, string, string, string, string]>([
    ['UTC', 'day', '2026-11-23T00:00:00Z', '2026-11-23', '2026-11-24T00:00:00Z', 'its first moment'],
    ['UTC', 'day', '2026-11-23T23:59:59.999Z', '2026-11-23', '2026-11-24T00:00:00Z', 'its last moment'],
    ['UTC', 'month', '2026-12-31T23:59:59.999Z', '2026-12', '2027-01-01T00:00:00Z', 'the end of a year'],
    ['UTC', 'day', '2028-02-28T12:00:00Z', '2028-02-28', '2028-02-29T00:00:00Z', 'a leap day comes'],
    ['UTC', 'month', '2027-02-10T12:00:00Z', '2027-02', '2027-03-01T00:00:00Z', 'a short month'],
    ['Europe/Berlin', 'day', '2026-03-29T00:30:00Z', '2026-03-29', '2026-03-29T22:00:00Z', 'a day of 23 hours'],
    ['Europe/Berlin', 'day', '2026-10-25T00:30:00Z', '2026-10-25', '2026-10-25T23:00:00Z', 'a day of 25 hours'],
    ['Europe/Berlin', 'day', '2026-10-24T21:59:59.999Z', '2026-10-24', '2026-10-24T22:00:00Z', 'the eve of it'],
    ['Europe/Berlin', 'month', '2026-10-31T23:00:00Z', '2026-11', '2026-11-30T23:00:00Z', 'local midnight'],
    ['Europe/Berlin', 'month', '2026-03-15T00:00:00Z', '2026-03', '2026-03-31T22:00:00Z', 'a change within'],
    ['Asia/Kolkata', 'day', '2026-11-22T18:30:00Z', '2026-11-23', '2026-11-23T18:30:00Z', 'half an hour'],
    ['Asia/Kolkata', 'day', '2026-11-22T18:29:59.999Z', '2026-11-22', '2026-11-22T18:30:00Z', 'just before'],
    ['Asia/Kathmandu', 'day', '2026-11-22T18:15:00Z', '2026-11-23', '2026-11-23T18:15:00Z', 'a quarter'],
    ['America/Sao_Paulo', 'day', '2018-11-03T12:00:00Z', '2018-11-03', '2018-11-04T03:00:00Z', 'midnight is skipped'],
    ['America/Sao_Paulo', 'day', '2018-11-04T03:00:00Z', '2018-11-04', '2018-11-05T02:00:00Z', 'it begins at one'],
    ['America/Sao_Paulo', 'day', '2019-02-17T02:30:00Z', '2019-02-16', '2019-02-17T03:00:00Z', 'its last hour, twice'],
    ['America/Havana', 'day', '2026-11-01T04:30:00Z', '2026-11-01', '2026-11-02T05:00:00Z', 'its first hour, twice'],
    ['Pacific/Apia', 'day', '2011-12-30T09:59:59.999Z', '2011-12-29', '2011-12-30T10:00:00Z', 'a day is skipped'],
    ['Pacific/Apia', 'day', '2011-12-30T10:00:00Z', '2011-12-31', '2011-12-31T10:00:00Z', 'the day after'],
    ['Pacific/Apia', 'month', '2026-10-31T11:00:00Z', '2026-11', '2026-11-30T11:00:00Z', 'far ahead of UTC'],
    ['Pacific/Kiritimati', 'day', '2026-11-22T10:00:00Z', '2026-11-23', '2026-11-23T10:00:00Z', 'farthest ahead'],
    ['Etc/GMT+12', 'day', '2026-11-23T12:00:00Z', '2026-11-23', '2026-11-24T12:00:00Z', 'farthest behind'],
    ['Australia/Lord_Howe', 'day', '2026-10-03T14:00:00Z', '2026-10-04', '2026-10-04T13:00:00Z', 'half an hour less'],
    ['Australia/Lord_Howe', 'day', '2026-04-04T13:30:00Z', '2026-04-05', '2026-04-05T13:30:00Z', 'half an hour more'],
  ])('%s, %s, %s: %s until %s (%s)', (timeZone, period, moment, start, resetsAt) => {
    const found = periodAt(period, timeZone, at(moment));
    expect({ ...found, resetsAt: new Date(found.resetsAt).toISOString() }).toEqual({
      start,
      resetsAt: new Date(at(resetsAt)).toISOString(),
    });
  });
});

describe('in every time zone that the runtime knows', () => {
  const timeZone = fc.oneof(
    fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/Sao_Paulo', 'Pacific/Apia', 'Australia/Lord_Howe'),
    fc.constantFrom(...Intl.supportedValuesOf('timeZone')),
  );
  const period = fc.constantFrom<BudgetPeriod>('day', 'month');
  const moment = fc.integer({ min: at('2024-01-01T00:00:00Z'), max: at('2036-01-01T00:00:00Z') });
  const HOUR = 3_600_000;

  /** Written another way than the code under test: by the runtime's own calendar. */
  const localDay = (zone: string, time: number) =>
    new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' }).format(time);

  test('a period holds its moments, ends with the first that it does not hold, and touches the next', () => {
    fc.assert(
      fc.property(timeZone, period, moment, (zone, kind, time) => {
        const length = kind === 'day' ? 10 : 7;
        const now = periodAt(kind, zone, time);
        expect(now.start).toBe(localDay(zone, time).slice(0, length));
        expect(now.resetsAt).toBeGreaterThan(time);
        expect(now.resetsAt - time).toBeLessThanOrEqual(kind === 'day' ? 25 * HOUR : (31 * 24 + 1) * HOUR);

        expect(periodAt(kind, zone, now.resetsAt - 1)).toEqual(now);
        const next = periodAt(kind, zone, now.resetsAt);
        expect(next.start > now.start).toBe(true);
        expect(next.resetsAt).toBeGreaterThan(now.resetsAt);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the budgets of a tenant', () => {
  const rule = { limit: 1, timeZone: 'UTC' } as const;
  const rules = [
    { ...rule, id: 'all-day', scope: 'all', period: 'day' },
    { ...rule, id: 'tenant-team_b-month', scope: 'tenant', tenant: 'team_b', period: 'month' },
    { ...rule, id: 'each-month', scope: 'each', period: 'month' },
  ] as const;
  const keys = (tenant: string) =>
    appliedBudgets(rules, tenant, at('2026-11-23T10:00:00Z')).map(({ counter: { pk, sk } }) => `${pk} ${sk}`);

  test('those of everybody, its own, and its share, in the order of the rules', () => {
    expect(keys('team_b')).toEqual([
      'budget#all-day#* 2026-11-23',
      'budget#tenant-team_b-month#team_b 2026-11',
      'budget#each-month#team_b 2026-11',
    ]);
  });

  test('never those of another tenant', () => {
    expect(keys('team_a')).toEqual(['budget#all-day#* 2026-11-23', 'budget#each-month#team_a 2026-11']);
  });

  test('no two rules that may stand side by side share a counter, whatever the tenant is called', () => {
    const name = fc.oneof(
      fc.constantFrom('all', 'each', 'day', 'a-day', 'tenant-a'),
      fc.stringMatching(/^[\w-]{1,12}$/),
    );
    fc.assert(
      fc.property(name, name, (tenant, other) => {
        const all = (['day', 'month'] as const).flatMap((period) => [
          { ...rule, period, scope: 'all' as const, id: budgetId('all', period) },
          { ...rule, period, scope: 'each' as const, id: budgetId('each', period) },
          { ...rule, period, scope: 'tenant' as const, tenant, id: budgetId('tenant', period, tenant) },
          ...(other === tenant
            ? []
            : [{ ...rule, period, scope: 'tenant' as const, tenant: other, id: budgetId('tenant', period, other) }]),
        ]);
        const found = [tenant, other].flatMap((who) =>
          appliedBudgets(all, who, 0).map(({ rule: { id, scope }, counter: { pk } }) => [
            pk,
            scope === 'all' ? id : `${id} ${who}`,
          ]),
        );
        const owners = new Map<unknown, unknown>();
        for (const [pk, owner] of found) {
          if (owners.has(pk)) expect(owners.get(pk)).toBe(owner);
          owners.set(pk, owner);
        }
      }),
    );
  });
});

test.each([
  ['UTC', true],
  ['Europe/Berlin', true],
  ['Etc/GMT+12', true],
  ['Mars/Olympus', false],
  ['', false],
])('%j is a time zone: %s', (name, expected) => {
  expect(isTimeZone(name)).toBe(expected);
});
