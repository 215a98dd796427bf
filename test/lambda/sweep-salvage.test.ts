/** Paid images of a job that is over, and attempts of which nobody ever hears again. */
import { EvolinkServerError } from '../../evolink';
import { recordLost } from '../../lambda/shared/attempts/record-unknown';
import { readRequestFacts } from '../../lambda/shared/attempts/requests';
import { completeTask } from '../../lambda/shared/complete-task';
import { deliver } from '../../lambda/shared/deliver';
import { aCompletedTask, aTask } from '../support/fake-evolink';
import { EXECUTION_ARN, TASK_ID } from '../support/jobs';
import { captureOutput } from '../support/output';
import { LOST, ATTEMPT_ID, MAX_QUEUE_SECONDS, TestPipeline } from '../support/pipeline';
import { arnOf, claimJob, firstAttemptOf, oneQueued, queueOf, slotsOf } from '../support/queues';
import { DAY_MS, FIRST_CHECK_SECONDS, HOUR_MS, runSweep } from '../support/sweeps';

const output = captureOutput();
const SALVAGE = { jobId: 'job-1', attempt: 1, salvage: true };

/** A task that was found, paid for and told to its job. */
async function delivered(): Promise<TestPipeline> {
  const pipeline = new TestPipeline();
  pipeline.maxConcurrentTasks = 1;
  await pipeline.open({ taskId: TASK_ID });
  pipeline.evolink.set(aCompletedTask());
  pipeline.time += FIRST_CHECK_SECONDS * 1_000;
  await runSweep(pipeline);
  expect(pipeline.steps.onlyAnswer().output).toEqual({ attempt: 1, task_id: TASK_ID });
  return pipeline;
}

const later = async (pipeline: TestPipeline, ms = 900_000) => {
  pipeline.time += ms;
  await runSweep(pipeline);
};

describe('images that are not in S3', () => {
  test('are the business of their job while it goes on', async () => {
    const pipeline = await delivered();
    await later(pipeline);
    expect(pipeline.lambda.of('archive')).toEqual([]);
    expect(await pipeline.attempt()).not.toHaveProperty('orphanedAt');
  });

  test('are salvaged when it is over, though no event said so, until they are archived', async () => {
    const pipeline = await delivered();
    pipeline.steps.execution(EXECUTION_ARN, 'ABORTED');
    await later(pipeline);
    expect(pipeline.lambda.of('archive')).toEqual([SALVAGE]);
    expect(await pipeline.attempt()).toHaveProperty('orphanedAt', pipeline.time);
    await later(pipeline);
    expect(pipeline.lambda.of('archive')).toEqual([SALVAGE, SALVAGE]);
    expect(output.valuesOf('AttemptsOrphaned')).toHaveLength(1);

    await pipeline.table.markArchived(await pipeline.attempt(), pipeline.time);
    await later(pipeline);
    expect(pipeline.lambda.of('archive')).toHaveLength(2);
    expect(await pipeline.openAttempts()).toEqual([]);
  });

  test('are tried again where the archive could not be started', async () => {
    const pipeline = await delivered();
    pipeline.steps.execution(EXECUTION_ARN, 'TIMED_OUT');
    pipeline.lambda.failNext(new Error('throttled'));
    await later(pipeline);
    expect(pipeline.lambda.of('archive')).toEqual([]);
    await later(pipeline);
    expect(pipeline.lambda.of('archive')).toEqual([SALVAGE]);
  });

  test('are given up aloud and once when a day has gone by', async () => {
    const pipeline = await delivered();
    pipeline.steps.execution(EXECUTION_ARN, 'ABORTED');
    await later(pipeline, DAY_MS - 1);
    expect(output.valuesOf('AttemptsLost')).toEqual([]);
    await later(pipeline);
    await later(pipeline);
    expect(output.valuesOf('AttemptsLost')).toEqual([{ value: 1, dimensions: {} }]);
    expect(pipeline.lambda.of('archive')).toEqual([SALVAGE]);
    expect(await pipeline.attempt()).toMatchObject({ lostAt: pipeline.time - 900_000 });
    expect(await pipeline.openAttempts()).toEqual([]);
    expect(pipeline.ledger()).toMatchObject([{ state: 'booked' }]);
  });

  test('that were salvaged before their job was redriven need nobody any more', async () => {
    const pipeline = await delivered();
    pipeline.steps.execution(EXECUTION_ARN, 'ABORTED');
    await later(pipeline);
    await pipeline.table.markArchived(await pipeline.attempt(), pipeline.time);
    const archivedAt = pipeline.time;
    pipeline.steps.execution(EXECUTION_ARN, 'RUNNING');
    await pipeline.table.adoptToken(await pipeline.attempt(), 'token-2', pipeline.time);
    await deliver(await pipeline.attempt(), pipeline.dependencies());
    expect(await pipeline.openAttempts()).toEqual([ATTEMPT_ID]);

    await later(pipeline);

    expect(await pipeline.openAttempts()).toEqual([]);
    expect(await pipeline.attempt()).toMatchObject({ archivedAt });
    expect(pipeline.lambda.of('archive')).toEqual([SALVAGE]);
    expect(output.valuesOf('AttemptsLost')).toEqual([]);
  });

  test('a task whose job is over before it ends is booked, not answered, and salvaged', async () => {
    const pipeline = new TestPipeline();
    const attempt = await pipeline.open({ taskId: TASK_ID });
    await pipeline.table.markOrphaned(attempt);
    pipeline.steps.refuse('token-1');
    pipeline.steps.execution(EXECUTION_ARN, 'ABORTED');
    pipeline.evolink.set(aCompletedTask());
    await later(pipeline);
    await later(pipeline);
    expect(pipeline.steps.answers).toEqual([]);
    expect(pipeline.ledger()).toMatchObject([{ state: 'booked' }]);
    expect(pipeline.lambda.of('archive')).toEqual([SALVAGE]);
  });
});

describe('a task without an end', () => {
  /** Its job stopped waiting after an hour; a second job waits for its slot. */
  async function endless(): Promise<TestPipeline> {
    const pipeline = new TestPipeline();
    pipeline.maxConcurrentTasks = 1;
    await pipeline.open({ taskId: TASK_ID });
    pipeline.evolink.set(aTask());
    await later(pipeline, HOUR_MS);
    expect(pipeline.steps.onlyAnswer().error).toBe('TaskTimedOut');
    return pipeline;
  }

  test('keeps its slot for a day, since EvoLink may work on it', async () => {
    const pipeline = await endless();
    await later(pipeline, DAY_MS - HOUR_MS - 1);
    expect(await slotsOf(pipeline)).toMatchObject({ taken: 1 });
    expect(output.valuesOf('AttemptsLost')).toEqual([]);
  });

  test('is lost after a day, once: the ledger says unknown, its slot goes to the next', async () => {
    const pipeline = await endless();
    pipeline.time += DAY_MS - HOUR_MS - 1;
    await claimJob(pipeline, 'job-2');
    await runSweep(pipeline);
    await later(pipeline);
    await later(pipeline);
    expect(output.valuesOf('AttemptsLost')).toEqual([{ value: 1, dimensions: {} }]);
    expect(await slotsOf(pipeline)).toMatchObject({ taken: 0, queued: 1 });
    expect(pipeline.lambda.of('dispatch').length).toBeGreaterThanOrEqual(1);
    expect(pipeline.ledger()).toMatchObject([{ jobId: 'job-1', state: 'unknown', failure: 'TaskTimedOut' }]);
    expect(await pipeline.openAttempts()).not.toContain(ATTEMPT_ID);
    expect(pipeline.steps.sent).toHaveLength(1);
  });

  test('that ends after all is booked in place of that record, frees no slot again, and is salvaged', async () => {
    const pipeline = await endless();
    await later(pipeline, DAY_MS);
    await claimJob(pipeline, 'job-2');
    expect(await slotsOf(pipeline)).toMatchObject({ taken: 1 });
    pipeline.evolink.set(aCompletedTask());

    await completeTask(await pipeline.attempt(), 'callback', pipeline.dependencies());

    expect(await slotsOf(pipeline)).toMatchObject({ taken: 1 });
    const current = pipeline.ledger().filter(({ supersededAt }) => supersededAt === undefined);
    expect(current).toMatchObject([{ jobId: 'job-1', state: 'booked', images: 1 }]);
    expect(pipeline.steps.sent).toHaveLength(1);
    await runSweep(pipeline);
    expect(pipeline.lambda.of('archive')).toEqual([SALVAGE]);
  });

  test('that ends after all, but whose images are not saved in another day, is given up once more', async () => {
    const pipeline = await endless();
    await later(pipeline, DAY_MS);
    pipeline.evolink.set(aCompletedTask());
    await completeTask(await pipeline.attempt(), 'callback', pipeline.dependencies());
    await runSweep(pipeline);
    expect(output.valuesOf('AttemptsLost')).toHaveLength(1);

    await later(pipeline, DAY_MS);
    await later(pipeline);

    expect(output.valuesOf('AttemptsLost')).toHaveLength(2);
    expect(await pipeline.openAttempts()).toEqual([]);
    expect(pipeline.lambda.of('archive')).toEqual([SALVAGE]);
  });

  test('is not given up before its job was let go, where that may wait for days', async () => {
    const pipeline = new TestPipeline();
    const patient = { taskTimeoutSeconds: (2 * DAY_MS) / 1_000 };
    await pipeline.open({ taskId: TASK_ID });
    pipeline.evolink.set(aTask());
    pipeline.time += DAY_MS + HOUR_MS;
    await runSweep(pipeline, patient);
    expect(output.valuesOf('AttemptsLost')).toEqual([]);
    expect(await pipeline.openAttempts()).toEqual([ATTEMPT_ID]);

    pipeline.time += DAY_MS;
    await runSweep(pipeline, patient);
    expect(pipeline.steps.onlyAnswer().error).toBe('TaskTimedOut');
    expect(output.valuesOf('AttemptsLost')).toHaveLength(1);
  });

  test('that was given up without an answer, and whose job is over when it ends, is salvaged', async () => {
    const pipeline = new TestPipeline();
    const attempt = await pipeline.open({ taskId: TASK_ID });
    const { client, tableName } = pipeline.memory;
    const request = await readRequestFacts(client, tableName, attempt);
    await recordLost({ client, tableName }, attempt, request, pipeline.time);
    pipeline.steps.refuse('token-1');
    pipeline.steps.execution(EXECUTION_ARN, 'ABORTED');
    pipeline.evolink.set(aCompletedTask());
    await completeTask(await pipeline.attempt(), 'callback', pipeline.dependencies());
    await runSweep(pipeline);
    expect(pipeline.lambda.of('archive')).toEqual([SALVAGE]);
  });

  test('that somebody ends who read it before it was given up frees no slot again', async () => {
    const pipeline = new TestPipeline();
    pipeline.maxConcurrentTasks = 1;
    await pipeline.open();
    await pipeline.table.markSubmitUnknown(ATTEMPT_ID, LOST, pipeline.time);
    pipeline.evolink.list = new EvolinkServerError('500');
    await later(pipeline, HOUR_MS);
    const seen = await pipeline.attempt();
    await later(pipeline, DAY_MS);
    expect(await slotsOf(pipeline)).toMatchObject({ taken: 0 });

    const end = { status: 'FAILED', completedAt: pipeline.time, creditsUsed: 0, basis: 'assumed' } as const;
    await expect(pipeline.book(seen, end)).resolves.toBe(false);

    expect(await slotsOf(pipeline)).toMatchObject({ taken: 0 });
    expect(pipeline.ledger()).toMatchObject([{ state: 'unknown' }]);
  });

  test('that ended while the sweep gave it up is not lost', async () => {
    const pipeline: TestPipeline = new TestPipeline();
    await pipeline.open({ taskId: TASK_ID });
    pipeline.evolink.set(aTask());
    await later(pipeline, HOUR_MS);
    const seen = await pipeline.attempt();
    pipeline.evolink.set(aCompletedTask());
    pipeline.time += DAY_MS;
    await Promise.all([completeTask(seen, 'callback', pipeline.dependencies()), runSweep(pipeline)]);
    expect(output.valuesOf('AttemptsLost')).toEqual([]);
    expect(pipeline.ledger()).toMatchObject([{ state: 'booked' }]);
  });
});

describe('an attempt in the queue', () => {
  test.each([
    ['RUNNING', 'QueueTimedOut', ['token-job-2']],
    ['ABORTED', 'JobStopped', []],
  ])('whose time is up while its job is %s ends as %s', async (status, name, told) => {
    const pipeline = await oneQueued();
    pipeline.steps.execution(arnOf('job-2'), status);
    await later(pipeline, MAX_QUEUE_SECONDS * 1_000 - 1);
    expect(queueOf(pipeline)).toHaveLength(1);
    await later(pipeline, 1);
    expect(await firstAttemptOf(pipeline, 'job-2')).toMatchObject({ status: 'FAILED', failure: { name } });
    expect(pipeline.steps.answers.map(({ taskToken }) => taskToken)).toEqual(told);
    expect(await slotsOf(pipeline)).toMatchObject({ taken: 1, queued: 0 });
  });

  test('is sent by a dispatch that the sweep starts, where a slot is free and nobody else did', async () => {
    const pipeline = await oneQueued();
    await runSweep(pipeline);
    expect(pipeline.lambda.started).toEqual([]);
    pipeline.maxConcurrentTasks = 2;
    await runSweep(pipeline);
    expect(pipeline.lambda.of('dispatch')).toEqual([{}]);
  });
});
