import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { ImagePipeline } from '../lib';
import { acknowledgeWildcard } from '../lib/acknowledge';
import type { Settings } from './settings';

/** One pipeline, and what an app needs to know of it. */
export class ImagePipelineStack extends Stack {
  readonly pipeline: ImagePipeline;

  constructor(scope: Construct, settings: Settings, props?: StackProps) {
    super(scope, settings.stackName, { description: 'Buys images from EvoLink and archives them to S3.', ...props });

    const { apiKeySecretName } = settings;
    this.pipeline = new ImagePipeline(this, 'Pipeline', {
      ...settings,
      apiKey: Secret.fromSecretNameV2(this, 'ApiKey', apiKeySecretName),
    });
    this.createOutputs(apiKeySecretName, this.createUsePolicy());
  }

  /** For the roles of apps that live outside this stack: attach it, and they may use the pipeline. */
  private createUsePolicy(): ManagedPolicy {
    const policy = new ManagedPolicy(this, 'UsePolicy', {
      description: 'Start, watch and stop image jobs, and read their images.',
    });
    this.pipeline.grantUse(policy);
    const objects = this.pipeline.archiveBucket.arnForObjects('*');
    acknowledgeWildcard(policy, objects, 'Apps read the images of all jobs; keys are made from job ids.');
    const executions = this.pipeline.executionsArn;
    acknowledgeWildcard(policy, executions, 'Executions are named by the apps that start them.');
    return policy;
  }

  private createOutputs(apiKeySecretName: string, usePolicy: ManagedPolicy): void {
    const outputs = {
      StateMachineArn: ['Start an execution of it for each image request.', this.pipeline.stateMachine.stateMachineArn],
      BucketName: ['Where the images go.', this.pipeline.archiveBucket.bucketName],
      TableName: ['One row for each attempt to get a task from EvoLink.', this.pipeline.table.tableName],
      DashboardUrl: ['What the pipeline costs, makes and misses.', this.pipeline.dashboardUrl],
      CallbackUrl: [
        "Receives EvoLink's callbacks; shown without the secret path.",
        this.pipeline.callbackApi.apiEndpoint,
      ],
      UsePolicyArn: ['Attach it to the role of an app.', usePolicy.managedPolicyArn],
      ApiKeySecretName: ["The secret that holds EvoLink's API key.", apiKeySecretName],
      MetricsNamespace: ['CloudWatch namespace of the metrics.', this.pipeline.metricsNamespace],
      ServiceName: ['Value of the dimension `service` of each metric.', this.pipeline.serviceName],
      Version: ['Version of the pipeline.', this.pipeline.version],
    };
    for (const [id, [description, value]] of Object.entries(outputs)) new CfnOutput(this, id, { description, value });
  }
}
