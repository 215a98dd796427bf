/**
 * Every choice there is, made once: a bucket, a key and a topic of your own, budgets and alarms, a queue, tenants,
 * references, a domain name for callbacks. Take what you need. `docs/api` explains each property.
 */
import { App, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { ManagedPolicy, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Budget, CallbackEndpoint, ImagePipeline, Resolution } from 'evolink-image-pipeline';

const app = new App();
const stack = new Stack(app, 'EverythingImages', { description: 'Images, with every choice made.' });

// One key for all that holds prompts, images or names of jobs. The pipeline adds what its services need to the policy.
const key = new Key(stack, 'Key', { enableKeyRotation: true, removalPolicy: RemovalPolicy.RETAIN });

const images = new Bucket(stack, 'OwnBucket', {
  encryption: BucketEncryption.KMS,
  encryptionKey: key,
  bucketKeyEnabled: true,
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  enforceSSL: true,
  // The rules of a bucket of yours are yours: references that apps upload should not stay for ever.
  lifecycleRules: [{ prefix: 'references/', expiration: Duration.days(7) }],
});
const brandAssets = new Bucket(stack, 'BrandAssets', { enforceSSL: true });

const topic = new Topic(stack, 'Alarms', { masterKey: key, enforceSSL: true });
topic.addSubscription(new EmailSubscription('image-team@example.com'));
topic.grantPublish(new ServicePrincipal('cloudwatch.amazonaws.com'));

// In real life: a certificate of ACM for the name below, in this region.
const certificate = Certificate.fromCertificateArn(
  stack,
  'Certificate',
  stack.formatArn({ service: 'acm', resource: 'certificate', resourceName: '00000000-1111-2222-3333-444444444444' }),
);

const pipeline = new ImagePipeline(stack, 'Images', {
  apiKey: Secret.fromSecretNameV2(stack, 'ApiKey', 'evolink/api-key'),

  // Where things are kept.
  archiveBucket: images,
  encryptionKey: key,
  referenceBuckets: [brandAssets],
  removalPolicy: RemovalPolicy.RETAIN,
  logRetention: RetentionDays.THREE_MONTHS,

  // What a request gets that leaves a field out.
  defaults: { size: '16:9', resolution: Resolution.TWO_K, quality: 'low' },

  // Who may spend how much.
  tenants: ['shop', 'marketing'],
  budgets: [
    Budget.daily(500, { timeZone: 'Europe/Berlin' }),
    Budget.monthly(10_000),
    Budget.daily(50, { tenant: 'marketing' }),
  ],
  maxCreditsPerJob: 60,

  // How hard EvoLink is used.
  maxConcurrentTasks: 3,
  maxQueueTime: Duration.hours(2),
  maxAttempts: 5,
  callbackTimeout: Duration.minutes(30),
  firstCheckAfter: Duration.seconds(10),
  callbackEndpoint: CallbackEndpoint.httpApi({
    domainName: 'images.example.com',
    certificate,
    rateLimit: 20,
    burstLimit: 40,
  }),

  // Who hears of trouble.
  alarms: { topic, spendPerHourUsd: 10, creditsRemaining: 500, daysRemaining: 5, failureRatePercent: 10 },
  dashboardName: 'EvolinkImages',
  runbookUrl: 'https://wiki.example.com/image-runbook',
});

// For the roles of apps in other stacks: attach it, and they may start jobs and read images.
const usePolicy = new ManagedPolicy(stack, 'UsePolicy', { description: 'Start image jobs and read their images.' });
pipeline.grantUse(usePolicy);

new CfnOutput(stack, 'StateMachineArn', { value: pipeline.stateMachine.stateMachineArn });
new CfnOutput(stack, 'BucketName', { value: images.bucketName });
new CfnOutput(stack, 'UsePolicyArn', { value: usePolicy.managedPolicyArn });
// The DNS record of images.example.com is a CNAME to this.
new CfnOutput(stack, 'CallbackDomainTarget', { value: pipeline.callbackDomain?.regionalDomainName ?? '' });
