/** A key and a VPC of one's own, and two pipelines side by side in one stack. */
import { DescribeLogGroupsCommand, type LogGroup } from '@aws-sdk/client-cloudwatch-logs';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { GetBucketEncryptionCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { DescribeStateMachineCommand } from '@aws-sdk/client-sfn';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { ImagePipelineClient } from '../../client';
import { stackResources } from '../../local/cloud/emulator-adjustments';
import { ROOT } from '../../local/paths';
import { admin, connection } from './support/clients';
import { type OwnApp, startOwnApp } from './support/own-app';

let app: OwnApp;
let outputs: Readonly<Record<string, string>>;
let resources: { physicalId: string; type: string }[];

beforeAll(async () => {
  app = await startOwnApp({ folder: ROOT, command: `"${process.execPath}" --import tsx test/e2e/apps/own-key.ts` });
  outputs = app.outputs.OwnKey ?? {};
  resources = [...(await stackResources(connection.admin, 'OwnKey')).values()];
});
afterAll(() => app.simulator.close());

const ofType = (type: string) => resources.filter((found) => found.type === type).map(({ physicalId }) => physicalId);

test('probe', async () => {
  const sfn = await admin.sfn.send(new DescribeStateMachineCommand({ stateMachineArn: outputs.FirstStateMachineArn }));
  const queue = await new SQSClient(connection.admin).send(new GetQueueAttributesCommand({ QueueUrl: outputs.FirstQueueUrl, AttributeNames: ['All'] }));
  const fn = await admin.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: outputs.FirstSubmitName }));
  const bucket = await admin.s3.send(new GetBucketEncryptionCommand({ Bucket: outputs.FirstBucketName })).catch(String);
  const table = await admin.dynamo.send(new DescribeTableCommand({ TableName: ofType('AWS::DynamoDB::GlobalTable')[0] })).catch(String);
  const { logGroups } = await admin.logs.send(new DescribeLogGroupsCommand({}));
  console.log(JSON.stringify({ outputs, sfn: { ...sfn, definition: 0 }, queue, vpc: fn.VpcConfig, bucket, table, logs: logGroups?.filter((g: LogGroup) => g.kmsKeyId).length, one: logGroups?.[0], types: [...new Set(resources.map((r) => r.type))] }, null, 1));
});

test.each(['First', 'Second'])('a job of %s', async (id) => {
  const client = new ImagePipelineClient({ stateMachineArn: outputs[`${id}StateMachineArn`] ?? '', stepFunctions: admin.sfn });
  const output = await client.generate({ prompt: 'a red bicycle', size: '3:1' });
  const [image] = output.images;
  console.log(await admin.s3.send(new HeadObjectCommand({ Bucket: image?.bucket, Key: image?.key })));
  expect(image?.bucket).toBe(outputs[`${id}BucketName`]);
});
