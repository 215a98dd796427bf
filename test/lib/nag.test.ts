import { App, Stack, Validations } from 'aws-cdk-lib';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AwsSolutionsChecks, NagPack } from 'cdk-nag';
import type { IConstruct } from 'constructs';
import { ImagePipelineStack } from '../../bin/image-pipeline-stack';
import { readSettings } from '../../bin/settings';
import { CallbackEndpoint, ImagePipeline } from '../../lib';
import { CDK_CONTEXT } from './support';

/** Acknowledged rules of a tree, with the reason of each. */
function acknowledgements(construct: IConstruct): [rule: string, reason: string][] {
  return construct.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(data as Record<string, string>))
      .map(([rule, reason]): [string, string] => [rule.replace(/^annotation::/i, ''), reason]),
  );
}

function findings(app: App): string[] {
  return new AwsSolutionsChecks(app).validateScope(app).violations.map(({ ruleName }) => ruleName);
}

test('the app has no finding that is not acknowledged', () => {
  const app = new App({ context: CDK_CONTEXT });
  new ImagePipelineStack(app, readSettings(CDK_CONTEXT));

  expect(findings(app)).toEqual([]);
});

test('nor has the construct in the app of somebody else, with each kind of endpoint', () => {
  const app = new App();
  const stack = new Stack(app, 'Theirs', { env: { account: '123456789012', region: 'eu-west-1' } });
  const apiKey = Secret.fromSecretNameV2(stack, 'ApiKey', 'evolink/api-key');
  const referenceBuckets = [Bucket.fromBucketName(stack, 'References', 'references')];
  new ImagePipeline(stack, 'First', { apiKey, referenceBuckets });
  new ImagePipeline(stack, 'Second', { apiKey, callbackEndpoint: CallbackEndpoint.functionUrl() });
  new ImagePipeline(stack, 'Third', { apiKey, callbackEndpoint: CallbackEndpoint.none() });

  expect(findings(app)).toEqual([]);
});

test('nor with a key and a VPC of its own', () => {
  const app = new App();
  const stack = new Stack(app, 'Theirs');
  const vpc = new Vpc(stack, 'Vpc', { flowLogs: { All: {} } });
  const encryptionKey = new Key(stack, 'Own', { enableKeyRotation: true });
  new ImagePipeline(stack, 'Images', {
    apiKey: Secret.fromSecretNameV2(stack, 'ApiKey', 'evolink/api-key'),
    encryptionKey,
    vpc,
  });

  expect(findings(app)).toEqual([]);
});

test('every acknowledgement has a reason, and answers a finding that is there', () => {
  const app = new App({ context: CDK_CONTEXT });
  new ImagePipelineStack(app, readSettings(CDK_CONTEXT));
  const acknowledged = acknowledgements(app);

  for (const [rule, reason] of acknowledged) expect(`${rule}: ${reason}`).toMatch(/: [A-Z].{30,}\.$/);
  const silenced = new Set(acknowledged.map(([rule]) => rule));
  expect(new Set(allFindings(app))).toEqual(silenced);
});

/** The findings as if nothing had been acknowledged. */
function allFindings(app: App): string[] {
  const pack = NagPack.prototype as unknown as { isAcknowledged(): boolean };
  const forgiving = jest.spyOn(pack, 'isAcknowledged').mockReturnValue(false);
  try {
    return findings(app);
  } finally {
    forgiving.mockRestore();
  }
}
