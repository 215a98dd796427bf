import { Resource, Stack, Token, TokenComparison } from 'aws-cdk-lib';
import {
  EventField,
  type IRule,
  type IRuleTarget,
  type RuleTargetConfig,
  RuleTargetInput,
} from 'aws-cdk-lib/aws-events';
import { CloudWatchLogGroup, EventBus } from 'aws-cdk-lib/aws-events-targets';
import type { IConstruct } from 'constructs';
import { fail } from './validation';

/** Documented in `docs/events.md`. Times are milliseconds since 1970. */
const MESSAGE = RuleTargetInput.fromObject({
  jobId: EventField.fromPath('$.detail.name'),
  executionArn: EventField.fromPath('$.detail.executionArn'),
  status: EventField.fromPath('$.detail.status'),
  startedAt: EventField.fromPath('$.detail.startDate'),
  endedAt: EventField.fromPath('$.detail.stopDate'),
});

/**
 * A target as it would be, but told of a job's end in a message of ours, whatever message it brings: the event itself
 * carries the job's input, and with that the prompt.
 */
export function withJobMessage(target: IRuleTarget): IRuleTarget {
  return {
    bind: (rule: IRule, id?: string): RuleTargetConfig => {
      refuseWithoutMessage(rule, target);
      const config = target.bind(rule, id);
      refuseElsewhere(rule, config.targetResource);
      return { ...config, input: MESSAGE };
    },
  };
}

/** EventBridge gives these two nothing but whole events, or a shape of its own. */
function refuseWithoutMessage(rule: IRule, target: IRuleTarget): void {
  const kind = target instanceof EventBus ? 'a bus' : target instanceof CloudWatchLogGroup ? 'a log group' : undefined;
  if (kind === undefined) return;
  fail(rule, `target must take a message, got ${kind}: put a queue, a topic or a function here, and that behind it`);
}

/** CDK would send the whole event to the bus of the other account or region, and a message only from there. */
function refuseElsewhere(rule: IRule, resource: IConstruct | undefined): void {
  if (resource === undefined) return;
  const { account, region } = Resource.isResource(resource) ? resource.env : Stack.of(resource);
  if (isSame(account, rule.env.account) && isSame(region, rule.env.region)) return;
  fail(
    rule,
    `target must be in the account and region of the rule, got ${resource.node.path} elsewhere: the whole event would go there, with the prompt`,
  );
}

function isSame(one: string, other: string): boolean {
  return [TokenComparison.SAME, TokenComparison.BOTH_UNRESOLVED].includes(Token.compareStrings(one, other));
}
