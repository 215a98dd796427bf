import { Duration, Stack } from 'aws-cdk-lib';
import { type EventPattern, EventBus as Bus, EventField, Match, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import {
  CloudWatchLogGroup,
  EventBus,
  LambdaFunction,
  SfnStateMachine,
  SnsTopic,
  SqsQueue,
} from 'aws-cdk-lib/aws-events-targets';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { build, type CloudFormation, resource, resourcesOf, synthesised } from './support';

const MESSAGE = {
  jobId: '$.detail.name',
  executionArn: '$.detail.executionArn',
  status: '$.detail.status',
  startedAt: '$.detail.startDate',
  endedAt: '$.detail.stopDate',
};

/** The input of a rule's targets, with the paths filled into their template. */
function messages(json: CloudFormation, rule: string): unknown[] {
  const targets = resource(json, 'AWS::Events::Rule', rule).Properties.Targets as {
    Input?: string;
    InputPath?: string;
    InputTransformer: { InputPathsMap: Record<string, string>; InputTemplate: string };
  }[];
  return targets.map(({ Input, InputPath, InputTransformer: { InputPathsMap, InputTemplate } }) => {
    expect([Input, InputPath]).toEqual([undefined, undefined]);
    return JSON.parse(
      InputTemplate.replace(/<([^>]+)>/g, (_, name: string) => JSON.stringify(InputPathsMap[name])),
    ) as unknown;
  });
}

test.each([
  ['onJobSucceeded', ['SUCCEEDED']],
  ['onJobFailed', ['FAILED', 'TIMED_OUT', 'ABORTED']],
] as const)('%s: the jobs of this workflow, told in a few fields', (method, statuses) => {
  const { stack, pipeline } = build();
  pipeline[method]('Mine', {
    target: new SqsQueue(new Queue(stack, 'Queue')),
    description: 'My jobs.',
    ruleName: 'my-jobs',
  });
  const { json } = synthesised(stack);

  const { EventPattern, Description, Name } = resource(json, 'AWS::Events::Rule', 'Mine').Properties;
  expect([Description, Name]).toEqual(['My jobs.', 'my-jobs']);
  expect(EventPattern).toEqual({
    source: ['aws.states'],
    'detail-type': ['Step Functions Execution Status Change'],
    detail: { status: statuses, stateMachineArn: [{ Ref: expect.stringMatching(/^ImagesWorkflowStateMachine/) }] },
  });
  expect(messages(json, 'Mine')).toEqual([MESSAGE]);
});

test('the id of a rule may be that of any part of the pipeline', () => {
  const { stack, pipeline } = build();
  const ids = pipeline.node.children.map(({ node }) => node.id);
  expect(ids).toContain('Alarms');
  for (const id of ids) pipeline.onJobFailed(id, { description: id });

  const descriptions = resourcesOf(synthesised(stack).json, 'AWS::Events::Rule').map(
    ({ Properties }) => Properties.Description as string,
  );
  expect(descriptions).toEqual(expect.arrayContaining(ids));
});

test('whatever its class, whenever it is added and whatever message it brings, a target gets no prompt', () => {
  const { stack, pipeline } = build();
  const prompt = RuleTargetInput.fromObject({ mine: EventField.fromPath('$.detail.input') });
  const path = RuleTargetInput.fromEventPath('$.detail.input');
  const queue = new Queue(stack, 'Queue');
  const rule = pipeline.onJobFailed('Mine');
  rule.addTarget(new SqsQueue(queue, { message: prompt }));
  rule.addTarget(new SnsTopic(new Topic(stack, 'Topic'), { message: path }));
  rule.addTarget(new LambdaFunction(pipeline.functions.reconcile, { event: prompt }));
  rule.addTarget(new SfnStateMachine(pipeline.stateMachine, { input: path }));
  rule.addTarget(new SqsQueue(queue));
  const { json } = synthesised(stack);

  expect(messages(json, 'Mine')).toEqual(Array(5).fill(MESSAGE));
  expect(JSON.stringify(resourcesOf(json, 'AWS::Events::Rule'))).not.toContain('detail.input');
});

test('what else a target says of itself stays', () => {
  const { stack, pipeline } = build();
  const queue = new Queue(stack, 'Queue', { fifo: true });
  pipeline.onJobSucceeded('Mine', {
    target: new SqsQueue(queue, { messageGroupId: 'jobs', retryAttempts: 3, maxEventAge: Duration.hours(1) }),
  });
  const [target] = resource(synthesised(stack).json, 'AWS::Events::Rule', 'Mine').Properties.Targets as unknown[];

  expect(target).toMatchObject({
    SqsParameters: { MessageGroupId: 'jobs' },
    RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 3_600 },
  });
});

test('the rule may belong to another stack', () => {
  const { app, stack, pipeline } = build();
  const theirs = new Stack(app, 'Theirs');
  const target = new SqsQueue(new Queue(theirs, 'Queue'));
  pipeline.onJobSucceeded('Mine', { crossStackScope: theirs, target });

  expect(Object.keys(synthesised(stack).json.Resources).filter((id) => id.includes('Mine'))).toEqual([]);
  expect(messages(synthesised(theirs).json, 'Mine')).toEqual([MESSAGE]);
});

describe('a target is refused', () => {
  test('that can only be given the whole event', () => {
    const { stack, pipeline } = build();
    const rule = pipeline.onJobSucceeded('Mine');

    expect(() => rule.addTarget(new EventBus(new Bus(stack, 'Bus')))).toThrow(
      /Stack\/Images\/Rules\/Mine: target must take a message, got a bus/,
    );
    expect(() => pipeline.onJobFailed('Log', { target: new CloudWatchLogGroup(new LogGroup(stack, 'Log')) })).toThrow(
      /target must take a message, got a log group/,
    );
  });

  test.each([
    ['account', { account: '210987654321', region: 'eu-west-1' }],
    ['region', { account: '123456789012', region: 'eu-central-1' }],
  ])('in another %s, to whose bus the whole event would go', (_, env) => {
    const { app, pipeline } = build(undefined, { account: '123456789012', region: 'eu-west-1' });
    const theirs = new Queue(new Stack(app, 'Theirs', { env }), 'Queue', { queueName: 'theirs' });

    expect(() => pipeline.onJobSucceeded('Mine', { target: new SqsQueue(theirs) })).toThrow(
      /target must be in the account and region of the rule, got Theirs\/Queue elsewhere/,
    );
  });
});

describe('a pattern', () => {
  const patternOf = (eventPattern: EventPattern) => {
    const { stack, pipeline } = build();
    pipeline.onJobFailed('Mine', { eventPattern });
    return resource(synthesised(stack).json, 'AWS::Events::Rule', 'Mine').Properties.EventPattern as {
      detail: { status: string[] };
    };
  };

  test('may be narrower', () => {
    const pattern = patternOf({ account: ['123456789012'], detail: { name: [{ prefix: 'shop-' }] } });

    expect(pattern).toMatchObject({
      account: ['123456789012'],
      detail: { name: [{ prefix: 'shop-' }], status: ['FAILED', 'TIMED_OUT', 'ABORTED'] },
    });
  });

  test('may ask for some of the ways to end', () => {
    expect(patternOf({ detail: { status: ['TIMED_OUT'] } }).detail.status).toEqual(['TIMED_OUT']);
  });

  test.each<[string, EventPattern]>([
    ['another status', { detail: { status: ['FAILED', 'SUCCEEDED'] } }],
    ['no status', { detail: { status: [] } }],
    ['a status by a matcher', { detail: { status: Match.prefix('F') } }],
  ])('is refused with %s', (_, eventPattern) => {
    expect(() => patternOf(eventPattern)).toThrow(
      /Stack\/Images\/Rules\/Mine: eventPattern must name detail\.status out of FAILED, TIMED_OUT, ABORTED, got \[/,
    );
  });

  test.each<[string, EventPattern]>([
    ['source', { source: ['mine'] }],
    ['detailType', { detailType: ['mine'] }],
    [
      'detail.stateMachineArn',
      { detail: { stateMachineArn: ['arn:aws:states:eu-west-1:123456789012:stateMachine:x'] } },
    ],
  ])('is refused with a %s, which would make the rule wider', (field, eventPattern) => {
    expect(() => patternOf(eventPattern)).toThrow(`eventPattern must leave ${field} to the rule, got ["`);
  });

  test('is refused when it is added later and would make the rule wider, too', () => {
    const rule = build().pipeline.onJobSucceeded('Mine');

    expect(() => rule.addEventPattern({ detail: { status: ['RUNNING'] } })).toThrow(
      'eventPattern must leave detail.status to the rule, got ["RUNNING"]',
    );
  });
});
