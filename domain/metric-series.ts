/**
 * Under which dimensions each metric is emitted, besides the pipeline's own name. A widget or an alarm that asks for
 * another set of dimensions would show nothing for ever, since CloudWatch adds nothing up by itself; so what is shown
 * and watched is checked against this table.
 */
import { DIMENSION, METRIC } from './constants';

export type MetricName = (typeof METRIC)[keyof typeof METRIC];
export type DimensionName = (typeof DIMENSION)[keyof typeof DIMENSION];

const IN_ALL: readonly DimensionName[] = [];
const ONLY_IN_ALL = [IN_ALL];
const SPEND = [IN_ALL, [DIMENSION.model, DIMENSION.quality], [DIMENSION.tenant]];

export const METRIC_DIMENSIONS: Readonly<Record<MetricName, readonly (readonly DimensionName[])[]>> = {
  [METRIC.creditsUsed]: SPEND,
  [METRIC.costUsd]: SPEND,
  [METRIC.images]: ONLY_IN_ALL,
  [METRIC.jobsSucceeded]: ONLY_IN_ALL,
  [METRIC.jobsFailed]: [IN_ALL, [DIMENSION.errorName]],
  [METRIC.archiveErrors]: [IN_ALL, [DIMENSION.errorName]],
  [METRIC.submitToCallbackSeconds]: ONLY_IN_ALL,
  [METRIC.callbackToArchivedSeconds]: ONLY_IN_ALL,
  [METRIC.completedByCallback]: ONLY_IN_ALL,
  [METRIC.completedBySweep]: ONLY_IN_ALL,
  [METRIC.callbacksRejected]: ONLY_IN_ALL,
  [METRIC.openAttempts]: ONLY_IN_ALL,
  [METRIC.oldestOpenAttemptSeconds]: ONLY_IN_ALL,
  [METRIC.attemptsOrphaned]: ONLY_IN_ALL,
  [METRIC.attemptsLost]: ONLY_IN_ALL,
  [METRIC.strayTasks]: ONLY_IN_ALL,
  [METRIC.imagesSalvaged]: ONLY_IN_ALL,
  [METRIC.queuedJobs]: ONLY_IN_ALL,
  [METRIC.slotsTaken]: ONLY_IN_ALL,
  [METRIC.jobFailedPercent]: ONLY_IN_ALL,
  [METRIC.providerSuccessPercent]: ONLY_IN_ALL,
  [METRIC.estimateErrorPercent]: ONLY_IN_ALL,
  [METRIC.overrunCredits]: ONLY_IN_ALL,
  [METRIC.outputTokens]: ONLY_IN_ALL,
  [METRIC.imageInputTokens]: ONLY_IN_ALL,
  [METRIC.textTokens]: ONLY_IN_ALL,
  [METRIC.cachedTokens]: ONLY_IN_ALL,
  [METRIC.creditsHeld]: ONLY_IN_ALL,
  [METRIC.creditsToday]: ONLY_IN_ALL,
  [METRIC.creditsThisMonth]: ONLY_IN_ALL,
  [METRIC.creditsForecastMonth]: ONLY_IN_ALL,
  [METRIC.costTodayUsd]: ONLY_IN_ALL,
  [METRIC.costThisMonthUsd]: ONLY_IN_ALL,
  [METRIC.costForecastMonthUsd]: ONLY_IN_ALL,
  [METRIC.costPerImageUsd]: ONLY_IN_ALL,
  [METRIC.creditsRemaining]: [[DIMENSION.scope]],
  [METRIC.creditsDaysLeft]: ONLY_IN_ALL,
  [METRIC.budgetUsePercent]: [[DIMENSION.budget], [DIMENSION.budget, DIMENSION.tenant]],
  [METRIC.ledgerDriftCredits]: ONLY_IN_ALL,
  [METRIC.priceDifferences]: ONLY_IN_ALL,
  [METRIC.paused]: ONLY_IN_ALL,
};
