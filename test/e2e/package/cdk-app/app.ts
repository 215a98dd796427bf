/** What the README tells a platform team to write. */
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ImagePipeline } from 'evolink-image-pipeline';

const app = new App();
// Of no account and no region: the hardest for a construct.
const stack = new Stack(app, 'PackagedPipeline');
const pipeline = new ImagePipeline(stack, 'Images', {
  apiKey: Secret.fromSecretNameV2(stack, 'ApiKey', 'evolink/api-key'),
  defaults: { quality: 'low' },
});
new CfnOutput(stack, 'StateMachineArn', { value: pipeline.stateMachine.stateMachineArn });
