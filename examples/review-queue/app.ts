/**
 * Finished images go to people who look at them before anybody else does: each job that succeeded puts a message on a
 * queue, and each that failed on another. `docs/events.md` says what is in a message.
 */
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { ImagePipeline } from 'evolink-image-pipeline';

const app = new App();
const stack = new Stack(app, 'ReviewedImages');

const pipeline = new ImagePipeline(stack, 'Images', {
  apiKey: Secret.fromSecretNameV2(stack, 'ApiKey', 'evolink/api-key'),
});

const review = new Queue(stack, 'Review', {
  enforceSSL: true,
  retentionPeriod: Duration.days(14),
  deadLetterQueue: { queue: new Queue(stack, 'NotReviewed', { enforceSSL: true }), maxReceiveCount: 5 },
});
pipeline.onJobSucceeded('ToReview', { target: new SqsQueue(review) });

const failures = new Queue(stack, 'Failures', { enforceSSL: true });
pipeline.onJobFailed('ToFailures', { target: new SqsQueue(failures) });

new CfnOutput(stack, 'StateMachineArn', { value: pipeline.stateMachine.stateMachineArn });
new CfnOutput(stack, 'ReviewQueueUrl', { value: review.queueUrl });
new CfnOutput(stack, 'FailuresQueueUrl', { value: failures.queueUrl });
