/** An own key: what it encrypts, who may use it for what, and what its policy must let services do. */
import { Annotations as CdkAnnotations, App, type Environment, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { Alias, type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { ImagePipelineStack } from '../../bin/image-pipeline-stack';
import { readSettings } from '../../bin/settings';
import { ImagePipeline } from '../../lib';
import { policies, shorten } from './rights';
import { apiKey, build, CDK_CONTEXT, type CloudFormation, flatten, type Props, resource, resourcesOf } from './support';
import { emptyStack, synth, synthesised } from './support';

const KEY_ARN = 'arn:aws:kms:eu-west-1:123456789012:key/a1b2c3d4-5678-90ab-cdef-111122223333';
const SECRET_ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:evolink/api-key-a1B2c3';
const ENV: Environment = { account: '123456789012', region: 'eu-west-1' };

const ownKey: Props = (stack) => ({ encryptionKey: new Key(stack, 'Own') });
const importedKey: Props = (stack) => ({ encryptionKey: Key.fromKeyArn(stack, 'Own', KEY_ARN) });

const places: [string, Environment | undefined, Props, RegExp][] = [
  ['a stack without a region', undefined, ownKey, /^<Own\w+\.Arn>$/],
  ['a stack with account and region', ENV, ownKey, /^<Own\w+\.Arn>$/],
  ['a key that was imported', ENV, importedKey, new RegExp(`^${KEY_ARN}$`)],
];

describe.each(places)('in %s it encrypts', (_, env, props, arn) => {
  const { json } = synth(props, env);
  const key = (value: unknown) => expect(flatten(value)).toMatch(arn);

  test('the images, with one data key for many objects', () => {
    const [rule] = resource(json, 'AWS::S3::Bucket').Properties.BucketEncryption.ServerSideEncryptionConfiguration;

    key(rule.ServerSideEncryptionByDefault.KMSMasterKeyID);
    expect(rule).toMatchObject({ BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } });
  });

  test('the table', () => {
    const { SSESpecification, Replicas } = resource(json, 'AWS::DynamoDB::GlobalTable').Properties;

    expect(SSESpecification).toEqual({ SSEEnabled: true, SSEType: 'KMS' });
    expect(Replicas).toHaveLength(1);
    key(Replicas[0].SSESpecification.KMSMasterKeyId);
  });

  test('every log group; the workflow keeps the prefix of logs that AWS delivers', () => {
    const groups = resourcesOf(json, 'AWS::Logs::LogGroup').map(({ Properties }) => Properties);

    expect(groups).toHaveLength(10);
    for (const { KmsKeyId } of groups) key(KmsKeyId);
    expect(resource(json, 'AWS::Logs::LogGroup', 'Workflow').Properties.LogGroupName).toMatch(
      /^\/aws\/vendedlogs\/states\//,
    );
  });

  test('the dead letters', () => {
    key(resource(json, 'AWS::SQS::Queue').Properties.KmsMasterKeyId);
  });

  test('the workflow and what its executions carry', () => {
    const { EncryptionConfiguration } = resource(json, 'AWS::StepFunctions::StateMachine').Properties;

    expect(EncryptionConfiguration.Type).toBe('CUSTOMER_MANAGED_KMS_KEY');
    key(EncryptionConfiguration.KmsKeyId);
  });
});

/** What a role may do with the key: `action by how it is limited`. */
function keyRights(json: CloudFormation, roleIdPart: string): string[] {
  return policies(json)
    .filter(({ roles }) => roles.some((role) => role.includes(roleIdPart)))
    .flatMap(({ statements }) => statements)
    .flatMap(({ Action, Condition = {} }) =>
      [Action]
        .flat()
        .filter((action) => action.startsWith('kms:'))
        .map((action) => `${action} ${limits(Condition as object)}`),
    )
    .sort();
}

function limits(condition: object): string {
  const conditions = Object.entries(condition).flatMap(([operator, values]) =>
    Object.entries(values as object).map(([name, value]) => `${operator} ${name} ${shorten(flatten(value))}`),
  );
  return conditions.join();
}

const through = (service: string, ...actions: string[]) =>
  actions.map((action) => `kms:${action} StringEquals kms:ViaService ${service}.<AWS::Region>.amazonaws.com`);
const TABLE = through(
  'dynamodb',
  ...['Decrypt', 'DescribeKey', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext'],
  ...['ReEncryptFrom', 'ReEncryptTo'],
);
const DESCRIBE = through('states', 'Decrypt');
const DEAD_LETTER = through('sqs', 'Decrypt', 'GenerateDataKey');

describe('each role may use it for what it does, through the service that does it', () => {
  const { json } = synth(ownKey);

  test.each([
    ['Validate', []],
    ['Submit', [...TABLE, ...DESCRIBE, ...through('s3', 'Decrypt')]],
    ['Dispatch', [...TABLE, ...DESCRIBE, ...DEAD_LETTER, ...through('s3', 'Decrypt')]],
    ['Callback', [...TABLE, ...DESCRIBE]],
    ['Sweep', [...TABLE, ...DESCRIBE]],
    ['Ended', [...TABLE, ...DESCRIBE, ...DEAD_LETTER]],
    ['Archive', [...TABLE, ...DEAD_LETTER, ...through('s3', 'GenerateDataKey')]],
    ['Reconcile', TABLE],
  ])('%s', (name, expected) => {
    expect(keyRights(json, `Functions${name}Role`)).toEqual([...expected].sort());
  });

  // CDK's own right ends before the name of a state machine that CloudFormation names.
  test('the workflow, for state machines of this account and region, and for its log', () => {
    const machine = 'StringLike kms:EncryptionContext:aws:states:stateMachineArn states:stateMachine:*';

    expect(keyRights(json, 'WorkflowStateMachineRole')).toEqual([
      `kms:Decrypt ${machine}`,
      'kms:GenerateDataKey StringEquals kms:EncryptionContext:SourceArn logs:*',
      `kms:GenerateDataKey ${machine}`,
    ]);
  });

  test.each<['grantUse' | 'grantReadImages', string[]]>([
    ['grantUse', [...DESCRIBE, ...through('s3', 'Decrypt', 'GenerateDataKey')]],
    ['grantReadImages', through('s3', 'Decrypt')],
  ])('%s', (grant, expected) => {
    const { stack, pipeline } = build(ownKey);
    const policy = new ManagedPolicy(stack, 'Policy');
    pipeline[grant](policy).assertSuccess();

    expect(keyRights(synthesised(stack).json, 'Policy')).toEqual([...expected].sort());
  });

  test('no less where the key is imported', () => {
    const imported = synth(importedKey).json;

    for (const name of ['Submit', 'Archive', 'Reconcile', 'WorkflowStateMachine']) {
      expect(keyRights(imported, `${name}Role`)).toEqual(keyRights(json, `${name}Role`));
    }
  });
});

interface KeyStatement {
  readonly Principal: { readonly Service?: unknown };
  readonly Action: string | string[];
  readonly Condition?: object;
}

/** What the policy of the one key lets services do, in the words of the template. */
function serviceStatements(json: CloudFormation): Record<string, unknown> {
  const statements = resource(json, 'AWS::KMS::Key').Properties.KeyPolicy.Statement as KeyStatement[];
  const services = statements.filter(({ Principal }) => 'Service' in Principal);
  const entries = services.map(({ Principal, Action, Condition }) => {
    const limit = Condition === undefined ? '' : ` if ${limits(Condition)}`;
    return [flatten(Principal.Service), `${[Action].flat().sort().join(' ')}${limit}`];
  });
  expect(new Set(entries.map(([service]) => service)).size).toBe(entries.length);
  return Object.fromEntries(entries);
}

const SERVICES = {
  'logs.<AWS::Region>.amazonaws.com':
    'kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey* kms:ReEncrypt*' +
    ' if ArnLike kms:EncryptionContext:aws:logs:arn logs:log-group:*',
  'delivery.logs.amazonaws.com': 'kms:Decrypt',
  'events.amazonaws.com': 'kms:Decrypt kms:GenerateDataKey if StringEquals aws:SourceAccount <AWS::AccountId>',
};

describe('the policy of the key lets services use it', () => {
  test('logs of this account and region, log delivery, and EventBridge for the dead letters', () => {
    expect(serviceStatements(synth(ownKey).json)).toEqual(SERVICES);
  });

  test('once, for two pipelines', () => {
    const { stack } = emptyStack();
    const encryptionKey = new Key(stack, 'Own');
    const secret = apiKey(stack);
    for (const id of ['First', 'Second']) new ImagePipeline(stack, id, { apiKey: secret, encryptionKey });

    expect(serviceStatements(synthesised(stack).json)).toEqual(SERVICES);
  });

  test('of another stack, which does not wait for this one', () => {
    const app = new App({ context: CDK_CONTEXT });
    const keys = new Stack(app, 'Keys');
    const encryptionKey = new Key(keys, 'Own');
    const stack = new Stack(app, 'Images');
    new ImagePipeline(stack, 'Images', { apiKey: apiKey(stack), encryptionKey });

    expect(serviceStatements(synthesised(keys).json)).toEqual(SERVICES);
    expect(keys.dependencies).toEqual([]);
  });

  test('CloudWatch, where it encrypts the topic of alarms', () => {
    const { json } = synth((stack) => {
      const masterKey = new Key(stack, 'TopicKey');
      return { alarms: { topic: new Topic(stack, 'Topic', { masterKey }) } };
    });

    expect(serviceStatements(json)).toEqual({ 'cloudwatch.amazonaws.com': 'kms:Decrypt kms:GenerateDataKey*' });
  });
});

describe('a key that was imported can not be changed', () => {
  const WARNING = Match.stringLikeRegexp('is imported, .* docs/encryption.md .*evolink-image-pipeline:keyPolicy');

  test('so a warning says what to do, which can be acknowledged', () => {
    const { stack } = build(importedKey);
    Annotations.fromStack(stack).hasWarning('/Stack/Images', WARNING);

    const { stack: acknowledged, pipeline } = build(importedKey);
    CdkAnnotations.of(pipeline).acknowledgeWarning('evolink-image-pipeline:keyPolicy');
    Annotations.fromStack(acknowledged).hasNoWarning('*', WARNING);
  });

  test('also that of the topic of alarms', () => {
    const { stack } = build((scope) => {
      const masterKey = Key.fromKeyArn(scope, 'TopicKey', KEY_ARN);
      return { alarms: { topic: new Topic(scope, 'Topic', { masterKey }) } };
    });

    Annotations.fromStack(stack).hasWarning('/Stack/Images/Alarms', WARNING);
  });

  test('and one that can gets no warning', () => {
    Annotations.fromStack(build(ownKey).stack).hasNoWarning('*', WARNING);
  });
});

test('a bucket that was given keeps its own encryption', () => {
  const { json } = synth((stack) => ({
    ...ownKey(stack),
    archiveBucket: Bucket.fromBucketName(stack, 'Mine', 'mine'),
  }));

  expect(resourcesOf(json, 'AWS::S3::Bucket')).toEqual([]);
  expect(keyRights(json, 'FunctionsArchiveRole').join()).not.toContain('s3.');
});

test('the deployable app encrypts its topic of alarms too', () => {
  const app = new App({ context: CDK_CONTEXT });
  const settings = { 'pipeline:encryptionKeyArn': KEY_ARN, 'pipeline:alarmEmail': 'ops@example.com' };
  const template = Template.fromStack(new ImagePipelineStack(app, readSettings(settings)));

  template.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: KEY_ARN });
  template.allResourcesProperties('AWS::Logs::LogGroup', { KmsKeyId: KEY_ARN });
});

test('a key of another region is refused', () => {
  const key = (stack: Stack): IKey => Key.fromKeyArn(stack, 'Own', KEY_ARN.replace('eu-west-1', 'us-east-1'));

  expect(() => synth((stack) => ({ encryptionKey: key(stack) }), ENV)).toThrow(
    /encryptionKey must be in eu-west-1 like the pipeline, got Stack\/Own in us-east-1/,
  );
});

describe('an alias is refused, since IAM and CloudWatch Logs take none in place of its key', () => {
  const aliases: [string, (stack: Stack) => IKey][] = [
    ['by its name', (stack) => Alias.fromAliasName(stack, 'Alias', 'alias/images')],
    ['of a key of the same app', (stack) => new Key(stack, 'Own').addAlias('alias/images')],
    ['by its ARN', (stack) => Key.fromKeyArn(stack, 'Alias', KEY_ARN.replace(/key\/.*/, 'alias/images'))],
  ];
  const uses: [string, (stack: Stack, encryptionKey: IKey) => ReturnType<Props>][] = [
    ['encryptionKey', (_, encryptionKey) => ({ encryptionKey })],
    [
      'encryptionKey of apiKey',
      (stack, encryptionKey) => ({
        apiKey: Secret.fromSecretAttributes(stack, 'Secret', { secretCompleteArn: SECRET_ARN, encryptionKey }),
      }),
    ],
    [
      'encryptionKey of archiveBucket',
      (stack, encryptionKey) => ({ archiveBucket: new Bucket(stack, 'Mine', { encryptionKey }) }),
    ],
    [
      'encryptionKey of referenceBuckets',
      (stack, encryptionKey) => ({ referenceBuckets: [new Bucket(stack, 'Mine', { encryptionKey })] }),
    ],
  ];

  test.each(uses.flatMap(([name, use]) => aliases.map(([kind, alias]) => [name, kind, use, alias] as const)))(
    '%s, %s',
    (name, _, use, alias) => {
      const message = new RegExp(`: ${name} must be a key, .* aliasTargetKey, got the alias Stack/(Alias|Own/Alias)`);
      expect(() => build((stack) => use(stack, alias(stack)))).toThrow(message);
    },
  );

  test('its key is taken', () => {
    expect(() =>
      synth((stack) => ({ encryptionKey: new Key(stack, 'Own').addAlias('alias/images').aliasTargetKey })),
    ).not.toThrow();
  });
});
