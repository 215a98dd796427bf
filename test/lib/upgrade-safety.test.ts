/**
 * What an update of this package must never do to those who deployed an earlier version: CloudFormation makes a new
 * resource, and orphans or removes the old one, when a logical id or one of the properties below changes. A new table
 * has no ledger and forgets which attempts were sent; a new bucket has none of the images; a new state machine is
 * another ARN, which every app would have to be told.
 *
 * A test that fails here is no test to be updated: find another way, or release a major version with a migration.
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Budget, CallbackEndpoint } from '../../lib';
import { type CloudFormation, PRICES, type Props, resource, resourcesOf, synth } from './support';

/** Logical ids in a pipeline that is called `Images`, and what its users would meet if one of them changed. */
const PINNED: Record<string, [type: string, loss: string]> = {
  ImagesAttemptsTable50CCA322: [
    'AWS::DynamoDB::GlobalTable',
    'a new, empty table: no ledger, no budget spent, and running jobs whose tasks are forgotten and may be paid again',
  ],
  ImagesArchiveBucket8A3985A6: [
    'AWS::S3::Bucket',
    'a new, empty bucket under another name: apps find no image that was made before',
  ],
  ImagesDeadLettersQueue59622D5A: [
    'AWS::SQS::Queue',
    'a new queue, and the old one deleted with the work in it that nobody has done again yet',
  ],
  ImagesWorkflowStateMachineD0C90D12: [
    'AWS::StepFunctions::StateMachine',
    'a new state machine under another ARN: the old one is deleted with its running jobs, and apps start jobs at nothing',
  ],
  ImagesCallbackEndpointApi3271D03F: [
    'AWS::ApiGatewayV2::Api',
    'another address: callbacks of tasks that run during the update arrive nowhere, and the sweep finds them late',
  ],
  ImagesWorkflowLogs6801DB3B: [
    'AWS::Logs::LogGroup',
    'an update that fails: a log group of that name is there already',
  ],
  ImagesCallbackEndpointAccessLog570E74A8: [
    'AWS::Logs::LogGroup',
    'an update that fails: a log group of that name is there already',
  ],
};

const HOLDS = new Set(Object.values(PINNED).map(([type]) => type));

/** Resources that hold something; of the log groups those that have a name of ours. */
function kept({ Resources }: CloudFormation): Record<string, string> {
  const found = Object.entries(Resources).filter(
    ([, { Type, Properties }]) => HOLDS.has(Type) && (Type !== 'AWS::Logs::LogGroup' || 'LogGroupName' in Properties),
  );
  return Object.fromEntries(found.map(([id, { Type }]) => [id, Type]));
}

/** What an update to this template would do to those who have the pinned resources. */
function losses(template: CloudFormation): string[] {
  const now = kept(template);
  return Object.entries(PINNED).flatMap(([id, [type, loss]]) => (now[id] === type ? [] : [`${id} is gone: ${loss}`]));
}

const { json } = synth();

test('an update keeps what holds something', () => {
  expect(losses(json)).toEqual([]);
});

test('what holds something is pinned', () => {
  expect(Object.keys(kept(json)).sort()).toEqual(Object.keys(PINNED).sort());
});

test('an update keeps the address of a function that is called by its URL', () => {
  const { Resources } = synth(() => ({ callbackEndpoint: CallbackEndpoint.functionUrl() })).json;
  const ids = ['ImagesFunctionsCallbackFunction966C3655', 'ImagesFunctionsCallbackFunctionFunctionUrlC170477E'];

  expect(ids.filter((id) => Resources[id] === undefined)).toEqual([]);
  // The one function with a name of ours: another one of that name could not be made before it is deleted.
  expect(Resources.ImagesFunctionsDispatchFunctionBDD935EC?.Properties.FunctionName).toBe(
    'Stack-Images-Functions-FEF606FE-dispatch',
  );
});

/** Each alone: a change of mind about one of them must not cost a table. */
const CHANGES: Record<string, Props> = {
  budgets: () => ({ budgets: [Budget.daily(10), Budget.monthly(100, { perTenant: true })], tenants: ['shop'] }),
  prices: () => ({ prices: PRICES, maxCreditsPerJob: 5 }),
  queue: () => ({ maxConcurrentTasks: 3, maxQueueTime: Duration.hours(1), maxAttempts: 5 }),
  times: () => ({ callbackTimeout: Duration.minutes(10), sweepInterval: Duration.minutes(5) }),
  retention: () => ({ imageRetention: Duration.days(30), removalPolicy: RemovalPolicy.DESTROY }),
  names: () => ({ metricsNamespace: 'Mine', dashboardName: 'Mine' }),
  encryption: (stack) => ({ encryptionKey: new Key(stack, 'Own') }),
  network: (stack) => ({ vpc: new Vpc(stack, 'Vpc') }),
  throttling: () => ({ callbackEndpoint: CallbackEndpoint.httpApi({ rateLimit: 5 }) }),
};

test.each(Object.entries(CHANGES))('so does an update with other %s', (_, props) => {
  expect(losses(synth(props).json)).toEqual([]);
});

test('what would replace the table stays', () => {
  const [table] = resourcesOf(json, 'AWS::DynamoDB::GlobalTable');

  expect(table?.Properties).not.toHaveProperty('TableName');
  expect(table?.Properties.KeySchema).toEqual([
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ]);
  expect(table?.Properties.AttributeDefinitions).toEqual([
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
    { AttributeName: 'openShard', AttributeType: 'S' },
    { AttributeName: 'nextCheckAt', AttributeType: 'N' },
  ]);
  expect(table).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
});

test('what would build the index of open attempts anew stays: the sweep would see none of them meanwhile', () => {
  const [table] = resourcesOf(json, 'AWS::DynamoDB::GlobalTable');

  expect(table?.Properties.GlobalSecondaryIndexes).toEqual([
    {
      IndexName: 'open',
      KeySchema: [
        { AttributeName: 'openShard', KeyType: 'HASH' },
        { AttributeName: 'nextCheckAt', KeyType: 'RANGE' },
      ],
      Projection: {
        ProjectionType: 'INCLUDE',
        NonKeyAttributes: ['createdAt', 'jobId', 'attempt', 'status', 'creditsHeld', 'sendingSince'],
      },
    },
  ]);
});

test('what would replace the bucket or the queue stays, and an image outlives its bucket’s stack', () => {
  const [bucket] = resourcesOf(json, 'AWS::S3::Bucket');
  const [queue] = resourcesOf(json, 'AWS::SQS::Queue');

  // Neither can be changed in place, and a bucket that has object lock can't lose it.
  for (const property of ['BucketName', 'ObjectLockEnabled']) expect(bucket?.Properties).not.toHaveProperty(property);
  for (const property of ['QueueName', 'FifoQueue']) expect(queue?.Properties).not.toHaveProperty(property);
  expect(bucket).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
});

test('the workflow stays one: no name of ours, so that a replacement can stand beside it, and Standard for ever', () => {
  const machine = resource(json, 'AWS::StepFunctions::StateMachine', 'Workflow').Properties;
  expect(machine).not.toHaveProperty('StateMachineName');
  expect(machine.StateMachineType ?? 'STANDARD').toBe('STANDARD');
});
