/** What the pipeline is given and does not lie beside it: in another region, or in another account. */
import type { Environment, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { ENV } from '../../domain/constants';
import { environment, type Props, synth } from './support';

const HERE: Environment = { account: '123456789012', region: 'eu-west-1' };
const secretArn = (region = HERE.region, account = HERE.account) =>
  `arn:aws:secretsmanager:${region}:${account}:secret:evolink/api-key`;

describe('refuses, where both regions are known,', () => {
  const given: [name: string, inRegion: (region?: string) => Props][] = [
    [
      'referenceBuckets',
      (region) => (stack) => ({
        referenceBuckets: [Bucket.fromBucketAttributes(stack, 'Given', { bucketName: 'refs', region })],
      }),
    ],
    ['apiKey', (region) => (stack) => ({ apiKey: Secret.fromSecretPartialArn(stack, 'Given', secretArn(region)) })],
    [
      'alarms.topic',
      (region) => (stack) => ({
        alarms: {
          topic: Topic.fromTopicArn(stack, 'Given', `arn:aws:sns:${region ?? HERE.region}:${HERE.account}:alarms`),
        },
      }),
    ],
  ];

  test.each(given)('%s of another region', (name, inRegion) => {
    expect(() => synth(inRegion('us-west-2'), HERE)).toThrow(
      `Stack/Images: ${name} must be in eu-west-1 like the pipeline, got Stack/Given in us-west-2`,
    );
    for (const region of ['eu-west-1', undefined]) expect(() => synth(inRegion(region), HERE)).not.toThrow();
    expect(() => synth(inRegion('us-west-2'))).not.toThrow();
  });
});

describe('the functions know a secret', () => {
  const suffix = '-a1B2c3';
  const theirs = secretArn('eu-west-1', '210987654321');

  test.each<[how: string, secret: (stack: Stack) => ISecret, env: Environment | undefined, id: string]>([
    [
      'by its name where it was given by name',
      (stack) => Secret.fromSecretNameV2(stack, 'Key', 'evolink/api-key'),
      HERE,
      'evolink/api-key',
    ],
    [
      'by its name where part of an ARN names their own account',
      (stack) => Secret.fromSecretPartialArn(stack, 'Key', secretArn('eu-west-1')),
      HERE,
      'evolink/api-key',
    ],
    [
      'by its ARN where that names another account',
      (stack) => Secret.fromSecretPartialArn(stack, 'Key', theirs),
      HERE,
      theirs,
    ],
    [
      'by its ARN where their own account is not known',
      (stack) => Secret.fromSecretPartialArn(stack, 'Key', theirs),
      undefined,
      theirs,
    ],
    [
      'by its whole ARN where that was given',
      (stack) => Secret.fromSecretCompleteArn(stack, 'Key', theirs + suffix),
      HERE,
      theirs + suffix,
    ],
  ])('%s', (_, secret, env, id) => {
    const { json } = synth((stack) => ({ apiKey: secret(stack) }), env);

    for (const name of ['Submit', 'Dispatch', 'Callback', 'Sweep', 'Reconcile']) {
      expect(environment(json, name)[ENV.apiKeySecretId]).toBe(id);
    }
  });
});
