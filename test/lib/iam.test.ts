import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { lines, policies, rights } from './rights';
import { build, type Props, synth, synthesised } from './support';

const { json } = synth();

const OWN_LOG = (name: string) => [
  `logs:CreateLogStream <ImagesFunctions${name}Logs.Arn>`,
  `logs:PutLogEvents <ImagesFunctions${name}Logs.Arn>`,
];
const onTable = (...operations: string[]) =>
  operations.map((operation) => `dynamodb:${operation} <ImagesAttemptsTable.Arn>`);
const TRANSACT = onTable('GetItem', 'PutItem', 'UpdateItem');
const ANSWER = ['states:SendTaskFailure', 'states:SendTaskSuccess'].map(
  (action) => `${action} <ImagesWorkflowStateMachine>`,
);
const READ_KEY = 'secretsmanager:GetSecretValue secretsmanager:secret:evolink/api-key-??????';
const EXECUTIONS = 'states:execution:<ImagesWorkflowStateMachine.Name>:*';
const DESCRIBE = `states:DescribeExecution ${EXECUTIONS}`;
const START = (name: string) => `lambda:InvokeFunction <ImagesFunctions${name}Function.Arn>`;
const DEAD_LETTER = 'sqs:SendMessage <ImagesDeadLettersQueue.Arn>';

const READ_REFERENCES = 's3:GetObject <ImagesArchiveBucket.Arn>/references/*';

describe('each role has exactly', () => {
  test.each([
    ['Validate', OWN_LOG('Validate')],
    // It deletes the signed URLs of references once their task is known.
    [
      'Submit',
      [
        ...OWN_LOG('Submit'),
        READ_REFERENCES,
        ...TRANSACT,
        ...onTable('DeleteItem'),
        ...ANSWER,
        DESCRIBE,
        START('Dispatch'),
        READ_KEY,
      ],
    ],
    [
      'Dispatch',
      [
        ...OWN_LOG('Dispatch'),
        READ_REFERENCES,
        ...TRANSACT,
        ...onTable('DeleteItem', 'Query'),
        ...ANSWER,
        DESCRIBE,
        DEAD_LETTER,
        READ_KEY,
      ],
    ],
    ['Callback', [...OWN_LOG('Callback'), ...TRANSACT, ...ANSWER, DESCRIBE, START('Dispatch'), READ_KEY]],
    [
      'Sweep',
      [
        ...OWN_LOG('Sweep'),
        ...TRANSACT,
        ...onTable('DeleteItem'),
        ...ANSWER,
        DESCRIBE,
        START('Archive'),
        START('Dispatch'),
        READ_KEY,
        'dynamodb:Query <ImagesAttemptsTable.Arn>/index/open',
      ],
    ],
    ['Ended', [...OWN_LOG('Ended'), ...TRANSACT, ...onTable('DeleteItem'), DESCRIBE, DEAD_LETTER]],
    [
      'Archive',
      [
        ...OWN_LOG('Archive'),
        ...onTable('GetItem', 'PutItem', 'Query', 'UpdateItem'),
        's3:PutObject <ImagesArchiveBucket.Arn>/*',
        DEAD_LETTER,
      ],
    ],
    [
      'Reconcile',
      [
        ...OWN_LOG('Reconcile'),
        // It settles open refunds in transactions.
        ...onTable('GetItem', 'PutItem', 'Query', 'UpdateItem', 'DeleteItem'),
        READ_KEY,
        'dynamodb:Query <ImagesAttemptsTable.Arn>/index/open',
      ],
    ],
  ])('what %s uses', (name, expected) => {
    expect(rights(json, `Functions${name}Role`)).toEqual([...expected].sort());
  });

  test('its three functions and its log, for the state machine', () => {
    const functions = rights(json, 'WorkflowStateMachineRole').filter((right) => !right.startsWith('logs:'));

    expect(functions).toEqual(
      ['Archive', 'Submit', 'Validate']
        .flatMap((name) =>
          ['', ':*'].map((suffix) => `lambda:InvokeFunction <ImagesFunctions${name}Function.Arn>${suffix}`),
        )
        .sort(),
    );
  });
});

describe('reference buckets', () => {
  const withBuckets: Props = (stack) => ({
    referenceBuckets: [
      Bucket.fromBucketName(stack, 'Plain', 'plain-references'),
      new Bucket(stack, 'Keyed', { encryptionKey: new Key(stack, 'ReferenceKey') }),
    ],
  });
  const referring = synth(withBuckets).json;

  test('are read by who signs their URLs, object by object and without listing them, and by nobody else', () => {
    const added = rights(referring, 'FunctionsSubmitRole').filter(
      (right) => !rights(json, 'FunctionsSubmitRole').includes(right),
    );
    expect(added).toEqual([
      'kms:Decrypt <ReferenceKey.Arn>',
      's3:GetObject <Keyed.Arn>/*',
      's3:GetObject arn:aws:s3:::plain-references/*',
    ]);
    for (const name of ['Validate', 'Callback', 'Sweep', 'Archive', 'Reconcile']) {
      expect(rights(referring, `Functions${name}Role`)).toEqual(rights(json, `Functions${name}Role`));
    }
  });

  test('their keys decrypt for S3 alone', () => {
    const submit = JSON.stringify(policies(referring).filter(({ roles }) => roles.join().includes('SubmitRole')));
    expect(submit).toMatch(
      /"kms:ViaService":\{"Fn::Join":\["",\["s3\.",\{"Ref":"AWS::Region"\},"\.amazonaws\.com"\]\]\}/,
    );
  });
});

/** What our code calls for each right. */
const CALL_OF: Readonly<Record<string, string>> = {
  'dynamodb:GetItem': 'GetCommand(',
  'dynamodb:PutItem': 'PutCommand(',
  'dynamodb:UpdateItem': 'UpdateCommand(',
  'dynamodb:Query': 'paginateQuery(',
  // An item of a transaction.
  'dynamodb:DeleteItem': 'Delete: ',
  'lambda:InvokeFunction': 'InvokeCommand(',
  's3:GetObject': 'GetObjectCommand(',
  's3:PutObject': 'PutObjectCommand(',
  'secretsmanager:GetSecretValue': 'GetSecretValueCommand(',
  'states:DescribeExecution': 'DescribeExecutionCommand(',
  'states:SendTaskSuccess': 'SendTaskSuccessCommand(',
  'states:SendTaskFailure': 'SendTaskFailureCommand(',
};

test('no function has a right that no code of ours uses', () => {
  const lambda = join(__dirname, '../../lambda');
  const files = readdirSync(lambda, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const code = files.map((name) => readFileSync(join(lambda, name), 'utf8')).join('\n');

  const withReferences = synth((stack) => ({
    referenceBuckets: [Bucket.fromBucketName(stack, 'References', 'references')],
  })).json;
  const actions = ['Validate', 'Submit', 'Dispatch', 'Callback', 'Sweep', 'Ended', 'Archive']
    .flatMap((name) => rights(withReferences, `Functions${name}Role`))
    .map((right) => right.split(' ')[0] ?? '')
    // Lambda itself writes logs and dead letters, in the role's name.
    .filter((action) => !action.startsWith('logs:') && action !== 'sqs:SendMessage');

  expect(new Set(actions)).toEqual(new Set(Object.keys(CALL_OF)));
  for (const call of Object.values(CALL_OF)) expect(code).toContain(call);
});

/** Why a resource may be a wildcard. Whatever is not here fails the test below. */
const WILDCARDS: readonly [pattern: RegExp, reason: string][] = [
  [
    /^logs:(\w+LogDeliver\w+|\w+ResourcePolic\w+|DescribeLogGroups) \*$/,
    'log delivery has no resource-level permissions',
  ],
  [/^lambda:InvokeFunction <\w+\.Arn>:\*$/, 'versions of one function'],
  [/^s3:(PutObject|GetObject) <\w+\.Arn>\/\*$/, 'keys are made from job ids; those of references are chosen by apps'],
  [/^s3:(PutObject|GetObject) <\w+\.Arn>\/references\/\*$/, 'references are named by the apps that put them'],
  [/^states:(Describe|Stop)Execution states:execution:<\w+\.Name>:\*$/, 'apps name their executions'],
  [/^secretsmanager:GetSecretValue secretsmanager:secret:[\w/-]+-\?{6}$/, 'Secrets Manager appends six characters'],
];

const everyPolicy: [string, Props][] = [
  ['minimal properties', () => ({})],
  [
    'keys of its own',
    (stack) => ({
      apiKey: new Secret(stack, 'Key', { encryptionKey: new Key(stack, 'SecretKey') }),
      archiveBucket: new Bucket(stack, 'Bucket', { encryptionKey: new Key(stack, 'BucketKey') }),
      referenceBuckets: [new Bucket(stack, 'References', { encryptionKey: new Key(stack, 'ReferencesKey') })],
    }),
  ],
];

describe.each(everyPolicy)('with %s', (_, props) => {
  const all = policies(synth(props).json).flatMap(({ statements }) => statements.flatMap(lines));

  test('no action is a wildcard', () => {
    expect(all.length).toBeGreaterThan(20);
    expect(all.filter((right) => /[*?]/.test(right.split(' ')[0]))).toEqual([]);
  });

  test('each resource wildcard has a reason', () => {
    const wild = all.filter((right) => /[*?]/.test(right));

    expect(wild.filter((right) => !WILDCARDS.some(([pattern]) => pattern.test(right)))).toEqual([]);
  });
});

test('keys of the secret and the bucket are used for what is needed, through Secrets Manager alone for the secret', () => {
  const keyed = synth(everyPolicy[1][1]).json;

  expect(rights(keyed, 'SubmitRole')).toContainEqual('kms:Decrypt <SecretKey.Arn>');
  expect(rights(keyed, 'ArchiveRole')).toContainEqual('kms:GenerateDataKey <BucketKey.Arn>');
  expect(rights(keyed, 'ArchiveRole').join()).not.toContain('kms:Decrypt');
  expect(rights(keyed, 'ValidateRole').join()).not.toContain('kms:');
  const submit = JSON.stringify(policies(keyed).filter(({ roles }) => roles.join().includes('SubmitRole')));
  expect(submit).toMatch(
    /"kms:ViaService":\{"Fn::Join":\["",\["secretsmanager\.",\{"Ref":"AWS::Region"\},"\.amazonaws\.com"\]\]\}/,
  );
});

describe('grants', () => {
  /** What a grant writes into a policy. */
  function granted(grant: 'grantUse' | 'grantReadImages', props: Props = () => ({})): string[] {
    const { stack, pipeline } = build(props);
    const policy = new ManagedPolicy(stack, 'Policy');
    pipeline[grant](policy).assertSuccess();
    return rights(synthesised(stack).json, 'Policy');
  }

  const READ = 's3:GetObject <ImagesArchiveBucket.Arn>/*';

  const PUT_REFERENCES = 's3:PutObject <ImagesArchiveBucket.Arn>/references/*';

  test('grantUse: start, describe and stop this machine, put references, read images, and no history', () => {
    expect(granted('grantUse')).toEqual(
      [
        'states:StartExecution <ImagesWorkflowStateMachine>',
        `states:DescribeExecution ${EXECUTIONS}`,
        `states:StopExecution ${EXECUTIONS}`,
        READ,
        PUT_REFERENCES,
      ].sort(),
    );
  });

  test('grantReadImages: read images', () => {
    expect(granted('grantReadImages')).toEqual([READ]);
  });

  test('a bucket with a key: decrypt too', () => {
    const props: Props = (stack) => ({
      archiveBucket: new Bucket(stack, 'Bucket', { encryptionKey: new Key(stack, 'BucketKey') }),
    });

    expect(granted('grantReadImages', props)).toEqual(['kms:Decrypt <BucketKey.Arn>', 's3:GetObject <Bucket.Arn>/*']);
    expect(granted('grantUse', props)).toContain('kms:GenerateDataKey <BucketKey.Arn>');
  });

  test('a role can be granted as well as a policy', () => {
    const { stack, pipeline } = build();
    pipeline.grantUse(new Role(stack, 'App', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') }));

    expect(rights(synthesised(stack).json, 'App')).toHaveLength(5);
  });
});
