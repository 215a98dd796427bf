import { METRIC } from '../../domain/constants';
import { formatCredits, formatUsd } from '../../domain/credits';
import type { MetricValues } from '../shared/metrics';
import type { MonthlySpend } from './spend';
import { total } from './spend';

const DAY_MS = 86_400_000;
/** The rate at which credits run out is that of the last week, so that a quiet Sunday does not hide an empty account. */
const RATE_DAYS = 7;
/** Shown while nothing is spent: CloudWatch has no infinity. */
export const NO_END_IN_SIGHT_DAYS = 999;

/** Credits and dollars so far, and at this rate; plain numbers, so that no widget and no alarm needs arithmetic. */
export function spendGauges(month: MonthlySpend, at: number): MetricValues {
  const { creditsUsed, images } = total(month);
  const today = month.get(new Date(at).getUTCDate())?.creditsUsed ?? 0;
  const forecast = forecastMonth(creditsUsed, at);
  return {
    [METRIC.creditsToday]: credits(today),
    [METRIC.creditsThisMonth]: credits(creditsUsed),
    [METRIC.creditsForecastMonth]: credits(forecast),
    [METRIC.costTodayUsd]: usd(today),
    [METRIC.costThisMonthUsd]: usd(creditsUsed),
    [METRIC.costForecastMonthUsd]: usd(forecast),
    ...(images === 0 ? {} : { [METRIC.costPerImageUsd]: usd(Math.round(creditsUsed / images)) }),
  };
}

/** The month's spend if it goes on as it has until now. */
export function forecastMonth(creditsUsed: number, at: number): number {
  const now = new Date(at);
  const start = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1);
  const end = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
  // In its first hours a month says little about itself; a day is the least that is counted as gone by.
  const elapsed = Math.max(DAY_MS, at - start);
  return Math.round((creditsUsed * (end - start)) / elapsed);
}

/**
 * How many days the credits last at the rate of the last seven.
 *
 * @param recent - spend of the last seven days, today included, in credit units
 */
export function daysLeft(remaining: number, recent: number): number {
  if (recent === 0) return NO_END_IN_SIGHT_DAYS;
  return Math.max(0, Math.min(NO_END_IN_SIGHT_DAYS, (remaining * RATE_DAYS) / recent));
}

/** The last seven days, which may reach into the month before. */
export function recentSpend(spendByMonth: ReadonlyMap<string, MonthlySpend>, at: number): number {
  let recent = 0;
  for (let back = 0; back < RATE_DAYS; back++) {
    const day = new Date(at - back * DAY_MS).toISOString();
    recent += spendByMonth.get(day.slice(0, 7))?.get(Number(day.slice(8, 10)))?.creditsUsed ?? 0;
  }
  return recent;
}

/** The last step before CloudWatch turns integers into its doubles. */
export const credits = (units: number): number => Number(formatCredits(units));
const usd = (units: number): number => Number(formatUsd(units));
