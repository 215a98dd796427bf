import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SFNClient } from '@aws-sdk/client-sfn';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** The clients that commands use. Credentials, region and endpoint come from the environment, as for the AWS CLI. */
export interface Aws {
  readonly cloudFormation: Pick<CloudFormationClient, 'send'>;
  readonly documents: DynamoDBDocumentClient;
  readonly stepFunctions: () => Promise<SFNClient>;
  readonly s3: () => Promise<S3Client>;
  readonly lambda: () => Promise<LambdaClient>;
  readonly sqs: () => Promise<SQSClient>;
  readonly cloudWatch: () => Promise<CloudWatchClient>;
  /** Where they look, for messages. */
  readonly region: () => Promise<string>;
}

/** Somebody waits for the answer; the SDK's own defaults wait for ever. */
const CLIENT_OPTIONS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 5_000, requestTimeout: 20_000, throwOnRequestTimeout: true },
};

/** Loaded only when needed: an estimate asks nobody. */
export async function connect(region?: string): Promise<Aws> {
  const [{ CloudFormationClient: CloudFormation }, { DynamoDBClient }, { DynamoDBDocumentClient: Documents }] =
    await Promise.all([
      import('@aws-sdk/client-cloudformation'),
      import('@aws-sdk/client-dynamodb'),
      import('@aws-sdk/lib-dynamodb'),
    ]);
  const options = { ...CLIENT_OPTIONS, ...(region !== undefined && { region }) };
  const cloudFormation = new CloudFormation(options);
  return {
    cloudFormation,
    documents: Documents.from(new DynamoDBClient(options)),
    stepFunctions: async () => new (await import('@aws-sdk/client-sfn')).SFNClient(options),
    s3: async () => new (await import('@aws-sdk/client-s3')).S3Client(options),
    lambda: async () => new (await import('@aws-sdk/client-lambda')).LambdaClient(options),
    sqs: async () => new (await import('@aws-sdk/client-sqs')).SQSClient({ ...options, useQueueUrlAsEndpoint: false }),
    cloudWatch: async () => new (await import('@aws-sdk/client-cloudwatch')).CloudWatchClient(options),
    region: () => cloudFormation.config.region(),
  };
}
