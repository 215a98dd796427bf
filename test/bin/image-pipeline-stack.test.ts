import { PIPELINE_OUTPUTS } from '../support/outputs';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ImagePipelineStack } from '../../bin/image-pipeline-stack';
import { PREFIX, readSettings } from '../../bin/settings';
import { CDK_CONTEXT } from '../lib/support';

function synth(context: Record<string, unknown> = {}, base = CDK_CONTEXT): Template {
  const all = { ...base, ...context };
  const app = new App({ context: all });
  return Template.fromStack(new ImagePipelineStack(app, readSettings(all)));
}

const template = synth();

/** What changes with every build or release says nothing about the template. */
expect.addSnapshotSerializer({
  test: (value) => typeof value === 'string' && (/[0-9a-f]{64}/.test(value) || value === VERSION),
  serialize: (value: string) => (value === VERSION ? '"VERSION"' : `"${value.replace(/[0-9a-f]{64}/g, 'ASSET_HASH')}"`),
});
const VERSION = template.toJSON().Outputs.Version.Value as string;

test('the template of the app as it comes', () => {
  expect(template.toJSON()).toMatchSnapshot();
});

test('puts out what an app and its operators need, and the callback URL without a path', () => {
  const outputs = template.toJSON().Outputs as Record<string, { Value: unknown }>;

  expect(Object.keys(outputs).sort()).toEqual([...PIPELINE_OUTPUTS, 'UsePolicyArn'].sort());
  expect(outputs.CallbackUrl?.Value).toEqual({ 'Fn::GetAtt': [expect.stringContaining('Api'), 'ApiEndpoint'] });
  expect(outputs.ApiKeySecretName?.Value).toBe('evolink/api-key');
});

test('the policy for apps holds what grantUse gives', () => {
  const [policy] = Object.values(template.findResources('AWS::IAM::ManagedPolicy'));
  const actions = policy?.Properties.PolicyDocument.Statement.flatMap(({ Action }: { Action: string }) => Action);

  expect(actions.sort()).toEqual([
    's3:GetObject',
    's3:PutObject',
    'states:DescribeExecution',
    'states:StartExecution',
    'states:StopExecution',
  ]);
});

test.each([
  ['apiKeySecretName', 'other/key'],
  ['evolinkBaseUrl', 'https://evolink.example.com'],
  ['defaultModel', 'gpt-image-2-beta'],
  ['defaultSize', '16:9'],
  ['defaultResolution', '2K'],
  ['defaultQuality', 'low'],
  ['defaultN', '2'],
  ['callbackTimeoutMinutes', '30'],
  ['maxAttempts', '1'],
  ['firstCheckSeconds', '5'],
  ['sweepIntervalMinutes', '2'],
  ['logRetentionDays', '7'],
  ['imageRetentionDays', '30'],
  ['removalPolicy', 'destroy'],
  ['encryptionKeyArn', 'arn:aws:kms:eu-west-1:123456789012:key/a1b2c3d4-5678-90ab-cdef-111122223333'],
  ['referenceBuckets', 'brand-assets'],
  ['resultHosts', 'files.evolink.ai'],
])('the setting %s changes the template', (key, value) => {
  expect(synth({ [`pipeline:${key}`]: value }).toJSON()).not.toEqual(template.toJSON());
});

test('the setting stackName names the stack', () => {
  const app = new App({ context: CDK_CONTEXT });
  const stack = new ImagePipelineStack(app, readSettings({ 'pipeline:stackName': 'Images-prod' }));

  expect(stack.stackName).toBe('Images-prod');
});

test('cdk.json sets nothing but the defaults, so that a copy without its settings behaves the same', () => {
  const flags = Object.entries(CDK_CONTEXT).filter(([key]) => !key.startsWith(PREFIX));

  expect(synth({}, Object.fromEntries(flags)).toJSON()).toEqual(template.toJSON());
});
