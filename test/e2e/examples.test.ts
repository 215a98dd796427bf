/** The examples, deployed as they are and used as they say. */
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { AwsClient } from 'aws4fetch';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ImagePipelineClient } from '../../client';
import { ROOT } from '../../local/paths';
import { physicalIds } from '../../local/cloud/stack-resources';
import { apiAddress } from './support/api-address';
import { admin, connection } from './support/clients';
import { eventually } from './support/eventually';
import { type OwnApp, startOwnApp } from './support/own-app';

const stepFunctions = new SFNClient(connection.admin);
const queues = new SQSClient(connection.admin);
const run = Date.now().toString(36);

let deployed: OwnApp | undefined;
async function deploy(example: string): Promise<Readonly<Record<string, string>>> {
  const command = `"${process.execPath}" --import tsx examples/${example}/app.ts`;
  deployed = await startOwnApp({ folder: ROOT, command });
  const [outputs] = Object.values(deployed.outputs);
  return outputs ?? {};
}
afterEach(async () => {
  await deployed?.close();
  deployed = undefined;
});

async function sweep(stack: string): Promise<void> {
  const [FunctionName] = await physicalIds(connection.admin, stack, 'AWS::Lambda::Function', 'SweepFunction');
  await admin.lambda.send(new InvokeCommand({ FunctionName }));
}

test('every example is deployed in this file', () => {
  const examples = readdirSync(join(ROOT, 'examples')).filter((name) => !['requests', 'README.md'].includes(name));
  expect(examples.sort()).toEqual(['behind-an-api', 'everything', 'minimal', 'review-queue', 'workflow-step']);
});

test('minimal: a job', async () => {
  const { StateMachineArn: stateMachineArn = '', BucketName } = await deploy('minimal');
  const client = new ImagePipelineClient({ stateMachineArn, stepFunctions });

  const output = await client.generate({ prompt: 'a red bicycle', size: '3:1' });

  expect(output.images).toEqual([expect.objectContaining({ bucket: BucketName, content_type: 'image/png' })]);
});

test('everything: a job finds its image in the bucket that was given, by the defaults that were set', async () => {
  const { StateMachineArn: stateMachineArn = '', BucketName } = await deploy('everything');
  const client = new ImagePipelineClient({ stateMachineArn, stepFunctions });

  const { jobId } = await client.start({ prompt: 'a red bicycle', tenant: 'shop' });
  // Nothing answers at the domain name of the example, so it is the sweep that finds the end.
  const output = await eventually(async () => {
    await sweep('EverythingImages');
    const status = await client.status(jobId);
    expect(status.state).toBe('SUCCEEDED');
    return status.output;
  }, 60_000);

  expect(output?.images).toEqual([expect.objectContaining({ bucket: BucketName, width: 2736, height: 1536 })]);
  const [task] = deployed?.simulator.tasks() ?? [];
  expect(task?.request.callback_url).toMatch('https://images.example.com/callback/');
});

test('workflow-step: the workflow goes on with the images, and is one job', async () => {
  const { WorkflowArn } = await deploy('workflow-step');
  const input = JSON.stringify({ campaign: 'spring' });
  const { executionArn } = await stepFunctions.send(
    new StartExecutionCommand({ stateMachineArn: WorkflowArn, name: `spring-${run}`, input }),
  );
  const ended = await eventually(async () => {
    const execution = await stepFunctions.send(new DescribeExecutionCommand({ executionArn }));
    expect(execution.status).not.toBe('RUNNING');
    return execution;
  }, 60_000);

  expect(JSON.parse(ended.output ?? ended.cause ?? '')).toEqual({
    images: [expect.objectContaining({ key: expect.stringContaining(`/spring-${run}-banner/image-01.png`) })],
    credits: deployed?.simulator.bill().creditsUsed,
  });
});

test('behind-an-api: the same PUT twice is one job; GET gives links that anybody can fetch', async () => {
  const { ApiUrl = '' } = await deploy('behind-an-api');
  const images = `${apiAddress(ApiUrl)}/images`;
  const url = `${images}/bicycle-${run}`;
  // It lets nobody in who does not sign.
  expect((await fetch(url)).status).toBe(403);
  const caller = new AwsClient({
    ...connection.admin.credentials,
    region: connection.admin.region,
    service: 'execute-api',
  });
  const put = (prompt: string) => caller.fetch(url, { method: 'PUT', body: JSON.stringify({ prompt, size: '3:1' }) });

  expect((await put('a red bicycle')).status).toBe(202);
  // 200, if the job is that fast.
  expect([200, 202]).toContain((await put('a red bicycle')).status);
  expect((await put('a blue boat')).status).toBe(409);
  const shown = await eventually(async () => {
    const reply = (await (await caller.fetch(url)).json()) as { state: string; images: string[] };
    expect(reply.state).toBe('SUCCEEDED');
    return reply;
  }, 60_000);

  expect((await fetch(shown.images[0] ?? '')).headers.get('content-type')).toBe('image/png');
  expect(await (await put('a red bicycle')).json()).toMatchObject({ state: 'SUCCEEDED', images: [expect.any(String)] });
  expect((await caller.fetch(`${images}/unknown`)).status).toBe(404);
  expect(deployed?.simulator.tasks()).toHaveLength(1);
});

test('review-queue: a message for each job that ended, with a few fields and without the prompt', async () => {
  const { StateMachineArn: stateMachineArn = '', ReviewQueueUrl, FailuresQueueUrl } = await deploy('review-queue');
  const client = new ImagePipelineClient({ stateMachineArn, stepFunctions });
  await client.generate({ prompt: 'a secret bicycle', size: '3:1' }, { jobId: `good-${run}` });
  await client.generate({ prompt: 'a secret bicycle', size: '9:8' }, { jobId: `bad-${run}` }).catch(() => undefined);

  const message = async (QueueUrl?: string) => {
    const { Messages = [] } = await queues.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
    expect(Messages).toHaveLength(1);
    return JSON.parse(Messages[0]?.Body ?? '') as unknown;
  };
  const times = { startedAt: expect.any(Number), endedAt: expect.any(Number) };
  const executionArn = (id: string) => expect.stringMatching(`:${id}-${run}$`);
  expect(await eventually(() => message(ReviewQueueUrl))).toEqual({
    jobId: `good-${run}`,
    executionArn: executionArn('good'),
    status: 'SUCCEEDED',
    ...times,
  });
  expect(await eventually(() => message(FailuresQueueUrl))).toEqual({
    jobId: `bad-${run}`,
    executionArn: executionArn('bad'),
    status: 'FAILED',
    ...times,
  });
});
