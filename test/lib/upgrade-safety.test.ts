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

/** Logical ids in a pipeline that is called `Images`. */
const PINNED = {
  ImagesAttemptsTable50CCA322: 'AWS::DynamoDB::GlobalTable',
  ImagesArchiveBucket8A3985A6: 'AWS::S3::Bucket',
  ImagesDeadLettersQueue59622D5A: 'AWS::SQS::Queue',
  ImagesWorkflowStateMachineD0C90D12: 'AWS::StepFunctions::StateMachine',
  // Callbacks of tasks that run during an update arrive at the address that they were given.
  ImagesCallbackEndpointApi3271D03F: 'AWS::ApiGatewayV2::Api',
};

const KEPT = new Set(Object.values(PINNED));

function kept({ Resources }: CloudFormation): Record<string, string> {
  const found = Object.entries(Resources).map(([id, { Type }]) => [id, Type] as const);
  return Object.fromEntries(found.filter(([, type]) => KEPT.has(type)));
}

const { json } = synth();

test('resources that hold something keep their logical ids', () => {
  expect(kept(json)).toEqual(PINNED);
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

test.each(Object.entries(CHANGES))('with other %s, too', (_, props) => {
  expect(kept(synth(props).json)).toEqual(PINNED);
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

test('nothing that is kept has a name of ours: a replacement could not stand beside it', () => {
  const names = { 'AWS::S3::Bucket': 'BucketName', 'AWS::SQS::Queue': 'QueueName' };
  for (const [type, name] of Object.entries(names)) {
    expect(resourcesOf(json, type)[0]?.Properties).not.toHaveProperty(name);
  }
  const machine = resource(json, 'AWS::StepFunctions::StateMachine', 'Workflow').Properties;
  expect(machine).not.toHaveProperty('StateMachineName');
  // Standard for ever: the type of a state machine cannot be changed.
  expect(machine.StateMachineType ?? 'STANDARD').toBe('STANDARD');
});
