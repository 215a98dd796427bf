/** The pipeline in the apps of others: beside another one, in another region, with what exists already. */
import { App, Duration, type Environment, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Budget, ImagePipeline } from '../../lib';
import { rights } from './rights';
import {
  apiKey,
  build,
  CDK_CONTEXT,
  type CloudFormation,
  emptyStack,
  PRICES,
  type Props,
  resourcesOf,
} from './support';
import { resource, synth, synthesised } from './support';

/** Names that must be unique in an account and region, where the template gives them. */
function names({ Resources }: CloudFormation): string[] {
  const keys = ['LogGroupName', 'Name', 'FunctionName', 'BucketName', 'TableName', 'QueueName', 'DashboardName'];
  return Object.values(Resources).flatMap(({ Type, Properties }) =>
    keys.filter((key) => typeof Properties?.[key] === 'string').map((key) => `${Type} ${Properties[key] as string}`),
  );
}

/** The value of the dimension `service` in each alarm on a metric of ours. */
function services(json: CloudFormation): Set<string> {
  const dimensions = resourcesOf(json, 'AWS::CloudWatch::Alarm').flatMap(({ Properties }) => [
    ...(Properties.Dimensions ?? []),
    ...(Properties.Metrics ?? []).flatMap((query: { MetricStat?: { Metric: { Dimensions?: unknown[] } } }) => [
      ...(query.MetricStat?.Metric.Dimensions ?? []),
    ]),
  ]) as { Name: string; Value: string }[];
  return new Set(dimensions.filter(({ Name }) => Name === 'service').map(({ Value }) => Value));
}

describe('two pipelines', () => {
  test('in one stack share no name and no metric, and double every resource', () => {
    const { stack } = emptyStack();
    const secret = apiKey(stack);
    const first = new ImagePipeline(stack, 'First', { apiKey: secret });
    const second = new ImagePipeline(stack, 'Second', { apiKey: secret });
    const { json } = synthesised(stack);

    expect(Object.keys(json.Resources)).toHaveLength(2 * Object.keys(synth().json.Resources).length);
    expect(new Set(names(json)).size).toBe(names(json).length);
    expect(names(json).filter((name) => name.startsWith('AWS::Logs::LogGroup /aws/vendedlogs/'))).toHaveLength(4);
    expect(services(json)).toEqual(new Set([first.serviceName, second.serviceName]));
    expect(services(json).size).toBe(2);
  });

  test('let each other alone: neither has a right on what is the other one’s', () => {
    const { stack } = emptyStack();
    const secret = apiKey(stack);
    for (const id of ['First', 'Second']) new ImagePipeline(stack, id, { apiKey: secret });
    const { json } = synthesised(stack);

    for (const [own, other] of [
      ['First', 'Second'],
      ['Second', 'First'],
    ] as const) {
      expect(rights(json, `${own}Functions`).length).toBeGreaterThan(20);
      expect(rights(json, `${own}Functions`).join()).not.toContain(other);
    }
  });

  test('in two stacks of one app, under the same id, differ in the same names', () => {
    const app = new App({ context: CDK_CONTEXT });
    const stacks = ['One', 'Two'].map((name) => new Stack(app, name));
    for (const stack of stacks) new ImagePipeline(stack, 'Images', { apiKey: apiKey(stack) });
    const [one, two] = stacks.map((stack) => synthesised(stack).json);

    const [inOne, inTwo] = [names(one), names(two)];
    expect(inOne.length).toBeGreaterThan(0);
    expect(inOne.filter((name) => inTwo.includes(name))).toEqual([]);
    expect(services(one)).not.toEqual(services(two));
  });
});

/** Every option that makes or names a resource. */
const everything: Props = (stack) => {
  const encryptionKey = new Key(stack, 'Own');
  return {
    encryptionKey,
    vpc: new Vpc(stack, 'Vpc', { natGateways: 0, restrictDefaultSecurityGroup: false }),
    vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
    referenceBuckets: [new Bucket(stack, 'References', { encryptionKey })],
    defaults: { quality: 'low' },
    maxConcurrentTasks: 3,
    imageRetention: Duration.days(30),
    removalPolicy: RemovalPolicy.DESTROY,
    budgets: [Budget.daily(50), Budget.monthly(100, { tenant: 'team-a' })],
    tenants: ['team-a'],
    prices: PRICES,
    alarms: { topic: new Topic(stack, 'Topic', { masterKey: encryptionKey }), spendPerHourUsd: 1, creditsRemaining: 9 },
    dashboardName: 'Images',
  };
};

describe('where it may live', () => {
  test.each<[string, Environment | undefined]>([
    ['a stack without a region', undefined],
    ['Europe', { account: '123456789012', region: 'eu-central-1' }],
    ['another region', { account: '123456789012', region: 'ap-southeast-2' }],
  ])('%s, with every option', (_, env) => {
    const { json, stack } = synth(everything, env);

    resource(json, 'AWS::StepFunctions::StateMachine');
    const elsewhere = JSON.stringify(json).match(/(?:us|eu|ap)-[a-z]+-\d/g) ?? [];
    expect([...new Set(elsewhere)]).toEqual(env ? [stack.region] : []);
  });
});

describe('a bucket that exists', () => {
  const KEY = 'arn:aws:kms:eu-west-1:123456789012:key/a1b2c3d4-5678-90ab-cdef-111122223333';
  const imports: [string, (stack: Stack) => IBucket, encrypted: boolean][] = [
    ['by name', (stack) => Bucket.fromBucketName(stack, 'Mine', 'mine'), false],
    ['by ARN', (stack) => Bucket.fromBucketArn(stack, 'Mine', 'arn:aws:s3:::mine'), false],
    [
      'with its key',
      (stack) => {
        const encryptionKey = Key.fromKeyArn(stack, 'MineKey', KEY);
        return Bucket.fromBucketAttributes(stack, 'Mine', { bucketName: 'mine', encryptionKey });
      },
      true,
    ],
  ];

  test.each(imports)('%s: rights on its objects, and on its key where it has one', (_, bucket, encrypted) => {
    const { stack, pipeline } = build((scope) => ({ archiveBucket: bucket(scope) }));
    const app = new ManagedPolicy(stack, 'App');
    pipeline.grantUse(app).assertSuccess();
    const { json } = synthesised(stack);
    const of = (role: string) => rights(json, role).filter((right) => /^(s3|kms):/.test(right));
    const key = (action: string) => (encrypted ? [`kms:${action} ${KEY}`] : []);

    expect(resourcesOf(json, 'AWS::S3::Bucket')).toEqual([]);
    expect(resourcesOf(json, 'AWS::S3::BucketPolicy')).toEqual([]);
    expect(of('FunctionsArchiveRole').map(plain)).toEqual([...key('GenerateDataKey'), 's3:PutObject mine/*']);
    expect(of('FunctionsSubmitRole').map(plain)).toEqual([...key('Decrypt'), 's3:GetObject mine/references/*']);
    expect(of('App').map(plain)).toEqual([
      ...key('Decrypt'),
      ...key('GenerateDataKey'),
      's3:GetObject mine/*',
      's3:PutObject mine/references/*',
    ]);
  });

  test('must be in the same region, where both are known', () => {
    const props =
      (region?: string): Props =>
      (stack) => ({ archiveBucket: Bucket.fromBucketAttributes(stack, 'Mine', { bucketName: 'mine', region }) });
    const env = { account: '123456789012', region: 'eu-west-1' };

    expect(() => synth(props('us-east-1'), env)).toThrow(
      /archiveBucket must be in eu-west-1 like the pipeline, got Stack\/Mine in us-east-1/,
    );
    expect(() => synth(props(), env)).not.toThrow();
    expect(() => synth(props('us-east-1'))).not.toThrow();
  });
});

const plain = (right: string) => right.replace('arn:aws:s3:::', '');
