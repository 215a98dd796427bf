import { Duration } from 'aws-cdk-lib';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import type { DeadLetters } from './dead-letters';
import { FAILED_STATUSES, jobEndPattern } from './job-rule';

/** Properties of a `EndedRule`. */
export interface EndedRuleProps {
  /** The workflow whose executions are watched. */
  readonly stateMachine: IStateMachine;
  /** The function that is told. */
  readonly handler: IFunction;
  /** Where events go that could not be delivered. */
  readonly deadLetters: DeadLetters;
}

/** Tells a function of each job that ended without success. Step Functions sends these events as best it can. */
export class EndedRule extends Construct {
  /** The rule of EventBridge. */
  public readonly rule: Rule;

  constructor(scope: Construct, id: string, props: EndedRuleProps) {
    super(scope, id);
    this.rule = new Rule(this, 'Rule', {
      description: 'Image jobs that were stopped, failed or took too long.',
      eventPattern: jobEndPattern(props.stateMachine, FAILED_STATUSES),
      targets: [
        new LambdaFunction(props.handler, {
          // Not the whole event: it carries the job's input, and with that the prompt.
          event: RuleTargetInput.fromObject({ executionArn: EventField.fromPath('$.detail.executionArn') }),
          deadLetterQueue: props.deadLetters.queue,
          retryAttempts: 8,
          maxEventAge: Duration.hours(6),
        }),
      ],
    });
  }
}
