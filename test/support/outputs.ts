/** What a pipeline with an HTTP API puts out, in the order of the alphabet. */
export const PIPELINE_OUTPUTS = [
  'ApiKeySecretName',
  'BucketName',
  'Budgets',
  'CallbackUrl',
  'DashboardUrl',
  'DeadLetterQueueUrl',
  'EndedFunctionName',
  'MetricsNamespace',
  'ReconcileFunctionName',
  'ServiceName',
  'StateMachineArn',
  'TableName',
  'Version',
];
