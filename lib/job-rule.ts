import {
  EventField,
  type EventPattern,
  type IRule,
  type IRuleTarget,
  type OnEventOptions,
} from 'aws-cdk-lib/aws-events';
import { Rule, type RuleTargetConfig, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';

/** How a job ends without an image. */
export const FAILED_STATUSES = ['FAILED', 'TIMED_OUT', 'ABORTED'];

/** Properties of a `JobRule`. */
export interface JobRuleProps {
  /** The workflow whose executions are watched. */
  readonly stateMachine: IStateMachine;

  /** Step Functions' own words for how an execution ends. */
  readonly statuses: string[];

  /**
   * Target, a narrower pattern, name, description.
   *
   * @default - a rule without a target
   */
  readonly options?: OnEventOptions;
}

/** The events of one workflow's executions that ended. Step Functions sends them as best it can. */
export function jobEndPattern(stateMachine: IStateMachine, statuses: string[]): EventPattern {
  return {
    source: ['aws.states'],
    detailType: ['Step Functions Execution Status Change'],
    detail: { status: statuses, stateMachineArn: [stateMachine.stateMachineArn] },
  };
}

/**
 * Jobs that ended, for targets of your own. The event itself never reaches them: it carries the job's input, and with
 * that the prompt. Whatever target is added, now or later, gets the few fields of `MESSAGE`.
 */
export class JobRule extends Rule {
  constructor(scope: Construct, id: string, { stateMachine, statuses, options = {} }: JobRuleProps) {
    const { ruleName, description = 'Image jobs that ended.', eventPattern, target } = options;
    super(scope, id, { ruleName, description, eventPattern: jobEndPattern(stateMachine, statuses) });
    if (eventPattern) this.addEventPattern(eventPattern);
    this.addTarget(target);
  }

  /** Adds a target that takes a message: a queue, topic, function, workflow, log group, bus or HTTP endpoint. */
  public override addTarget(target?: IRuleTarget): void {
    super.addTarget(target && { bind: (rule: IRule, id?: string) => withMessage(target.bind(rule, id)) });
  }
}

/** Documented in `docs/events.md`. Times are milliseconds since 1970. */
const MESSAGE = RuleTargetInput.fromObject({
  jobId: EventField.fromPath('$.detail.name'),
  executionArn: EventField.fromPath('$.detail.executionArn'),
  status: EventField.fromPath('$.detail.status'),
  startedAt: EventField.fromPath('$.detail.startDate'),
  endedAt: EventField.fromPath('$.detail.stopDate'),
});

function withMessage(config: RuleTargetConfig): RuleTargetConfig {
  return { ...config, input: MESSAGE };
}
