/** An app of somebody else's: two pipelines in one stack under one key of its own, one of them in a VPC without a way out. */
import { App, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ImagePipeline, type ImagePipelineProps } from '../../../lib';

const app = new App();
const stack = new Stack(app, 'OwnKey');
const encryptionKey = new Key(stack, 'Own', { removalPolicy: RemovalPolicy.DESTROY });
const vpc = new Vpc(stack, 'Vpc', {
  natGateways: 0,
  maxAzs: 2,
  restrictDefaultSecurityGroup: false,
  subnetConfiguration: [{ name: 'Inner', subnetType: SubnetType.PRIVATE_ISOLATED }],
});
const shared: ImagePipelineProps = {
  apiKey: Secret.fromSecretNameV2(stack, 'ApiKey', 'evolink/api-key'),
  encryptionKey,
  firstCheckAfter: Duration.seconds(5),
  removalPolicy: RemovalPolicy.DESTROY,
};

const pipelines = {
  First: new ImagePipeline(stack, 'First', {
    ...shared,
    vpc,
    vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
  }),
  Second: new ImagePipeline(stack, 'Second', shared),
};

new CfnOutput(stack, 'KeyArn', { value: encryptionKey.keyArn });
for (const [id, { stateMachine, archiveBucket, deadLetterQueue }] of Object.entries(pipelines)) {
  new CfnOutput(stack, `${id}StateMachineArn`, { value: stateMachine.stateMachineArn });
  new CfnOutput(stack, `${id}BucketName`, { value: archiveBucket.bucketName });
  new CfnOutput(stack, `${id}QueueUrl`, { value: deadLetterQueue.queueUrl });
}
