/** Other ways for EvoLink to reach the pipeline than the HTTP API that all other tests use; on one stack, one by one. */
import type { LocalPipeline } from '../../local/pipeline';
import { startOwnPipeline } from './support/own-pipeline';
import {
  attemptsOf,
  callbackAddress,
  connection,
  eventually,
  forgeCallback,
  makeDue,
  runJob,
  simulator,
  startJob,
  sweepNow,
  waitForEnd,
} from './support/pipeline';

const request = { prompt: 'a lighthouse', size: '3:1', quality: 'low' };

let pipeline: LocalPipeline;
beforeAll(async () => {
  pipeline = await startOwnPipeline({ callbackEndpoint: 'function-url', sweepIntervalMinutes: '60' });
}, 120_000);
afterAll(() => pipeline.stop());

describe('the URL of the function', () => {
  test('a job ends by its callback', async () => {
    const { status, jobId } = await runJob(request);

    expect(status).toBe('SUCCEEDED');
    const [task] = await simulator.tasks();
    expect(task?.request.callback_url).toMatch(`${connection.outputs.CallbackUrl}callback/`);
    expect(task?.callbacks.map((callback) => callback.status)).toContain(204);
    expect(await attemptsOf(jobId)).toEqual([expect.objectContaining({ status: 'COMPLETED' })]);
  });

  test('nobody else is let in', async () => {
    const [task] = await simulator.tasks();
    if (!task) throw new Error('no task');
    const { attemptId } = callbackAddress(task);

    expect((await forgeCallback(attemptId, 'x'.repeat(43), { id: task.id })).status).toBe(404);
  });
});

describe('none', () => {
  beforeAll(() => pipeline.redeploy({ callbackEndpoint: 'none' }));

  test('EvoLink is given no address, and the sweep finds the end', async () => {
    await simulator.reset();
    const { jobId, executionArn } = await startJob(request);
    const [task] = await eventually(async () => {
      const tasks = await simulator.tasks();
      expect(tasks.map(({ status }) => status)).toEqual(['completed']);
      return tasks;
    }, 60_000);
    const [attempt] = await attemptsOf(jobId);
    if (!attempt) throw new Error('no attempt');
    await makeDue(attempt);
    await sweepNow();

    expect((await waitForEnd(executionArn)).status).toBe('SUCCEEDED');
    expect(task?.request).not.toHaveProperty('callback_url');
  });
});
