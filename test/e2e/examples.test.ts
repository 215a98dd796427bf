/** The examples, deployed as they are and used as they say. */
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ImagePipelineClient } from '../../client';
import { ROOT } from '../../local/paths';
import { connection } from './support/clients';
import { eventually } from './support/eventually';
import { type OwnApp, startOwnApp } from './support/own-app';

const stepFunctions = new SFNClient(connection.admin);
const run = Date.now().toString(36);

let deployed: OwnApp;
async function deploy(example: string): Promise<Readonly<Record<string, string>>> {
  const command = `"${process.execPath}" --import tsx examples/${example}/app.ts`;
  deployed = await startOwnApp({ folder: ROOT, command });
  const [outputs] = Object.values(deployed.outputs);
  return outputs ?? {};
}
afterEach(() => deployed.simulator.close());

test('every example is deployed here', () => {
  const examples = readdirSync(join(ROOT, 'examples')).filter((name) => !['requests', 'README.md'].includes(name));
  expect(examples.sort()).toEqual(['behind-an-api', 'minimal', 'workflow-step']);
});

test('minimal: a job', async () => {
  const { StateMachineArn: stateMachineArn = '', BucketName } = await deploy('minimal');
  const client = new ImagePipelineClient({ stateMachineArn, stepFunctions });

  const output = await client.generate({ prompt: 'a red bicycle', size: '3:1' });

  expect(output.images).toEqual([expect.objectContaining({ bucket: BucketName, content_type: 'image/png' })]);
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
    credits: deployed.simulator.bill().creditsUsed,
  });
});

test('behind-an-api: the same PUT twice is one job; GET gives links that anybody can fetch', async () => {
  const { ApiUrl = '' } = await deploy('behind-an-api');
  const url = `${ApiUrl}/images/bicycle-${run}`;
  const put = (prompt: string) => fetch(url, { method: 'PUT', body: JSON.stringify({ prompt, size: '3:1' }) });

  expect([(await put('a red bicycle')).status, (await put('a red bicycle')).status]).toEqual([202, 202]);
  expect((await put('a blue boat')).status).toBe(409);
  const shown = await eventually(async () => {
    const reply = (await (await fetch(url)).json()) as { state: string; images: string[] };
    expect(reply.state).toBe('SUCCEEDED');
    return reply;
  }, 60_000);

  expect((await fetch(shown.images[0] ?? '')).headers.get('content-type')).toBe('image/png');
  expect((await fetch(`${ApiUrl}/images/unknown`)).status).toBe(404);
  expect(deployed.simulator.tasks()).toHaveLength(1);
});
