/** IAM is enforced on the local cloud: every other test shows that the rights suffice, these that they end there. */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { GetExecutionHistoryCommand, ListExecutionsCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { app, connection, simulator, startJob, succeed, waitForEnd } from './support/pipeline';

const request = { prompt: 'a bicycle', size: '3:1', quality: 'low' };
const denied = { name: expect.stringMatching(/AccessDenied/) };

test("an app cannot read a job's history: it holds the token that completes the job", async () => {
  const { executionArn } = await startJob(request);
  await waitForEnd(executionArn);

  await expect(app.sfn.send(new GetExecutionHistoryCommand({ executionArn }))).rejects.toMatchObject(denied);
});

test("an app cannot list others' jobs", async () => {
  const { StateMachineArn: stateMachineArn } = connection.outputs;

  await expect(app.sfn.send(new ListExecutionsCommand({ stateMachineArn }))).rejects.toMatchObject(denied);
});

test('an app cannot write to the archive', async () => {
  const [image] = (await succeed(request)).images;

  const overwrite = new PutObjectCommand({ Bucket: image?.bucket, Key: image?.key, Body: 'x' });

  await expect(app.s3.send(overwrite)).rejects.toMatchObject(denied);
});

test('an app can stop its job', async () => {
  await simulator.script({ match: { promptIncludes: 'stopped' }, task: { processingMs: 60_000 } });
  const { executionArn } = await startJob({ ...request, prompt: 'a stopped bicycle' });

  await app.sfn.send(new StopExecutionCommand({ executionArn }));

  expect(await waitForEnd(executionArn)).toMatchObject({ status: 'ABORTED' });
});
