import type { Duration } from 'aws-cdk-lib';
import type { ITopic } from 'aws-cdk-lib/aws-sns';

/**
 * When the pipeline calls for help, and whom. Alarms exist for budgets, failures, stuck work, drift and a refused key
 * in any case; those whose threshold nobody can guess exist once it is given. `docs/runbook.md` explains each.
 */
export interface PipelineAlarmOptions {
  /**
   * Who is told when an alarm goes off. The topic is in the pipeline's region, and its policy must let
   * `cloudwatch.amazonaws.com` publish. A key of the topic's own is told to let alarms use it; one that was imported needs a statement (`docs/encryption.md`).
   *
   * @default - nobody: alarms show on the console only
   */
  readonly topic?: ITopic;

  /**
   * US dollars that may be spent within an hour: above 0.
   *
   * @default - no such alarm: only its owner knows what a pipeline usually spends
   */
  readonly spendPerHourUsd?: number;

  /**
   * Credits of the account, and of the pipeline's key where that has a limit, below which somebody should top up:
   * above 0.
   *
   * @default - no such alarm: `daysRemaining` watches the same, measured by what is spent
   */
  readonly creditsRemaining?: number;

  /**
   * Days for which the remaining credits must last at the present rate: above 0.
   *
   * @default 3
   */
  readonly daysRemaining?: number;

  /**
   * Jobs without an image, in per cent of all jobs, that are too many for half an hour: above 0, at most 100.
   *
   * @default 20
   */
  readonly failureRatePercent?: number;

  /**
   * Age at which an open attempt is stuck, in whole seconds: at least 5 minutes.
   *
   * @default - half an hour above `callbackTimeout`
   */
  readonly oldestOpenAttempt?: Duration;
}
