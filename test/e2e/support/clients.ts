/** Clients of the local cloud, once as an app has them and once with full rights. */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IAMClient } from '@aws-sdk/client-iam';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { assumeRole } from '../../../local/cloud/app-role';
import { SimulatorControl } from '../../../local/simulator';
import { type Connection, readConnection } from './connection';

const appClients = ({ admin: config, appRoleArn }: Connection) => {
  const own = { ...config, credentials: () => assumeRole(config, appRoleArn) };
  return { sfn: new SFNClient(own), s3: new S3Client(own) };
};

/** The pipeline that this test file works with. */
export let connection = readConnection();

/** An application's rights: the pipeline's `grantUse`, nothing else. */
export let app = appClients(connection);

export let simulator = new SimulatorControl(connection.simulator.controlUrl);

/** Full rights: for looking behind the curtain, never for what an app would do. */
export const admin = {
  cloudFormation: new CloudFormationClient(connection.admin),
  cloudWatch: new CloudWatchClient(connection.admin),
  dynamo: DynamoDBDocumentClient.from(new DynamoDBClient(connection.admin)),
  events: new EventBridgeClient(connection.admin),
  iam: new IAMClient(connection.admin),
  lambda: new LambdaClient(connection.admin),
  logs: new CloudWatchLogsClient(connection.admin),
  s3: new S3Client(connection.admin),
  sfn: new SFNClient(connection.admin),
};

/** From here on this test file works with another pipeline of the same cloud. Other files have modules of their own. */
export function connectTo(other: Connection): void {
  connection = other;
  app = appClients(other);
  simulator = new SimulatorControl(other.simulator.controlUrl);
}
