import { Token } from 'aws-cdk-lib';
import { type EventPattern, type IRuleTarget, type OnEventOptions, Rule } from 'aws-cdk-lib/aws-events';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { withJobMessage } from './job-message';
import { fail } from './validation';

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
 * that the prompt. Whatever target is added, now or later, gets the few fields of `docs/events.md`.
 */
export class JobRule extends Rule {
  constructor(scope: Construct, id: string, { stateMachine, statuses, options = {} }: JobRuleProps) {
    const { ruleName, description = 'Image jobs that ended.', eventPattern, target } = options;
    super(scope, id, { ruleName, description });
    const { status, ...detail } = (eventPattern?.detail ?? {}) as Record<string, unknown>;
    super.addEventPattern(jobEndPattern(stateMachine, this.chosen(statuses, status)));
    this.addEventPattern(eventPattern && { ...eventPattern, detail });
    this.addTarget(target);
  }

  /**
   * Adds a target that takes a message: a queue, topic, function, workflow or HTTP endpoint, in the rule's account and
   * region. A bus or a log group is refused.
   */
  public override addTarget(target?: IRuleTarget): void {
    super.addTarget(target && withJobMessage(target));
  }

  /**
   * Narrows the rule by fields that it doesn't look at yet. CDK adds to the values of a field that is there, so the rule
   * would become wider by what it already looks at: that is refused.
   */
  public override addEventPattern(eventPattern?: EventPattern): void {
    if (!eventPattern) return;
    const { source, detailType, detail } = eventPattern;
    const { status, stateMachineArn } = (detail ?? {}) as Record<string, unknown>;
    const taken = { source, detailType, 'detail.status': status, 'detail.stateMachineArn': stateMachineArn };
    const [[field, got] = []] = Object.entries(taken).filter(([, value]) => value !== undefined);
    if (field !== undefined) {
      fail(this, `eventPattern must leave ${field} to the rule, got ${JSON.stringify(this.stack.resolve(got))}`);
    }
    super.addEventPattern(eventPattern);
  }

  /** Some of the ways to end are enough for some. */
  private chosen(statuses: string[], wanted: unknown): string[] {
    if (wanted === undefined) return statuses;
    const known = Array.isArray(wanted) && !Token.isUnresolved(wanted) ? (wanted as unknown[]) : [];
    const chosen = statuses.filter((status) => known.includes(status));
    if (chosen.length > 0 && chosen.length === known.length) return chosen;
    fail(
      this,
      `eventPattern must name detail.status out of ${statuses.join(', ')}, got ${JSON.stringify(this.stack.resolve(wanted))}`,
    );
  }
}
