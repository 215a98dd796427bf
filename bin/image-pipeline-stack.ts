import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { ManagedPolicy, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { REFERENCES } from '../domain/constants';
import { ImagePipeline } from '../lib';
import { acknowledgeWildcard } from '../lib/acknowledge';
import type { Settings } from './settings';

/** One pipeline, and what an app needs to know of it. */
export class ImagePipelineStack extends Stack {
  readonly pipeline: ImagePipeline;

  constructor(scope: Construct, settings: Settings, props?: StackProps) {
    super(scope, settings.stackName, { description: 'Buys images from EvoLink and archives them to S3.', ...props });

    const { apiKeySecretName, alarmEmail, encryptionKeyArn } = settings;
    const encryptionKey =
      encryptionKeyArn === undefined ? undefined : Key.fromKeyArn(this, 'EncryptionKey', encryptionKeyArn);
    this.pipeline = new ImagePipeline(this, 'Pipeline', {
      ...settings,
      apiKey: Secret.fromSecretNameV2(this, 'ApiKey', apiKeySecretName),
      referenceBuckets: settings.referenceBuckets?.map((name) =>
        Bucket.fromBucketName(this, `References-${name}`, name),
      ),
      encryptionKey,
      alarms: {
        ...settings.alarms,
        topic: alarmEmail === undefined ? undefined : this.createAlarmTopic(alarmEmail, encryptionKey),
      },
    });
    this.pipeline.putOutputs();
    const { managedPolicyArn: value } = this.createUsePolicy();
    new CfnOutput(this, 'UsePolicyArn', { description: 'Attach it to the role of an app.', value });
  }

  /** Tells one address, which has to confirm that it wants to be told. */
  private createAlarmTopic(email: string, masterKey?: IKey): Topic {
    const displayName = 'EvoLink image pipeline';
    const topic = new Topic(this, 'AlarmTopic', { displayName, enforceSSL: true, masterKey });
    topic.addSubscription(new EmailSubscription(email));
    // A topic with a policy of its own loses the one that let the account's services publish.
    topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': this.account } },
      }),
    );
    return topic;
  }

  /** For the roles of apps that live outside this stack: attach it, and they may use the pipeline. */
  private createUsePolicy(): ManagedPolicy {
    const policy = new ManagedPolicy(this, 'UsePolicy', {
      description: 'Start, watch and stop image jobs, upload references, and read images.',
    });
    this.pipeline.grantUse(policy);
    const objects = this.pipeline.archiveBucket.arnForObjects('*');
    acknowledgeWildcard(policy, objects, 'Apps read the images of all jobs; keys are made from job ids.');
    const references = this.pipeline.archiveBucket.arnForObjects(`${REFERENCES.prefix}*`);
    acknowledgeWildcard(
      policy,
      references,
      'Apps put pictures of their own there, named by their hashes; they expire.',
    );
    const executions = this.pipeline.executionsArn;
    acknowledgeWildcard(policy, executions, 'Executions are named by the apps that start them.');
    return policy;
  }
}
