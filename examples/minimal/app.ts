/** The least there is: one pipeline, and what an app needs to know of it. */
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ImagePipeline } from 'evolink-image-pipeline';

const app = new App();
const stack = new Stack(app, 'MinimalImages');

const pipeline = new ImagePipeline(stack, 'Images', {
  apiKey: Secret.fromSecretNameV2(stack, 'ApiKey', 'evolink/api-key'),
});

new CfnOutput(stack, 'StateMachineArn', { value: pipeline.stateMachine.stateMachineArn });
new CfnOutput(stack, 'BucketName', { value: pipeline.archiveBucket.bucketName });
