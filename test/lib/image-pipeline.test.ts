import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { ENV, TABLE } from '../../domain/constants';
import { DEFAULT_PRICES } from '../../domain/prices';
import { Budget, CallbackEndpoint, ImagePipeline, type ImagePipelineProps, Resolution } from '../../lib';
import { flatten, CDK_CONTEXT, PRICES, apiKey, definition, emptyStack, environment, lambdaFunction } from './support';
import { type Props, resource, resourcesOf, synth, synthesised } from './support';

const minimal = synth();

const FUNCTIONS = ['Validate', 'Submit', 'Dispatch', 'Callback', 'Sweep', 'Ended', 'Archive', 'Reconcile'];

const MAXIMAL: Props = (stack) => ({
  apiKey: new Secret(stack, 'Key', { encryptionKey: new Key(stack, 'SecretKey') }),
  archiveBucket: new Bucket(stack, 'Mine', { encryptionKey: new Key(stack, 'BucketKey') }),
  referenceBuckets: [Bucket.fromBucketName(stack, 'References', 'references')],
  defaults: {
    model: 'gpt-image-2',
    size: '16:9',
    resolution: Resolution.TWO_K,
    quality: 'low',
    n: 2,
  },
  callbackTimeout: Duration.hours(2),
  maxAttempts: 5,
  firstCheckAfter: Duration.seconds(10),
  sweepInterval: Duration.minutes(5),
  logRetention: RetentionDays.ONE_WEEK,
  removalPolicy: RemovalPolicy.DESTROY,
  evolinkBaseUrl: 'https://evolink.example.com/gateway/',
  resultHosts: ['files.evolink.ai'],
  metricsNamespace: 'Acme/Images',
  maxCreditsPerJob: 2.5,
  budgets: [Budget.daily(50), Budget.monthly(1_000, { tenant: 'team_a', timeZone: 'Europe/Berlin' })],
  tenants: ['team_a', 'team-b'],
  prices: PRICES,
  alarms: { topic: new Topic(stack, 'Topic'), spendPerHourUsd: 10, creditsRemaining: 100 },
  dashboardName: 'Images',
  reconcileInterval: Duration.minutes(10),
  runbookUrl: 'https://wiki.example.com/runbook',
});

describe('minimal properties', () => {
  test('make one of each', () => {
    minimal.template.resourceCountIs('AWS::StepFunctions::StateMachine', 1);
    minimal.template.resourceCountIs('AWS::Lambda::Function', 8);
    minimal.template.resourceCountIs('AWS::DynamoDB::GlobalTable', 1);
    minimal.template.resourceCountIs('AWS::S3::Bucket', 1);
    minimal.template.resourceCountIs('AWS::ApiGatewayV2::Api', 1);
    minimal.template.resourceCountIs('AWS::Events::Rule', 3);
    minimal.template.resourceCountIs('AWS::SQS::Queue', 1);
    minimal.template.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
    minimal.template.resourceCountIs('AWS::SecretsManager::Secret', 0);
    minimal.template.resourceCountIs('AWS::SNS::Topic', 0);
  });

  test('give functions the documented defaults', () => {
    expect(environment(minimal.json, 'Submit')).toMatchObject({
      [ENV.apiKeySecretId]: 'evolink/api-key',
      [ENV.evolinkBaseUrl]: 'https://api.evolink.ai',
      [ENV.maxAttempts]: '3',
      [ENV.firstCheckSeconds]: '120',
    });
    expect(environment(minimal.json, 'Sweep')).toMatchObject({ [ENV.taskTimeoutSeconds]: '3600' });
    expect(environment(minimal.json, 'Validate')[ENV.requestDefaults]).toBe('{}');
    expect(flatten(environment(minimal.json, 'Validate')[ENV.referenceBuckets])).toMatch(
      /^\["<ImagesArchiveBucket\w+>"\]$/,
    );
    expect(environment(minimal.json, 'Archive')[ENV.resultHosts]).toBe('[]');
  });

  test('limit nothing, tell no tenant apart and keep the published prices', () => {
    for (const name of ['Submit', 'Callback', 'Sweep', 'Reconcile']) {
      expect(environment(minimal.json, name)[ENV.budgets]).toBe('[]');
    }
    for (const name of FUNCTIONS) expect(environment(minimal.json, name)[ENV.tenants]).toBe('[]');
    for (const name of FUNCTIONS) expect(environment(minimal.json, name)).not.toHaveProperty(ENV.priceTable);
    expect(environment(minimal.json, 'Validate')).not.toHaveProperty(ENV.maxCreditsPerJob);
  });

  test('keep the table and the bucket when the stack is removed', () => {
    const table = resource(minimal.json, 'AWS::DynamoDB::GlobalTable');

    expect(table.DeletionPolicy).toBe('Retain');
    expect(table.Properties.Replicas[0].DeletionProtectionEnabled).toBe(true);
    expect(resource(minimal.json, 'AWS::S3::Bucket').DeletionPolicy).toBe('Retain');
  });
});

describe('maximal properties', () => {
  const maximal = synth(MAXIMAL);

  test('reach the functions', () => {
    expect(environment(maximal.json, 'Submit')).toMatchObject({
      [ENV.evolinkBaseUrl]: 'https://evolink.example.com/gateway',
      [ENV.maxAttempts]: '5',
      [ENV.firstCheckSeconds]: '10',
    });
    expect(environment(maximal.json, 'Sweep')).toMatchObject({ [ENV.taskTimeoutSeconds]: '7200' });
    expect(environment(maximal.json, 'Submit')).toMatchObject({ [ENV.taskTimeoutSeconds]: '7200' });
    expect(flatten(environment(maximal.json, 'Validate')[ENV.referenceBuckets])).toMatch(
      /^\["references","<Mine\w+>"\]$/,
    );
    expect(JSON.parse(environment(maximal.json, 'Validate')[ENV.requestDefaults] as string)).toEqual({
      model: 'gpt-image-2',
      size: '16:9',
      resolution: '2K',
      quality: 'low',
      n: 2,
    });
    expect(environment(maximal.json, 'Archive')[ENV.resultHosts]).toBe('["files.evolink.ai"]');
  });

  test('carry money to the functions exactly, in 10⁻⁴ credit', () => {
    const rules = [
      { id: 'all-day', scope: 'all', period: 'day', limit: 500_000, timeZone: 'UTC' },
      {
        id: 'tenant-team_a-month',
        scope: 'tenant',
        tenant: 'team_a',
        period: 'month',
        limit: 10_000_000,
        timeZone: 'Europe/Berlin',
      },
    ];
    for (const name of ['Submit', 'Callback', 'Sweep', 'Reconcile']) {
      expect(JSON.parse(environment(maximal.json, name)[ENV.budgets] as string)).toEqual(rules);
    }
    for (const name of FUNCTIONS) {
      expect(environment(maximal.json, name)[ENV.tenants]).toBe('["team_a","team-b"]');
      expect(JSON.parse(environment(maximal.json, name)[ENV.priceTable] as string)).toEqual({
        ...DEFAULT_PRICES,
        version: 'contract-7',
        models: {
          'gpt-image-2': DEFAULT_PRICES.models['gpt-image-2'],
          'gpt-image-2-beta': DEFAULT_PRICES.models['gpt-image-2-beta'],
        },
      });
    }
    expect(environment(maximal.json, 'Validate')[ENV.maxCreditsPerJob]).toBe('25000');
  });

  test('add no bucket to the one that was given', () => {
    maximal.template.resourceCountIs('AWS::S3::Bucket', 1);
    expect(environment(maximal.json, 'Archive')[ENV.bucketName]).toEqual({ Ref: expect.stringMatching(/^Mine/) });
  });

  test('name a secret of the same app by its ARN', () => {
    expect(environment(maximal.json, 'Submit')[ENV.apiKeySecretId]).toEqual({ Ref: expect.stringMatching(/^Key/) });
  });
});

describe('each property changes the template', () => {
  // The others mean something beside a VPC only: network.test.ts.
  const changes: { [name in keyof Required<Omit<ImagePipelineProps, 'vpcSubnets' | 'securityGroups'>>]: Props } = {
    apiKey: (stack) => ({ apiKey: Secret.fromSecretNameV2(stack, 'Other', 'other/key') }),
    archiveBucket: (stack) => ({ archiveBucket: Bucket.fromBucketName(stack, 'Mine', 'my-images') }),
    encryptionKey: (stack) => ({ encryptionKey: new Key(stack, 'Own') }),
    vpc: (stack) => ({ vpc: new Vpc(stack, 'Vpc') }),
    referenceBuckets: (stack) => ({ referenceBuckets: [Bucket.fromBucketName(stack, 'References', 'references')] }),
    defaults: () => ({ defaults: { quality: 'high' } }),
    callbackEndpoint: () => ({ callbackEndpoint: CallbackEndpoint.none() }),
    callbackTimeout: () => ({ callbackTimeout: Duration.minutes(5) }),
    maxAttempts: () => ({ maxAttempts: 1 }),
    maxConcurrentTasks: () => ({ maxConcurrentTasks: 3 }),
    maxQueueTime: () => ({ maxQueueTime: Duration.hours(1) }),
    firstCheckAfter: () => ({ firstCheckAfter: Duration.seconds(3) }),
    sweepInterval: () => ({ sweepInterval: Duration.minutes(2) }),
    requireRefundProof: () => ({ requireRefundProof: true }),
    logRetention: () => ({ logRetention: RetentionDays.ONE_DAY }),
    imageRetention: () => ({ imageRetention: Duration.days(1) }),
    removalPolicy: () => ({ removalPolicy: RemovalPolicy.DESTROY }),
    evolinkBaseUrl: () => ({ evolinkBaseUrl: 'https://evolink.example.com' }),
    resultHosts: () => ({ resultHosts: ['files.evolink.ai'] }),
    metricsNamespace: () => ({ metricsNamespace: 'Acme' }),
    maxCreditsPerJob: () => ({ maxCreditsPerJob: 10 }),
    budgets: () => ({ budgets: [Budget.daily(10)] }),
    tenants: () => ({ tenants: ['team-a'] }),
    prices: () => ({ prices: PRICES }),
    models: () => ({ models: [{ name: 'gpt-image-2', maxImages: 4 }] }),
    alarms: () => ({ alarms: { failureRatePercent: 50 } }),
    dashboardName: () => ({ dashboardName: 'Images' }),
    reconcileInterval: () => ({ reconcileInterval: Duration.minutes(1) }),
    runbookUrl: () => ({ runbookUrl: 'https://wiki.example.com/runbook' }),
  };

  test.each(Object.entries(changes))('%s', (_, after) => {
    expect(synth(after).json).not.toEqual(minimal.json);
  });

  test('maxAttempts and callbackTimeout in the workflow too', () => {
    const { States } = definition(synth(() => ({ maxAttempts: 7, callbackTimeout: Duration.minutes(30) })).json);

    expect(States['May retry?']?.Choices?.[0]?.Condition).toContain('$attempt < 7');
    expect(States.Generate?.TimeoutSeconds).toBe((6 * 60 + 90) * 60);
  });

  test('sweepInterval as the rate of the schedule', () => {
    const { json } = synth(() => ({ sweepInterval: Duration.minutes(2) }));

    expect(resource(json, 'AWS::Events::Rule', 'Sweep').Properties.ScheduleExpression).toBe('rate(2 minutes)');
  });

  test('reconcileInterval as the rate of the schedule', () => {
    const { json } = synth(() => ({ reconcileInterval: Duration.minutes(15) }));

    expect(resource(json, 'AWS::Events::Rule', 'Reconcile').Properties.ScheduleExpression).toBe('rate(15 minutes)');
    expect(resource(minimal.json, 'AWS::Events::Rule', 'Reconcile').Properties.ScheduleExpression).toBe(
      'rate(5 minutes)',
    );
  });

  test('maxConcurrentTasks and maxQueueTime in the functions that need them', () => {
    const { json } = synth(() => ({ maxConcurrentTasks: 3, maxQueueTime: Duration.hours(1) }));

    for (const name of ['Submit', 'Dispatch', 'Callback', 'Sweep', 'Ended']) {
      expect(environment(json, name)[ENV.maxConcurrentTasks]).toBe('3');
    }
    for (const name of ['Submit', 'Dispatch']) expect(environment(json, name)[ENV.maxQueueSeconds]).toBe('3600');
    expect(definition(json).States.Generate?.TimeoutSeconds).toBe(3 * 3_600);
  });

  test('dashboardName as the name of the dashboard', () => {
    const { template } = synth(() => ({ dashboardName: 'Images' }));

    template.hasResourceProperties('AWS::CloudWatch::Dashboard', { DashboardName: 'Images' });
  });

  test('logRetention in every log group', () => {
    const { json } = synth(() => ({ logRetention: RetentionDays.ONE_DAY }));
    const groups = resourcesOf(json, 'AWS::Logs::LogGroup');

    expect(groups).toHaveLength(10);
    for (const { Properties } of groups) expect(Properties.RetentionInDays).toBe(1);
  });

  test('imageRetention as the lifetime of objects', () => {
    const { template } = synth(() => ({ imageRetention: Duration.days(400) }));

    template.hasResourceProperties('AWS::S3::Bucket', {
      LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: 400 }), Match.anyValue()] },
    });
    const [rule] = resource(minimal.json, 'AWS::S3::Bucket').Properties.LifecycleConfiguration.Rules;
    expect(rule).not.toHaveProperty('ExpirationInDays');
  });

  test('removalPolicy of the table and the bucket, whose objects are never deleted on the way', () => {
    const { json } = synth(() => ({ removalPolicy: RemovalPolicy.DESTROY }));

    expect(resource(json, 'AWS::DynamoDB::GlobalTable').DeletionPolicy).toBe('Delete');
    expect(resource(json, 'AWS::DynamoDB::GlobalTable').Properties.Replicas[0].DeletionProtectionEnabled).toBe(false);
    expect(resource(json, 'AWS::S3::Bucket').DeletionPolicy).toBe('Delete');
    expect(resourcesOf(json, 'Custom::S3AutoDeleteObjects')).toEqual([]);
  });
});

describe('what holds data', () => {
  test('the bucket is private, encrypted, TLS only, and aborts uploads that were left', () => {
    minimal.template.hasResourceProperties('AWS::S3::Bucket', {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      LifecycleConfiguration: {
        Rules: [
          { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: 'Enabled' },
          // References only: images are kept.
          { Prefix: 'references/', ExpirationInDays: 7, Status: 'Enabled' },
        ],
      },
    });
    minimal.template.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: {
        Statement: [Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })],
      },
    });
  });

  test('the table can be restored, expires its rows and has the sparse index of open attempts', () => {
    minimal.template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: TABLE.partitionKey, KeyType: 'HASH' },
        { AttributeName: TABLE.sortKey, KeyType: 'RANGE' },
      ],
      TimeToLiveSpecification: { AttributeName: TABLE.timeToLive, Enabled: true },
      Replicas: [Match.objectLike({ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } })],
      GlobalSecondaryIndexes: [
        Match.objectLike({
          IndexName: TABLE.openIndex,
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: [...TABLE.openIndexProjection] },
        }),
      ],
    });
    expect(resource(minimal.json, 'AWS::DynamoDB::GlobalTable').Properties.AttributeDefinitions).toContainEqual({
      AttributeName: TABLE.openIndexSortKey,
      AttributeType: 'N',
    });
  });
});

describe('the functions', () => {
  test.each([
    ['Validate', 10],
    ['Submit', 120],
    ['Callback', 9],
    ['Dispatch', 240],
    ['Ended', 60],
    ['Sweep', 110],
    ['Archive', 600],
    ['Reconcile', 60],
  ])('%s runs on Node.js 24 and ARM for at most %d s, and logs no event', (name, seconds) => {
    expect(lambdaFunction(minimal.json, name).Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Timeout: seconds,
      Environment: { Variables: { POWERTOOLS_LOGGER_LOG_EVENT: 'false', POWERTOOLS_LOG_LEVEL: 'INFO' } },
    });
  });

  const ACCOUNT = [ENV.tableName, ENV.apiKeySecretId, ENV.budgets];

  test.each([
    ['Validate', [ENV.requestDefaults, ENV.referenceBuckets]],
    [
      'Submit',
      [
        ...ACCOUNT,
        ENV.callbackBaseUrl,
        ENV.maxAttempts,
        ENV.firstCheckSeconds,
        ENV.taskTimeoutSeconds,
        ENV.maxQueueSeconds,
        ENV.dispatchFunction,
      ],
    ],
    [
      'Dispatch',
      // Not its own name: it never starts itself.
      [
        ...ACCOUNT,
        ENV.callbackBaseUrl,
        ENV.maxAttempts,
        ENV.firstCheckSeconds,
        ENV.taskTimeoutSeconds,
        ENV.maxQueueSeconds,
      ],
    ],
    ['Callback', [...ACCOUNT, ENV.maxAttempts, ENV.dispatchFunction]],
    ['Ended', [ENV.tableName, ENV.maxAttempts]],
    [
      'Sweep',
      [
        ...ACCOUNT,
        ENV.maxAttempts,
        ENV.taskTimeoutSeconds,
        ENV.firstCheckSeconds,
        ENV.dispatchFunction,
        ENV.archiveFunction,
      ],
    ],
    ['Archive', [ENV.tableName, ENV.bucketName, ENV.resultHosts]],
    ['Reconcile', ACCOUNT],
  ])('%s knows what it uses and no more', (name, keys) => {
    const common = [
      ENV.version,
      ENV.serviceName,
      ENV.metricsNamespace,
      ENV.evolinkBaseUrl,
      ENV.tenants,
      'POWERTOOLS_LOG_LEVEL',
      'POWERTOOLS_LOGGER_LOG_EVENT',
    ];

    expect(Object.keys(environment(minimal.json, name)).sort()).toEqual([...keys, ...common].sort());
  });

  test.each(['Sweep', 'Reconcile'])('a run of %s that failed is not repeated, by schedule or by Lambda', (name) => {
    const [target] = resource(minimal.json, 'AWS::Events::Rule', name).Properties.Targets;

    expect(target.RetryPolicy.MaximumRetryAttempts).toBe(0);
    expect(target.Arn['Fn::GetAtt'][0]).toContain(`Functions${name}Function`);
    const repeats = resource(minimal.json, 'AWS::Lambda::EventInvokeConfig', name).Properties.MaximumRetryAttempts;
    expect(repeats).toBe(0);
  });
});

describe('where it may live', () => {
  test('a stack without a region', () => {
    const { pipeline, stack } = synth();

    expect(JSON.stringify(stack.resolve(pipeline.dashboardUrl))).toContain('AWS::Region');
  });

  test('a stack with an account and a region', () => {
    expect(() => synth(() => ({}), { account: '123456789012', region: 'eu-central-1' })).not.toThrow();
  });

  test('an app without our feature flags', () => {
    const stack = new Stack(new App(), 'Old');
    new ImagePipeline(stack, 'Images', { apiKey: apiKey(stack) });

    Template.fromStack(stack).resourceCountIs('AWS::Lambda::Function', 8);
  });

  test('beside another one in the same stack, under names that differ', () => {
    const { stack } = emptyStack();
    const first = new ImagePipeline(stack, 'First', { apiKey: apiKey(stack) });
    const second = new ImagePipeline(stack, 'Second', { apiKey: Secret.fromSecretNameV2(stack, 'Other', 'other') });

    const { json } = synthesised(stack);

    expect(first.serviceName).not.toBe(second.serviceName);
    const names = resourcesOf(json, 'AWS::Logs::LogGroup').flatMap(({ Properties }) => Properties.LogGroupName ?? []);
    expect(new Set(names).size).toBe(4);
  });

  test('under a long path, with a name that metrics accept', () => {
    const stack = new Stack(new App({ context: CDK_CONTEXT }), 'S'.repeat(100));
    const pipeline = new ImagePipeline(stack, 'P'.repeat(100), { apiKey: apiKey(stack) });

    expect(pipeline.serviceName.length).toBeLessThanOrEqual(60);
  });
});

test('no resource has a fixed physical name', () => {
  const named = Object.values(minimal.json.Resources).flatMap(({ Type, Properties }) =>
    ['FunctionName', 'BucketName', 'TableName', 'RoleName', 'StateMachineName', 'DashboardName', 'ManagedPolicyName']
      .filter((key) => typeof Properties?.[key] === 'string')
      .map((key) => `${Type}.${key}`),
  );

  expect(named).toEqual([]);
});

test('the access log shows the route and never the path, which is the secret', () => {
  const { Format } = resource(minimal.json, 'AWS::ApiGatewayV2::Stage').Properties.AccessLogSettings;

  expect(Format).toContain('$context.routeKey');
  expect(Format).not.toMatch(
    /\$context\.(path|requestOverride|resourcePath|domainName|customDomain|integrationErrorMessage|error)/,
  );
});

test('the callback API has one route, and is throttled', () => {
  const routes = resourcesOf(minimal.json, 'AWS::ApiGatewayV2::Route');

  expect(routes.map(({ Properties }) => Properties.RouteKey)).toEqual(['POST /callback/{attemptId}/{secret}']);
  expect(resource(minimal.json, 'AWS::ApiGatewayV2::Stage').Properties).toMatchObject({
    StageName: '$default',
    DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
  });
});
