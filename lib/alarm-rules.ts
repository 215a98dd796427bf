/** The alarms as data: what each watches, from where on, and why. `docs/runbook.md` has a section for each. */
import { Duration, Tokenization } from 'aws-cdk-lib';
import { ComparisonOperator, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { CREDIT_SCOPES, DIMENSION } from '../domain/constants';
import { type AlarmRule, atLeast, gaugePeriod } from './alarm-rule';
import { budgetAlarms } from './budget-alarms';
import type { PipelineAlarmsProps } from './pipeline-alarms';

const { NOT_BREACHING, BREACHING, IGNORE } = TreatMissingData;
const { GREATER_THAN_THRESHOLD, GREATER_THAN_OR_EQUAL_TO_THRESHOLD, LESS_THAN_THRESHOLD } = ComparisonOperator;

/** Every alarm of a pipeline with these properties. */
export function alarmRules(props: PipelineAlarmsProps): AlarmRule[] {
  return [
    ...spendPerHour(props),
    ...budgetAlarms(props),
    ...creditsLeft(props),
    failureRate(props),
    oldestOpenAttempt(props),
    ...leftBehind(props),
    ...bookkeeping(props),
    ...keyRefused(props),
  ];
}

function spendPerHour({ pipeline, options: { spendPerHourUsd } }: PipelineAlarmsProps): AlarmRule[] {
  if (spendPerHourUsd === undefined) return [];
  return [
    {
      id: 'SpendPerHour',
      metric: pipeline.metricCostUsd({ period: Duration.hours(1) }),
      comparison: GREATER_THAN_THRESHOLD,
      threshold: spendPerHourUsd,
      // Nothing was spent.
      missing: NOT_BREACHING,
      sentence: `More than ${shown(spendPerHourUsd)} USD was spent within an hour.`,
      why: 'The threshold is the one that was configured.',
      section: 'spend-per-hour',
    },
  ];
}

function creditsLeft(props: PipelineAlarmsProps): AlarmRule[] {
  const { pipeline, options } = props;
  const { creditsRemaining, daysRemaining = 3 } = options;
  const period = gaugePeriod(props);
  const common = {
    comparison: LESS_THAN_THRESHOLD,
    // A look that failed says nothing about the credits; the alarm on missing gauges is for that.
    missing: IGNORE,
    section: 'credits-left',
  };
  const absolute = (threshold: number) =>
    CREDIT_SCOPES.map((scope) => ({
      ...common,
      id: `CreditsLeft-${scope}`,
      metric: pipeline.metricCreditsRemaining({ period, dimensionsMap: { [DIMENSION.scope]: scope } }),
      threshold,
      sentence: `EvoLink's ${scope} has fewer than ${shown(threshold)} credits left.`,
      why: 'The threshold is the one that was configured.',
    }));
  return [
    ...(creditsRemaining === undefined ? [] : absolute(creditsRemaining)),
    {
      ...common,
      id: 'DaysLeft',
      metric: pipeline.metricCreditsDaysLeft({ period }),
      threshold: daysRemaining,
      sentence: `At the present rate the credits at EvoLink last for less than ${shown(daysRemaining)} days.`,
      why: 'Unless configured otherwise the threshold is three days: a long weekend, with a working day to top up.',
    },
  ];
}

function failureRate({ pipeline, options: { failureRatePercent = 20 } }: PipelineAlarmsProps): AlarmRule {
  return {
    id: 'FailureRate',
    metric: pipeline.metricJobFailedPercent({ period: Duration.minutes(15) }),
    comparison: GREATER_THAN_THRESHOLD,
    threshold: failureRatePercent,
    periods: 2,
    // No job ended.
    missing: NOT_BREACHING,
    sentence: `More than ${shown(failureRatePercent)} % of the jobs ended without an image, for half an hour.`,
    why: 'Unless configured otherwise the threshold is 20 %: content that is refused stays below, and two periods in a row keep a single bad job quiet.',
    section: 'failure-rate',
  };
}

function oldestOpenAttempt({ pipeline, options, callbackTimeout, sweepInterval }: PipelineAlarmsProps): AlarmRule {
  const age = options.oldestOpenAttempt ?? callbackTimeout.plus(Duration.minutes(30));
  return {
    id: 'OldestOpenAttempt',
    // Each period sees one sweep at least.
    metric: pipeline.metricOldestOpenAttemptSeconds({ period: atLeast(5, 2 * sweepInterval.toMinutes()) }),
    comparison: GREATER_THAN_THRESHOLD,
    threshold: age.toSeconds(),
    periods: 2,
    // Every sweep reports an age, also when nothing is open: without one no sweep runs, and stuck work goes unseen.
    missing: BREACHING,
    sentence: `An attempt has been open for more than ${age.toHumanString()}, or the sweep does not run.`,
    why: 'Unless configured otherwise the threshold is half an hour above the time limit of a task: by then it has ended and its images are archived.',
    section: 'oldest-open-attempt',
  };
}

function leftBehind({ pipeline, deadLetterQueue }: PipelineAlarmsProps): AlarmRule[] {
  return [
    {
      id: 'AttemptsLost',
      metric: pipeline.metricAttemptsLost(),
      comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      // Nothing was given up.
      missing: NOT_BREACHING,
      sentence: 'A task was given up after a day: it never ended, or its images were never saved.',
      why: 'One is enough: it may be paid for, and its links have expired.',
      section: 'attempts-lost',
    },
    {
      id: 'StrayTasks',
      metric: pipeline.metricStrayTasks(),
      comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      // None turned up.
      missing: NOT_BREACHING,
      sentence: 'EvoLink has a task that no attempt accounts for: it is booked, and its images are saved.',
      why: 'One is enough: EvoLink made a task for a submission that it refused, or two tasks for one submission.',
      section: 'stray-tasks',
    },
    {
      id: 'ResultBlocked',
      metric: pipeline.metricArchiveErrors({ dimensionsMap: { [DIMENSION.errorName]: 'ResultBlocked' } }),
      comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      missing: NOT_BREACHING,
      sentence: 'A paid image is not fetched: its link is on no host that `resultHosts` allows, or on no public one.',
      why: 'One is enough: EvoLink moved to another host, so that all will follow, and each link lives for 24 hours.',
      section: 'a-result-is-blocked',
    },
    {
      id: 'DeadLetters',
      metric: deadLetterQueue.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(5) }),
      comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      threshold: 1,
      // SQS reports nothing for a queue that nobody used for hours.
      missing: NOT_BREACHING,
      sentence: 'Asynchronous work of the pipeline failed at all of its tries.',
      why: 'One is enough: the sweep does most of this work as well, so that something is wrong in general.',
      section: 'dead-letters',
    },
  ];
}

function bookkeeping(props: PipelineAlarmsProps): AlarmRule[] {
  const { pipeline, reconcileInterval } = props;
  return [
    {
      id: 'LedgerDrift',
      metric: pipeline.metricLedgerDriftCredits({ period: gaugePeriod(props) }),
      comparison: GREATER_THAN_THRESHOLD,
      threshold: 0,
      // EvoLink could not be asked: what was known stays known.
      missing: IGNORE,
      sentence: 'What EvoLink charged the key and what the ledger says differ.',
      why: 'The threshold is 0: a difference is reported only when two looks running found it and open holds do not explain it.',
      section: 'ledger-drift',
    },
    {
      id: 'PriceDifferences',
      metric: pipeline.metricPriceDifferences({ period: gaugePeriod(props) }),
      comparison: GREATER_THAN_THRESHOLD,
      threshold: 0,
      // EvoLink's price rules could not be read: what was known stays known.
      missing: IGNORE,
      sentence: "EvoLink's public prices differ from those by which the pipeline estimates and holds.",
      why: 'The threshold is 0: a price that is too low makes every hold too low.',
      section: 'prices-differ',
    },
    {
      id: 'GaugesMissing',
      metric: pipeline.metricCreditsToday({
        statistic: Stats.SAMPLE_COUNT,
        period: atLeast(15, 3 * reconcileInterval.toMinutes()),
      }),
      comparison: LESS_THAN_THRESHOLD,
      threshold: 1,
      missing: BREACHING,
      sentence: 'The reconcile function reports nothing: budgets, forecast, remaining credits and drift go unwatched.',
      why: 'It reports at every run, whatever EvoLink answers; three runs that are missing are no accident.',
      section: 'gauges-missing',
    },
  ];
}

function keyRefused({ pipeline }: PipelineAlarmsProps): AlarmRule[] {
  const failed = (name: string) => pipeline.metricJobsFailed({ dimensionsMap: { [DIMENSION.errorName]: name } });
  const common = { comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD, threshold: 1, missing: NOT_BREACHING };
  return [
    {
      ...common,
      id: 'Unauthorized',
      metric: failed('Unauthorized'),
      sentence: 'EvoLink does not accept the API key, or has disabled its account: every job fails.',
      why: 'One is enough, since the key was read again from Secrets Manager before the job failed.',
      section: 'evolink-refuses-the-key',
    },
    {
      ...common,
      id: 'InsufficientCredits',
      metric: failed('InsufficientCredits'),
      sentence: 'EvoLink refuses jobs because the account has too few credits (402).',
      why: 'One is enough: others will follow until somebody tops up.',
      section: 'evolink-has-too-few-credits',
    },
    {
      ...common,
      id: 'KeyLimitReached',
      metric: failed('KeyLimitReached'),
      sentence: 'EvoLink refuses jobs because the API key has reached its own limit, in total or for the day.',
      why: 'One is enough: others will follow until the limit is raised, or starts afresh.',
      section: 'the-key-has-reached-its-limit',
    },
  ];
}

/** A threshold may be known at deployment only. */
const shown = (threshold: number): string => Tokenization.stringifyNumber(threshold);
