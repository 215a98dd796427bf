/** `submit` where all slots are taken, and who wakes what waits. */
import { EvolinkClient } from '../../../evolink';
import { completeTask } from '../../../lambda/shared/complete-task';
import { closeServers } from '../../evolink/support/servers';
import { aCompletedTask, aTask } from '../../support/fake-evolink';
import { aJob, TASK_ID } from '../../support/jobs';
import { captureOutput } from '../../support/output';
import { claimJob, firstAttemptOf, slotsOf, takeFromQueue } from '../../support/queues';
import { MAX_QUEUE_SECONDS } from '../../support/pipeline';
import { Submissions } from '../../support/submissions';

captureOutput();
afterEach(closeServers);

/** `job-1` has the only slot and a task, unless there are more. */
async function full(slots = 1): Promise<Submissions> {
  const pipeline = await Submissions.start();
  pipeline.maxConcurrentTasks = slots;
  await pipeline.open({ taskId: TASK_ID });
  return pipeline;
}

const second = { job: aJob({}, 'job-2'), taskToken: 'token-2' };

describe('a job without a slot', () => {
  test('is neither sent nor answered, and wakes nobody while all slots are taken', async () => {
    const pipeline = await full();
    await pipeline.submit(second);
    expect(await firstAttemptOf(pipeline, 'job-2')).toMatchObject({ status: 'QUEUED' });
    expect(pipeline.posts()).toEqual([]);
    expect(pipeline.steps.sent).toEqual([]);
    expect(pipeline.lambda.started).toEqual([]);
  });

  test('wakes dispatch where a slot is free after all: whoever was to send the others is gone', async () => {
    const pipeline = await full();
    await claimJob(pipeline, 'job-0');
    pipeline.maxConcurrentTasks = 2;
    await pipeline.submit(second);
    expect(pipeline.lambda.started).toEqual([{ functionName: 'dispatch', payload: {} }]);
  });

  test('is not put there twice when its state is repeated; the newest token is the one that waits', async () => {
    const pipeline = await full();
    await pipeline.submit(second);
    await pipeline.submit({ ...second, taskToken: 'token-3' });
    expect(await slotsOf(pipeline)).toMatchObject({ taken: 1, queued: 1 });
    expect(await firstAttemptOf(pipeline, 'job-2')).toMatchObject({ status: 'QUEUED', taskToken: 'token-3' });
    expect(pipeline.posts()).toEqual([]);
  });
});

describe('a repeated call for a job in the queue', () => {
  test('leaves it due when its time there is up', async () => {
    const pipeline = await full();
    await pipeline.submit(second);
    const { nextCheckAt, createdAt } = await firstAttemptOf(pipeline, 'job-2');
    expect(nextCheckAt).toBe(createdAt + MAX_QUEUE_SECONDS * 1_000);
    pipeline.time += 60_000;
    await pipeline.submit({ ...second, taskToken: 'token-3' });
    expect(await firstAttemptOf(pipeline, 'job-2')).toMatchObject({ taskToken: 'token-3', nextCheckAt });
  });

  test('that is let through at this very moment leaves it due like any that was sent', async () => {
    let armed = false;
    const pipeline: Submissions = await Submissions.start({
      before: async (name) => {
        if (name !== 'UpdateCommand' || !armed) return;
        armed = false;
        await takeFromQueue(pipeline, await firstAttemptOf(pipeline, 'job-2'));
      },
    });
    pipeline.maxConcurrentTasks = 1;
    await pipeline.open({ taskId: TASK_ID });
    await pipeline.submit(second);
    armed = true;
    await pipeline.submit({ ...second, taskToken: 'token-3' });
    expect(await firstAttemptOf(pipeline, 'job-2')).toMatchObject({
      status: 'SUBMITTING',
      taskToken: 'token-3',
      earlierTokens: ['token-2'],
      nextCheckAt: pipeline.time + 120_000,
    });
  });
});

describe('the end of an attempt', () => {
  const complete = async (pipeline: Submissions) =>
    completeTask(await firstAttemptOf(pipeline, 'job-1'), 'callback', pipeline.dependencies());

  test('frees its slot and wakes dispatch, once', async () => {
    const pipeline = await full();
    await pipeline.submit(second);
    pipeline.evolink.set(aCompletedTask());
    await complete(pipeline);
    await complete(pipeline);
    expect(await slotsOf(pipeline)).toMatchObject({ taken: 0, queued: 1 });
    expect(pipeline.lambda.of('dispatch')).toEqual([{}]);
  });

  test('wakes nobody where nobody waits, or while the task goes on', async () => {
    const pipeline = await full();
    pipeline.evolink.set(aTask());
    await complete(pipeline);
    pipeline.evolink.set(aCompletedTask());
    await complete(pipeline);
    expect(pipeline.lambda.started).toEqual([]);
  });

  test('is one also where dispatch cannot be started', async () => {
    const pipeline = await full();
    await pipeline.submit(second);
    pipeline.evolink.set(aCompletedTask());
    pipeline.lambda.failNext(new Error('throttled'));
    await expect(complete(pipeline)).resolves.toBe('ended');
    expect(pipeline.steps.onlyAnswer()).toMatchObject({ taskToken: 'token-1', output: { task_id: TASK_ID } });
  });
});

describe('a call of submit', () => {
  test('that is killed right after its POST is not made good by another POST', async () => {
    const pipeline = await Submissions.start();
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its client below
    const post = EvolinkClient.prototype.submit;
    const killed = jest.spyOn(EvolinkClient.prototype, 'submit').mockImplementationOnce(async function (
      this: EvolinkClient,
      ...call
    ) {
      await post.apply(this, call);
      throw new Error('killed');
    });
    await expect(pipeline.submit()).rejects.toThrow('killed');
    killed.mockRestore();

    await pipeline.submit({ taskToken: 'token-2' });

    expect(pipeline.posts()).toHaveLength(1);
    expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTING', taskToken: 'token-2' });
    expect(pipeline.steps.sent).toEqual([]);
  });

  test('that its service makes twice at once sends one POST', async () => {
    const pipeline = await Submissions.start();
    await Promise.all([pipeline.submit(), pipeline.submit()]);
    expect(pipeline.posts()).toHaveLength(1);
    expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTED', taskId: TASK_ID });
  });
});
