/** What looks after jobs that ended without an image: the rule on their end, and the queue of dead letters. */
import { flatten, lambdaFunction, resource, resourcesOf, synth } from './support';

const { json } = synth();
const queueArn = { 'Fn::GetAtt': [expect.stringContaining('DeadLettersQueue'), 'Arn'] };

describe('the rule on the end of a job', () => {
  const { Properties } = resource(json, 'AWS::Events::Rule', 'JobEndRule');

  test('hears of every end without success of this workflow, and of no other', () => {
    expect(Properties.EventPattern).toEqual({
      source: ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      detail: {
        status: ['FAILED', 'TIMED_OUT', 'ABORTED'],
        stateMachineArn: [{ Ref: expect.stringContaining('StateMachine') }],
      },
    });
  });

  test("sends the execution's ARN alone: the event holds the prompt", () => {
    const [target] = Properties.Targets;
    expect(target.InputTransformer).toEqual({
      InputPathsMap: { 'detail-executionArn': '$.detail.executionArn' },
      InputTemplate: '{"executionArn":<detail-executionArn>}',
    });
    expect(flatten(target.Arn)).toContain('FunctionsEnded');
  });

  test('loses no event that cannot be delivered', () => {
    expect(Properties.Targets[0].DeadLetterConfig).toEqual({ Arn: queueArn });
  });
});

describe('dead letters', () => {
  test('come from each function that is started asynchronously, when all tries are over', () => {
    const configs = resourcesOf(json, 'AWS::Lambda::EventInvokeConfig').filter(
      ({ Properties }) => Properties.DestinationConfig !== undefined,
    );
    expect(
      configs.map(({ Properties }) => flatten(Properties.FunctionName).replace(/[0-9A-F]{8}>$/, '')).sort(),
    ).toEqual(['<ImagesFunctionsArchiveFunction', '<ImagesFunctionsDispatchFunction', '<ImagesFunctionsEndedFunction']);
    for (const { Properties } of configs) {
      expect(Properties.DestinationConfig).toEqual({ OnFailure: { Destination: queueArn } });
    }
  });

  test('are kept as long as there is, encrypted, over TLS only', () => {
    const [queue] = resourcesOf(json, 'AWS::SQS::Queue');
    expect(queue?.Properties).toMatchObject({ MessageRetentionPeriod: 14 * 86_400, SqsManagedSseEnabled: true });
    const [policy] = resourcesOf(json, 'AWS::SQS::QueuePolicy');
    expect(JSON.stringify(policy?.Properties.PolicyDocument)).toContain('"aws:SecureTransport":"false"');
  });
});

test('dispatch does not know its own name, so it cannot start itself', () => {
  const { Variables } = lambdaFunction(json, 'Dispatch').Properties.Environment;
  expect(Variables).not.toHaveProperty('DISPATCH_FUNCTION');
});
