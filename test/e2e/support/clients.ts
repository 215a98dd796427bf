/** Clients of the local cloud, once as an app has them and once with full rights. */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { IAMClient } from '@aws-sdk/client-iam';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { assumeRole } from '../../../local/cloud/app-role';
import { SimulatorControl } from '../../../local/simulator';
import { readConnection } from './connection';

export const connection = readConnection();

const appConfig = { ...connection.admin, credentials: () => assumeRole(connection.admin, connection.appRoleArn) };

/** An application's rights: the pipeline's `grantUse`, nothing else. */
export const app = {
  sfn: new SFNClient(appConfig),
  s3: new S3Client(appConfig),
};

/** Full rights: for looking behind the curtain, never for what an app would do. */
export const admin = {
  cloudFormation: new CloudFormationClient(connection.admin),
  cloudWatch: new CloudWatchClient(connection.admin),
  dynamo: DynamoDBDocumentClient.from(new DynamoDBClient(connection.admin)),
  iam: new IAMClient(connection.admin),
  lambda: new LambdaClient(connection.admin),
  logs: new CloudWatchLogsClient(connection.admin),
  s3: new S3Client(connection.admin),
  sfn: new SFNClient(connection.admin),
};

export const simulator = new SimulatorControl(connection.simulator.controlUrl);
