import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Budget } from './budget';
import type { ImagePipeline } from './image-pipeline';

/** Names that the command line reads. They are outputs of the stack itself, whatever the construct is called. */
export function putOutputs(pipeline: ImagePipeline, apiKey: ISecret, budgets: Budget[]): void {
  const { functions, callbackUrl } = pipeline;
  const outputs = {
    StateMachineArn: ['Start an execution of it for each image request.', pipeline.stateMachine.stateMachineArn],
    BucketName: ['Where the images go.', pipeline.archiveBucket.bucketName],
    TableName: ['One row for each attempt to get a task from EvoLink.', pipeline.table.tableName],
    DashboardUrl: ['What the pipeline costs, makes and misses.', pipeline.dashboardUrl],
    ...(callbackUrl !== undefined && {
      CallbackUrl: ["Receives EvoLink's callbacks; shown without the secret path.", callbackUrl],
    }),
    ApiKeySecretName: ["The secret that holds EvoLink's API key.", apiKey.secretName],
    Budgets: ['What may be spent, as JSON; limits in units of 0.0001 credit.', budgetsJson(budgets)],
    ReconcileFunctionName: [
      "Compares the ledger with EvoLink's account; may be invoked at any time.",
      functions.reconcile.functionName,
    ],
    DeadLetterQueueUrl: [
      'Asynchronous work that failed for good; `evolink-images redrive` shows it.',
      pipeline.deadLetterQueue.queueUrl,
    ],
    EndedFunctionName: ['Is told of each job that ended without an image.', functions.ended.functionName],
    MetricsNamespace: ['CloudWatch namespace of the metrics.', pipeline.metricsNamespace],
    ServiceName: ['Value of the dimension `service` of each metric.', pipeline.serviceName],
    Version: ['Version of the pipeline.', pipeline.version],
  };
  const stack = Stack.of(pipeline);
  for (const [id, [description, value = '']] of Object.entries(outputs))
    new CfnOutput(stack, id, { description, value });
}

/** The rules as the functions get them: the command line shows them beside the limits that replace them. */
function budgetsJson(budgets: Budget[]): string {
  return JSON.stringify(budgets.map((budget) => budget._render()));
}
