/** Step Functions calls the state again with a new token: whatever the attempt's state is, nothing is sent twice. */
import type { AttemptStatus } from '../../../lambda/shared/attempts/attempt';
import { completeTask } from '../../../lambda/shared/complete-task';
import { closeServers } from '../../evolink/support/servers';
import { aCompletedTask, aTask } from '../../support/fake-evolink';
import { aJob, TASK_ID } from '../../support/jobs';
import { captureOutput } from '../../support/output';
import { LOST, ATTEMPT_ID } from '../../support/pipeline';
import { Submissions } from '../../support/submissions';
import { HOUR_MS, runSweep } from '../../support/sweeps';

const output = captureOutput();
afterEach(closeServers);

type Ended = 'COMPLETED' | 'FAILED' | 'CANCELLED';
const ENDED: readonly Ended[] = ['COMPLETED', 'FAILED', 'CANCELLED'];
const failure = { name: 'ServiceError', cause: '{"error":"ServiceError"}' } as const;

async function existing(status: AttemptStatus): Promise<Submissions> {
  const pipeline = await Submissions.start();
  const submitted = status !== 'SUBMITTING' && status !== 'SUBMIT_UNKNOWN';
  await pipeline.open(submitted ? { taskId: TASK_ID } : {});
  if (status === 'SUBMIT_UNKNOWN') await pipeline.table.markSubmitUnknown(ATTEMPT_ID, LOST, pipeline.time);
  if (ENDED.includes(status as Ended)) {
    await pipeline.book(await pipeline.attempt(), {
      ...{ status: status as Ended, completedAt: pipeline.time, creditsUsed: 0, basis: 'assumed' },
      failure: status === 'COMPLETED' ? undefined : failure,
    });
  }
  pipeline.time += 60_000;
  return pipeline;
}

test.each(['SUBMITTING', 'SUBMITTED', 'SUBMIT_UNKNOWN'] as const)('%s: the new token waits', async (status) => {
  const pipeline = await existing(status);
  await pipeline.submit({ taskToken: 'token-2' });
  expect(pipeline.posts()).toEqual([]);
  expect(pipeline.steps.sent).toEqual([]);
  expect(await pipeline.attempt()).toMatchObject({
    status,
    taskToken: 'token-2',
    nextCheckAt: pipeline.time + 120_000,
  });
});

test.each(ENDED)('%s: the new token is answered at once', async (status) => {
  const pipeline = await existing(status);
  await pipeline.submit({ taskToken: 'token-2' });
  expect(pipeline.posts()).toEqual([]);
  const answer = pipeline.steps.onlyAnswer();
  expect(answer.taskToken).toBe('token-2');
  if (status === 'COMPLETED') expect(answer.output).toEqual({ attempt: 1, task_id: TASK_ID });
  else expect(answer).toMatchObject({ error: failure.name, cause: failure.cause });
  expect((await pipeline.attempt()).deliveredAt).toBe(pipeline.time);
});

test('an attempt that ended and was delivered to an older token is delivered again, to the new one', async () => {
  const pipeline = await existing('FAILED');
  await pipeline.submit({ taskToken: 'token-2' });
  await pipeline.submit({ taskToken: 'token-3' });
  expect(pipeline.steps.answers.map(({ taskToken }) => taskToken)).toEqual(['token-2', 'token-3']);
  expect(await pipeline.openAttempts()).toEqual([]);
});

test('the very same call again changes nothing and answers nothing twice', async () => {
  const pipeline = await existing('COMPLETED');
  await pipeline.submit({ taskToken: 'token-2' });
  await pipeline.submit({ taskToken: 'token-2' });
  expect(pipeline.steps.sent).toHaveLength(1);
});

test('an end that comes between finding the attempt and storing the token is answered all the same', async () => {
  const pipeline = await Submissions.start({
    before: async (name) => {
      if (name !== 'UpdateCommand' || (await pipeline.attempt()).status !== 'SUBMITTED') return;
      const end = { status: 'COMPLETED', completedAt: pipeline.time, creditsUsed: 1, basis: 'credits_used' } as const;
      await pipeline.book(await pipeline.attempt(), end);
    },
  });
  await pipeline.open({ taskId: TASK_ID });
  await pipeline.submit({ taskToken: 'token-2' });
  expect(pipeline.steps.onlyAnswer().taskToken).toBe('token-2');
});

describe('calls of the same state that come in another order than they were made', () => {
  test.each<[string, string[]]>([
    ['the first one is late', ['token-2', 'token-1']],
    ['the first one is delivered twice', ['token-1', 'token-2', 'token-1']],
    ['the second of three is late', ['token-1', 'token-3', 'token-2']],
  ])('%s: the token that waits is answered all the same', async (_, order) => {
    const pipeline = await Submissions.start();
    for (const taskToken of order) await pipeline.submit({ taskToken });
    const waiting = [...order].sort().at(-1) ?? '';
    for (const token of order) if (token !== waiting) pipeline.steps.refuse(token);
    pipeline.evolink.set(aCompletedTask());

    await completeTask(await pipeline.attempt(), 'callback', pipeline.dependencies());

    expect(pipeline.posts()).toHaveLength(1);
    expect(pipeline.steps.onlyAnswer()).toMatchObject({ taskToken: waiting, output: { task_id: TASK_ID } });
    expect((await pipeline.attempt()).deliveredAt).toBe(pipeline.time);
  });
});

describe('a job that was stopped and is redriven', () => {
  test('waits again for the task that it has, and saves the images itself', async () => {
    const pipeline = await existing('SUBMITTED');
    pipeline.steps.refuse('token-1');
    await pipeline.table.markOrphaned(await pipeline.attempt());

    await pipeline.submit({ taskToken: 'token-2' });

    expect(await pipeline.attempt()).not.toHaveProperty('orphanedAt');
    pipeline.evolink.set(aCompletedTask());
    await completeTask(await pipeline.attempt(), 'callback', pipeline.dependencies());
    expect(pipeline.posts()).toEqual([]);
    expect(pipeline.steps.onlyAnswer()).toMatchObject({ taskToken: 'token-2', output: { task_id: TASK_ID } });
    expect(await pipeline.attempt()).toMatchObject({ status: 'COMPLETED', deliveredAt: pipeline.time });
  });

  test('is told when its time is up, as any job that waits', async () => {
    const pipeline = await existing('SUBMITTED');
    pipeline.steps.refuse('token-1');
    await pipeline.table.markOrphaned(await pipeline.attempt());
    await pipeline.submit({ taskToken: 'token-2' });
    pipeline.evolink.set(aTask());
    pipeline.time += HOUR_MS;
    await runSweep(pipeline);
    expect(pipeline.steps.onlyAnswer()).toMatchObject({ taskToken: 'token-2', error: 'TaskTimedOut' });
  });
});

describe('a job id that another execution used', () => {
  test.each([
    ['another execution', { executionArn: 'arn:aws:states:us-east-1:000000000000:execution:pipeline:other' }],
    ['the same name, started again', { executionStartedAt: '2027-03-01T00:00:00.000Z' }],
  ])('%s: JobIdReused, and the attempt of the first one is untouched', async (_, other) => {
    const pipeline = await existing('SUBMITTED');
    const before = pipeline.memory.items();
    await pipeline.submit({ taskToken: 'token-2', ...other });
    const { error, taskToken, facts } = pipeline.steps.onlyAnswer();
    expect([error, taskToken]).toEqual(['JobIdReused', 'token-2']);
    expect(facts).toMatchObject({ charged: 'no', job_id: 'job-1', attempt: 1 });
    expect(facts).not.toHaveProperty('retry_after_seconds');
    expect(pipeline.posts()).toEqual([]);
    expect(pipeline.memory.items()).toEqual(expect.arrayContaining(before));
    expect(output.valuesOf('JobsFailed')).toContainEqual({ value: 1, dimensions: { ErrorName: 'JobIdReused' } });
  });

  test('a second attempt of the same job is another row', async () => {
    const pipeline = await existing('FAILED');
    await pipeline.submit({ attempt: 2, taskToken: 'token-2' });
    expect(pipeline.posts()).toHaveLength(1);
    expect(pipeline.steps.sent).toEqual([]);
  });
});

test('Busy: conflicts without end are answered as data, with a wait and the same attempt left to take', async () => {
  const pipeline = await Submissions.start();
  pipeline.memory.conflictNext(3);
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => clock.mock.calls.length * 6_000);

  await pipeline.submit();

  const { error, facts } = pipeline.steps.onlyAnswer();
  expect(error).toBe('Busy');
  expect(facts).toMatchObject({ charged: 'no', retry_after_seconds: expect.any(Number) as number });
  expect(pipeline.posts()).toEqual([]);
  expect(output.valuesOf('JobsFailed')).toEqual([]);
  clock.mockRestore();

  pipeline.memory.throttleNext();
  await pipeline.submit({ taskToken: 'token-2' });
  expect(pipeline.posts()).toHaveLength(1);
});

test('an attempt that was sent is never answered Busy, which says that nothing was: the new token waits for its end', async () => {
  const pipeline = await Submissions.start();
  await pipeline.submit();
  pipeline.memory.conflictNext(3);
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => clock.mock.calls.length * 6_000);

  await pipeline.submit({ taskToken: 'token-2' });

  clock.mockRestore();
  expect(pipeline.steps.sent).toEqual([]);
  expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTED', taskToken: 'token-2' });
  expect(pipeline.posts()).toHaveLength(1);
});

test('Busy has a wait in any attempt: the workflow limits the rounds, not the attempts', async () => {
  const pipeline = await Submissions.start();
  pipeline.memory.conflictNext(3);
  const clock = jest.spyOn(Date, 'now').mockImplementation(() => clock.mock.calls.length * 6_000);
  await pipeline.submit({ attempt: 10, job: aJob() });
  expect(pipeline.steps.onlyAnswer().facts.retry_after_seconds).toBeLessThanOrEqual(900);
});
