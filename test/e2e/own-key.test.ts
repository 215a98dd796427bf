/**
 * A key and a VPC of one's own, and two pipelines side by side in one stack. The local cloud keeps the key of log groups,
 * queues and state machines, not of buckets and tables, checks no right on it, and runs functions outside of any VPC:
 * the rest is asserted on the template, in test/lib.
 */
import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeStateMachineCommand } from '@aws-sdk/client-sfn';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { ImagePipelineClient } from '../../client';
import { physicalIds } from '../../local/cloud/stack-resources';
import { ROOT } from '../../local/paths';
import { admin, connection } from './support/clients';
import { type OwnApp, startOwnApp } from './support/own-app';

const STACK = 'OwnKey';
const PIPELINES = ['First', 'Second'];

let app: OwnApp;
let output: (name: string) => string;

beforeAll(async () => {
  app = await startOwnApp({ folder: ROOT, command: `"${process.execPath}" --import tsx test/e2e/apps/own-key.ts` });
  output = (name) => app.outputs[STACK]?.[name] ?? '';
});
afterAll(() => app.close());

test('the same job id is a job of its own in each pipeline, with its image in its own bucket', async () => {
  const jobId = `bicycle-${Date.now().toString(36)}`;
  const results = await Promise.all(
    PIPELINES.map((id) => {
      const stateMachineArn = output(`${id}StateMachineArn`);
      const client = new ImagePipelineClient({ stateMachineArn, stepFunctions: admin.sfn });
      return client.generate({ prompt: 'a red bicycle', size: '3:1' }, { jobId });
    }),
  );

  expect(results.map(({ images }) => images.map(({ bucket }) => bucket))).toEqual(
    PIPELINES.map((id) => [output(`${id}BucketName`)]),
  );
  expect(app.simulator.tasks()).toHaveLength(2);
});

test('every log group of both is under the key, and no two have one name', async () => {
  const own = await physicalIds(connection.admin, STACK, 'AWS::Logs::LogGroup');
  const found = await Promise.all(
    own.map((name) => admin.logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }))),
  );
  const keys = found.map(({ logGroups }, index) => logGroups?.find((group) => group.logGroupName === own[index]));

  expect(new Set(own).size).toBe(20);
  for (const group of keys) expect(group?.kmsKeyId).toBe(output('KeyArn'));
});

test.each(PIPELINES)('so are the workflow and the dead letters of %s', async (id) => {
  const stateMachineArn = output(`${id}StateMachineArn`);
  const machine = await admin.sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
  const queue = await new SQSClient(connection.admin).send(
    new GetQueueAttributesCommand({ QueueUrl: output(`${id}QueueUrl`), AttributeNames: ['All'] }),
  );

  expect(machine.encryptionConfiguration?.kmsKeyId).toBe(output('KeyArn'));
  expect(queue.Attributes?.KmsMasterKeyId).toBe(output('KeyArn'));
});
