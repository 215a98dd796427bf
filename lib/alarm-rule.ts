import { Duration } from 'aws-cdk-lib';
import type { ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { PipelineAlarmsProps } from './pipeline-alarms';

/** One alarm. */
export interface AlarmRule {
  /** Unique in the pipeline. */
  readonly id: string;
  /** What is watched: a plain metric, so that the console shows what the alarm saw. */
  readonly metric: Metric;
  /** How it is compared. */
  readonly comparison: ComparisonOperator;
  /** With what. */
  readonly threshold: number;
  /**
   * Periods in a row that have to be bad.
   *
   * @default 1
   */
  readonly periods?: number;
  /** What a period without data means. */
  readonly missing: TreatMissingData;
  /** What has happened, in a sentence. */
  readonly sentence: string;
  /** Why the threshold is where it is, in a sentence. */
  readonly why: string;
  /** Section of the runbook, as its anchor. */
  readonly section: string;
}

/** A period in which a gauge is reported once at least. */
export function gaugePeriod({ reconcileInterval }: PipelineAlarmsProps): Duration {
  return atLeast(5, reconcileInterval.toMinutes());
}

/** A period of so many minutes, and of no fewer than are needed. */
export function atLeast(minutes: number, needed: number): Duration {
  return Duration.minutes(Math.max(minutes, needed));
}
