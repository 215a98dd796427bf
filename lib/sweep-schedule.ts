import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

/** Properties of a `SweepSchedule`. */
export interface SweepScheduleProps {
  /** The function that looks for tasks whose callback did not come. */
  readonly sweep: IFunction;

  /** How often it runs, in whole minutes. */
  readonly interval: Duration;
}

/** Runs the sweep regularly. A run that can't be started is dropped: the next one does its work. */
export class SweepSchedule extends Construct {
  /** The rule of EventBridge. */
  public readonly rule: Rule;

  constructor(scope: Construct, id: string, props: SweepScheduleProps) {
    super(scope, id);
    this.rule = new Rule(this, 'Rule', {
      description: 'Looks for image tasks whose callback did not come.',
      schedule: Schedule.rate(props.interval),
      targets: [new LambdaFunction(props.sweep, { retryAttempts: 0, maxEventAge: Duration.minutes(1) })],
    });
  }
}
