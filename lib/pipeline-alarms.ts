import type { Duration } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { AlarmRule } from './alarm-rule';
import { alarmRules } from './alarm-rules';
import type { Budget } from './budget';
import { allowAlarms } from './key-policy';
import type { MeteredPipeline } from './metrics';
import type { PipelineAlarmOptions } from './pipeline-alarm-options';

/** Properties of `PipelineAlarms`. All of them are checked and defaulted by the pipeline. */
export interface PipelineAlarmsProps {
  /** The pipeline whose metrics are watched. */
  readonly pipeline: MeteredPipeline;
  /** Asynchronous work that failed for good. */
  readonly deadLetterQueue: IQueue;
  /** Thresholds, and who is told. */
  readonly options: PipelineAlarmOptions;
  /** Limits of what may be spent. */
  readonly budgets: Budget[];
  /** The tenants that metrics tell apart. */
  readonly tenants: string[];
  /** Time limit of one task. */
  readonly callbackTimeout: Duration;
  /** How often the sweep runs. */
  readonly sweepInterval: Duration;
  /** How often the gauges are reported. */
  readonly reconcileInterval: Duration;
  /** Where the runbook is, without a fragment. */
  readonly runbookUrl: string;
}

/** What calls for help before the money is gone or the work is stuck. Each alarm names its section of the runbook. */
export class PipelineAlarms extends Construct {
  /** Every alarm, named by CloudFormation. */
  public readonly alarms: Alarm[];

  constructor(scope: Construct, id: string, props: PipelineAlarmsProps) {
    super(scope, id);
    const topicKey = props.options.topic?.masterKey;
    if (topicKey) allowAlarms(this, topicKey);
    this.alarms = alarmRules(props).map((rule) => this.createAlarm(rule, props));
  }

  private createAlarm(rule: AlarmRule, { options, runbookUrl }: PipelineAlarmsProps): Alarm {
    const alarm = rule.metric.createAlarm(this, rule.id, {
      alarmDescription: `${rule.sentence} ${rule.why} What to do: ${runbookUrl}#${rule.section}`,
      comparisonOperator: rule.comparison,
      threshold: rule.threshold,
      evaluationPeriods: rule.periods ?? 1,
      treatMissingData: rule.missing,
    });
    if (options.topic) alarm.addAlarmAction(new SnsAction(options.topic));
    return alarm;
  }
}
