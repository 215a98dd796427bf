import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

/** Properties of a `FunctionSchedule`. */
export interface FunctionScheduleProps {
  /** The function that runs. */
  readonly handler: IFunction;

  /** How often it runs, in whole minutes. */
  readonly interval: Duration;

  /** What for, in one sentence, shown in the console. */
  readonly description: string;
}

/** Runs a function regularly. A run that can't be started is dropped: the next one does its work. */
export class FunctionSchedule extends Construct {
  /** The rule of EventBridge. */
  public readonly rule: Rule;

  constructor(scope: Construct, id: string, props: FunctionScheduleProps) {
    super(scope, id);
    this.rule = new Rule(this, 'Rule', {
      description: props.description,
      schedule: Schedule.rate(props.interval),
      targets: [new LambdaFunction(props.handler, { retryAttempts: 0, maxEventAge: Duration.minutes(1) })],
    });
  }
}
