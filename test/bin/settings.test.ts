import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Duration, RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import fc from 'fast-check';
import { ImagePipelineStack } from '../../bin/image-pipeline-stack';
import { KEYS, PREFIX, readSettings, SettingsError } from '../../bin/settings';

const CONTEXT = (
  JSON.parse(readFileSync(join(__dirname, '../../cdk.json'), 'utf8')) as { context: Record<string, unknown> }
).context;

function problemsOf(context: Record<string, unknown>): readonly string[] {
  try {
    readSettings(context);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

test('an app that sets nothing gets the documented defaults', () => {
  expect(readSettings({})).toMatchObject({
    stackName: 'EvolinkImagePipeline',
    apiKeySecretName: 'evolink/api-key',
    evolinkBaseUrl: 'https://api.evolink.ai',
  });
});

test.each([
  ['http-api', [1, 0, undefined]],
  ['function-url', [0, 1, undefined]],
  ['none', [0, 0, undefined]],
  ['https://hooks.example.com', [0, 0, 'https://hooks.example.com']],
])('callbackEndpoint %s makes the endpoint that it says', (callbackEndpoint, expected) => {
  const app = new App();
  const { pipeline } = new ImagePipelineStack(app, readSettings({ 'pipeline:callbackEndpoint': callbackEndpoint }));
  const template = Template.fromStack(Stack.of(pipeline));
  const count = (type: string) => Object.keys(template.findResources(type)).length;
  const fixed = Token.isUnresolved(pipeline.callbackUrl) ? undefined : pipeline.callbackUrl;

  expect([count('AWS::ApiGatewayV2::Api'), count('AWS::Lambda::Url'), fixed]).toEqual(expected);
});

test.each([
  ['http-api', '120'],
  ['none', '3'],
])('callbackEndpoint %s: the app as it is shipped first asks for a task after %s seconds', (endpoint, seconds) => {
  const settings = readSettings({ ...CONTEXT, 'pipeline:callbackEndpoint': endpoint });
  const template = Template.fromStack(new ImagePipelineStack(new App(), settings));

  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: Match.objectLike({ FIRST_CHECK_SECONDS: seconds }) },
  });
});

test.each(['http', 'https://hooks.example.com?x=1', 5])('callbackEndpoint %j is refused', (callbackEndpoint) => {
  expect(problemsOf({ 'pipeline:callbackEndpoint': callbackEndpoint })).toEqual([
    expect.stringMatching(/^pipeline:callbackEndpoint must be /),
  ]);
});

test('every setting is read, from JSON', () => {
  const settings = readSettings({
    'pipeline:stackName': 'Images-prod',
    'pipeline:apiKeySecretName': 'prod/evolink',
    'pipeline:evolinkBaseUrl': 'https://evolink.example.com',
    'pipeline:defaultModel': 'gpt-image-2',
    'pipeline:defaultSize': '16:9',
    'pipeline:defaultResolution': '2K',
    'pipeline:defaultQuality': 'high',
    'pipeline:defaultN': 2,
    'pipeline:callbackTimeoutMinutes': 30,
    'pipeline:maxAttempts': 5,
    'pipeline:firstCheckSeconds': 10,
    'pipeline:sweepIntervalMinutes': 2,
    'pipeline:logRetentionDays': 7,
    'pipeline:imageRetentionDays': 90,
    'pipeline:removalPolicy': 'destroy',
    'pipeline:encryptionKeyArn': 'arn:aws:kms:eu-west-1:123456789012:key/a1b2c3d4-5678-90ab-cdef-111122223333',
    'pipeline:referenceBuckets': 'brand-assets, team.references',
    'pipeline:resultHosts': 'files.evolink.ai, media.evolink.ai',
    'pipeline:maxCreditsPerJob': '12.5',
    'pipeline:budgets': 'daily=50; monthly(team-a)=1000 @Europe/Berlin; daily(each)=5',
    'pipeline:tenants': 'team-a, team-b',
    'pipeline:alarmEmail': 'ops@example.com',
    'pipeline:alarmSpendPerHourUsd': 5,
    'pipeline:alarmDaysRemaining': 2,
    'pipeline:dashboardName': 'Images',
    'pipeline:reconcileIntervalMinutes': 10,
  });

  expect(settings).toMatchObject({
    maxCreditsPerJob: 12.5,
    tenants: ['team-a', 'team-b'],
    alarmEmail: 'ops@example.com',
    alarms: { spendPerHourUsd: 5, daysRemaining: 2 },
    dashboardName: 'Images',
    reconcileInterval: Duration.minutes(10),
    stackName: 'Images-prod',
    apiKeySecretName: 'prod/evolink',
    evolinkBaseUrl: 'https://evolink.example.com',
    defaults: { model: 'gpt-image-2', size: '16:9', resolution: '2K', quality: 'high', n: 2 },
    callbackTimeout: Duration.minutes(30),
    maxAttempts: 5,
    firstCheckAfter: Duration.seconds(10),
    sweepInterval: Duration.minutes(2),
    logRetention: RetentionDays.ONE_WEEK,
    imageRetention: Duration.days(90),
    removalPolicy: RemovalPolicy.DESTROY,
    encryptionKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/a1b2c3d4-5678-90ab-cdef-111122223333',
    referenceBuckets: ['brand-assets', 'team.references'],
    resultHosts: ['files.evolink.ai', 'media.evolink.ai'],
  });
  expect(settings.budgets?.map((budget) => budget._render())).toEqual([
    { id: 'all-day', scope: 'all', period: 'day', limit: 500_000, timeZone: 'UTC' },
    {
      ...{ id: 'tenant-team-a-month', scope: 'tenant', tenant: 'team-a' },
      ...{ period: 'month', limit: 10_000_000, timeZone: 'Europe/Berlin' },
    },
    { id: 'each-day', scope: 'each', period: 'day', limit: 50_000, timeZone: 'UTC' },
  ]);
});

test('numbers may come as text, as -c gives them', () => {
  expect(readSettings({ 'pipeline:maxAttempts': '5', 'pipeline:logRetentionDays': '7' })).toMatchObject({
    maxAttempts: 5,
    logRetention: RetentionDays.ONE_WEEK,
  });
});

test('a table and a bucket may be kept by name', () => {
  expect(readSettings({ 'pipeline:removalPolicy': 'retain' }).removalPolicy).toBe(RemovalPolicy.RETAIN);
});

test.each([
  ['stackName', '9lives'],
  ['stackName', 7],
  ['apiKeySecretName', ''],
  ['apiKeySecretName', 'a b'],
  ['evolinkBaseUrl', 'http://api.evolink.ai'],
  ['evolinkBaseUrl', 'https://api.evolink.ai?x=1'],
  ['evolinkBaseUrl', 'evolink'],
  ['defaultModel', 'GPT 2'],
  ['defaultSize', 'big'],
  ['defaultResolution', '8K'],
  ['defaultQuality', 'ultra'],
  ['defaultN', 11],
  ['callbackTimeoutMinutes', 4],
  ['callbackTimeoutMinutes', 1_441],
  ['maxAttempts', 0],
  ['maxAttempts', '3.5'],
  ['maxAttempts', ''],
  ['maxAttempts', null],
  ['firstCheckSeconds', 2],
  ['sweepIntervalMinutes', '0'],
  ['logRetentionDays', 8],
  ['imageRetentionDays', 0],
  ['removalPolicy', 'keep'],
  ['removalPolicy', 'RETAIN'],
  ['encryptionKeyArn', 'alias/images'],
  ['encryptionKeyArn', 'arn:aws:kms:eu-west-1:123456789012:alias/images'],
  ['encryptionKeyArn', 'a1b2c3d4-5678-90ab-cdef-111122223333'],
  ['referenceBuckets', ''],
  ['referenceBuckets', 's3://brand-assets'],
  ['referenceBuckets', 'brand-assets, brand-assets'],
  ['resultHosts', ''],
  ['resultHosts', 'a.example.com,,b.example.com'],
  ['resultHosts', 'https://a.example.com'],
])('%s refuses %j, and says what it must be', (key, value) => {
  const [problem, ...others] = problemsOf({ [PREFIX + key]: value });

  expect(problem).toMatch(new RegExp(`^pipeline:${key} must be .+, got `));
  expect(others).toEqual([]);
});

test('all problems are listed at once', () => {
  const problems = problemsOf({
    'pipeline:maxAttempts': 0,
    'pipeline:removalPolicy': 'keep',
    'pipeline:maxAttempt': 3,
    'pipeline:toString': 1,
  });

  expect(problems).toHaveLength(4);
  expect(new SettingsError(problems).message.split('\n')).toHaveLength(5);
});

test('an unknown setting is refused with the list of those that are known', () => {
  const [problem] = problemsOf({ 'pipeline:retention': 3 });

  for (const key of KEYS) expect(problem).toContain(PREFIX + key);
});

test('context of CDK and of others is not ours to judge', () => {
  expect(problemsOf({ '@aws-cdk/core:checkSecretUsage': 'what?', pipelines: 1 })).toEqual([]);
});

test('a password in a URL is not repeated', () => {
  const problems = problemsOf({ 'pipeline:evolinkBaseUrl': 'https://me:hunter2@api.evolink.ai/?key=hunter2' });

  expect(problems).toHaveLength(1);
  expect(problems.join()).not.toContain('hunter2');
});

test('whatever is set, it is read or refused by name, and nothing else is thrown', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...KEYS.map((key) => PREFIX + key)), fc.jsonValue()), (context) => {
      for (const problem of problemsOf(context)) expect(problem).toMatch(/^pipeline:\w+ must be /);
    }),
  );
});

test('cdk.json explains every setting, and no other', () => {
  expect(Object.keys(CONTEXT['//'] as object).sort()).toEqual(KEYS.map((key) => PREFIX + key).sort());
});

describe('models of one’s own', () => {
  const models = JSON.stringify([{ name: 'gpt-image-3', like: 'gpt-image-2', qualities: { draft: 8 } }]);
  const row = {
    billing: 'per_token',
    imageOutput: 1,
    imageInput: 1,
    imageCachedInput: 1,
    textInput: 1,
    textCachedInput: 1,
  };
  const words = { version: 'acme-1', date: '2027-01-01', source: 'contract' };
  const prices = JSON.stringify({ ...words, models: { 'gpt-image-3': row } });

  test('are read with their prices, and may be the default', () => {
    const settings = readSettings({
      'pipeline:models': models,
      'pipeline:prices': prices,
      'pipeline:defaultModel': 'gpt-image-3',
      'pipeline:defaultQuality': 'draft',
    });

    expect(settings).toMatchObject({
      models: [{ name: 'gpt-image-3', like: 'gpt-image-2' }],
      prices: { version: 'acme-1' },
      defaults: { model: 'gpt-image-3', quality: 'draft' },
    });
  });

  test('without prices are refused', () => {
    expect(problemsOf({ 'pipeline:models': models })).toEqual([
      'pipeline:prices must be set: models.gpt-image-3 is missing: the package has no price for this model',
    ]);
  });

  test('that are wrong are told beside everything else', () => {
    expect(problemsOf({ 'pipeline:models': '[{"name":""}]', 'pipeline:defaultModel': 'gpt-image-3' })).toEqual([
      expect.stringMatching(/^pipeline:models must be a list of models .*models\[0\]\.name must be/),
      expect.stringMatching(/^pipeline:defaultModel must be one of gpt-image-2,/),
    ]);
  });
});
