import * as fc from 'fast-check';
import { units } from '../../../lambda/reconcile/amounts';
import {
  daysLeft,
  forecastMonth,
  NO_END_IN_SIGHT_DAYS,
  recentSpend,
  spendGauges,
} from '../../../lambda/reconcile/gauges';
import type { MonthlySpend } from '../../../lambda/reconcile/spend';

const at = (time: string) => Date.parse(time);
const month = (days: Record<number, number>, images = 1): MonthlySpend =>
  new Map(Object.entries(days).map(([day, creditsUsed]) => [Number(day), { creditsUsed, images }]));

describe('the gauges of a month', () => {
  test('today, this month and the forecast, in credits and dollars; what an image costs', () => {
    const spend = month({ 1: 680_000, 14: 1_360_000, 15: 340_000 }, 2);
    expect(spendGauges(spend, at('2026-11-16T00:00:00Z') - 1)).toEqual({
      CreditsToday: 34,
      CreditsThisMonth: 238,
      CreditsForecastMonth: 476,
      CostTodayUsd: 0.5,
      CostThisMonthUsd: 3.5,
      CostForecastMonthUsd: 7,
      // To 10⁻⁴ credit first.
      CostPerImageUsd: 0.583334,
    });
  });

  test('a day without spend shows zero, and no price of an image that there is not', () => {
    expect(spendGauges(new Map(), at('2026-11-16T12:00:00Z'))).toEqual({
      ...{ CreditsToday: 0, CreditsThisMonth: 0, CreditsForecastMonth: 0 },
      ...{ CostTodayUsd: 0, CostThisMonthUsd: 0, CostForecastMonthUsd: 0 },
    });
  });

  test('days are UTC days', () => {
    const spend = month({ 15: 10_000, 16: 20_000 });
    expect(spendGauges(spend, at('2026-11-15T23:59:59.999Z'))).toMatchObject({ CreditsToday: 1 });
    expect(spendGauges(spend, at('2026-11-16T00:00:00Z'))).toMatchObject({ CreditsToday: 2 });
  });
});

describe('the forecast', () => {
  test.each([
    ['half of a month of 30 days', '2026-11-16T00:00:00Z', 200],
    ['a quarter of February', '2027-02-08T00:00:00Z', 400],
    ['the first minute, which counts as a day', '2026-12-01T00:01:00Z', 3_100],
    ['the end of the first day', '2026-12-02T00:00:00Z', 3_100],
    ['the last moment of the year', '2026-12-31T23:59:59.999Z', 100],
  ])('after %s', (_, time, expected) => {
    expect(forecastMonth(100, at(time))).toBe(expected);
  });

  test('is never less than what is spent, and never more than that much on every day', () => {
    const moment = fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2030-01-01T00:00:00Z') });
    fc.assert(
      fc.property(fc.nat({ max: 1_000_000_000 }), moment, (used, time) => {
        const forecast = forecastMonth(used, time);
        expect(Number.isSafeInteger(forecast)).toBe(true);
        expect(forecast).toBeGreaterThanOrEqual(used);
        expect(forecast).toBeLessThanOrEqual(31 * used);
      }),
    );
  });
});

describe('days left', () => {
  test.each([
    [70_000, 70_000, 7],
    [10_000, 70_000, 1],
    [5_000, 70_000, 0.5],
    [0, 70_000, 0],
    [70_000, 0, NO_END_IN_SIGHT_DAYS],
    [0, 0, NO_END_IN_SIGHT_DAYS],
    [Number.MAX_SAFE_INTEGER, 1, NO_END_IN_SIGHT_DAYS],
  ])('%i units, of which %i went within a week, last %d days', (remaining, recent, days) => {
    expect(daysLeft(remaining, recent)).toBe(days);
  });

  test('the last week counts today and six days before it, over the end of a month and a year', () => {
    const spend = new Map([
      ['2026-12', month({ 26: 1, 27: 10, 31: 100 })],
      ['2027-01', month({ 1: 1_000, 2: 10_000, 3: 100_000 })],
    ]);
    expect(recentSpend(spend, at('2027-01-02T12:00:00Z'))).toBe(11_110);
    expect(recentSpend(spend, at('2027-01-02T00:00:00Z'))).toBe(11_110);
    expect(recentSpend(spend, at('2027-01-01T23:59:59Z'))).toBe(1_111);
    expect(recentSpend(new Map(), at('2027-01-01T00:00:00Z'))).toBe(0);
  });
});

test.each([
  ['0', 0],
  ['3.2241', 32_241],
  ['007.5', 75_000],
  ['3.22419', 32_241],
  ['0.00001', 0],
  [`0.${'0'.repeat(300)}1`, 0],
  ['-0.0001', 0],
  ['99999999999.9999', 999_999_999_999_999],
  ['100000000000', Number.MAX_SAFE_INTEGER],
  ['9'.repeat(30), Number.MAX_SAFE_INTEGER],
])('EvoLink’s %s is %i units', (text, expected) => {
  expect(units(text)).toBe(expected);
});
