import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { build, type CloudFormation, resource, synthesised } from './support';

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
    InputTransformer: { InputPathsMap: Record<string, string>; InputTemplate: string };
  }[];
  return targets.map(({ InputTransformer: { InputPathsMap, InputTemplate } }) =>
    JSON.parse(InputTemplate.replace(/<([^>]+)>/g, (_, name: string) => JSON.stringify(InputPathsMap[name]))),
  );
}

test.each([
  ['onJobSucceeded', ['SUCCEEDED']],
  ['onJobFailed', ['FAILED', 'TIMED_OUT', 'ABORTED']],
] as const)('%s: the jobs of this workflow, told in a few fields', (method, statuses) => {
  const { stack, pipeline } = build();
  pipeline[method]('Mine', { target: new SqsQueue(new Queue(stack, 'Queue')), description: 'My jobs.' });
  const { json } = synthesised(stack);

  const { EventPattern, Description } = resource(json, 'AWS::Events::Rule', 'Mine').Properties;
  expect(Description).toBe('My jobs.');
  expect(EventPattern).toEqual({
    source: ['aws.states'],
    'detail-type': ['Step Functions Execution Status Change'],
    detail: { status: statuses, stateMachineArn: [{ Ref: expect.stringMatching(/^ImagesWorkflowStateMachine/) }] },
  });
  expect(messages(json, 'Mine')).toEqual([MESSAGE]);
});

test('a target that is added later, or brings a message of its own, gets no prompt either', () => {
  const { stack, pipeline } = build();
  const rule = pipeline.onJobFailed('Mine');
  rule.addTarget(new SqsQueue(new Queue(stack, 'One')));
  rule.addTarget(new SqsQueue(new Queue(stack, 'Two'), { message: undefined }));
  const { json } = synthesised(stack);

  expect(messages(json, 'Mine')).toEqual([MESSAGE, MESSAGE]);
});

test('a pattern may be narrower', () => {
  const { stack, pipeline } = build();
  pipeline.onJobSucceeded('Mine', { eventPattern: { detail: { name: [{ prefix: 'shop-' }] } } });
  const { json } = synthesised(stack);

  const { EventPattern } = resource(json, 'AWS::Events::Rule', 'Mine').Properties;
  expect(EventPattern.detail).toMatchObject({ name: [{ prefix: 'shop-' }], status: ['SUCCEEDED'] });
});
