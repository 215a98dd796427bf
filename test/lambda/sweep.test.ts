import * as fc from 'fast-check';
import { EvolinkServerError } from '../../evolink';
import { attemptIdOf } from '../../lambda/shared/attempts/attempt';
import { nextGapMs } from '../../lambda/sweep/gaps';
import { sweep, type SweepDependencies } from '../../lambda/sweep/sweep';
import { aCompletedTask, aFailedTask, aTask } from '../support/fake-evolink';
import { aJob, TASK_ID } from '../support/jobs';
import { captureOutput } from '../support/output';
import { ATTEMPT_ID, TestPipeline } from '../support/pipeline';

const output = captureOutput();

const FIRST_CHECK = 120;
const HOUR = 3_600;

function run(pipeline: TestPipeline, dependencies: Partial<SweepDependencies> = {}) {
  return sweep({
    ...pipeline.dependencies(),
    archive: pipeline.lambda.function('archive'),
    ...{ firstCheckSeconds: FIRST_CHECK, taskTimeoutSeconds: HOUR, deadline: pipeline.time + 40_000 },
    ...dependencies,
  });
}

/** One submitted attempt of `job-1`, and time moved so far that it is due. */
async function due(pipeline = new TestPipeline()): Promise<TestPipeline> {
  await pipeline.open({ taskId: TASK_ID });
  pipeline.time += FIRST_CHECK * 1_000;
  return pipeline;
}

describe('a lost callback', () => {
  test('is found: booked, delivered and counted as found by the sweep', async () => {
    const pipeline = await due();
    pipeline.evolink.set(aCompletedTask());
    await expect(run(pipeline)).resolves.toEqual({ open: 1, checked: 1 });
    expect(pipeline.steps.onlyAnswer().output).toEqual({ attempt: 1, task_id: TASK_ID });
    expect(pipeline.ledger()).toHaveLength(1);
    expect(output.valuesOf('CompletedBySweep')).toEqual([{ value: 1, dimensions: {} }]);
    expect(output.valuesOf('CompletedByCallback')).toEqual([]);
  });

  test('is not looked for before it is due', async () => {
    const pipeline = await due();
    pipeline.time -= 1;
    await expect(run(pipeline)).resolves.toEqual({ open: 1, checked: 0 });
    expect(pipeline.evolink.asked).toEqual([]);
  });

  test('an attempt that is delivered and waits for its archive costs EvoLink nothing', async () => {
    const pipeline = await due();
    pipeline.evolink.set(aCompletedTask());
    await run(pipeline);
    pipeline.time += HOUR * 1_000;
    await run(pipeline);
    expect(pipeline.evolink.asked).toHaveLength(1);
    expect(pipeline.steps.sent).toHaveLength(1);
  });
});

describe('the index is only a hint', () => {
  test.each<[string, (pipeline: TestPipeline) => Promise<unknown>]>([
    ['was closed', async (pipeline) => pipeline.table.markDelivered(await pipeline.attempt(), true)],
    ['was put off', async (pipeline) => pipeline.table.takeCheck(await pipeline.attempt(), pipeline.time + 1)],
    ['is gone', async (pipeline) => jest.spyOn(pipeline.table, 'get').mockResolvedValue(undefined)],
  ])('what it still shows but %s is not asked for', async (_, change) => {
    const pipeline = await due();
    pipeline.memory.holdIndex();
    await change(pipeline);
    await expect(run(pipeline)).resolves.toEqual({ open: 1, checked: 0 });
    expect(pipeline.evolink.asked).toEqual([]);
  });

  test('two sweeps at once ask EvoLink once', async () => {
    const pipeline = await due();
    pipeline.evolink.set(aTask());
    await Promise.all([run(pipeline), run(pipeline)]);
    expect(pipeline.evolink.asked).toEqual([TASK_ID]);
    expect((await pipeline.attempt()).checks).toBe(1);
  });
});

describe('gaps', () => {
  test('grow from check to check, and count from the check', async () => {
    const pipeline = await due();
    pipeline.evolink.set(aTask());
    const gaps: number[] = [];
    for (let check = 0; check < 4; check++) {
      await run(pipeline);
      const { nextCheckAt = 0, checks } = await pipeline.attempt();
      expect(checks).toBe(check + 1);
      gaps.push((nextCheckAt - pipeline.time) / 1_000);
      pipeline.time = nextCheckAt;
    }
    expect(gaps).toEqual([120, 180, 270, 405]);
  });

  test('are never under 3 s, never over 15 minutes, and never shrink', () => {
    const checks = fc.nat({ max: 1e6 });
    fc.assert(
      fc.property(checks, fc.integer({ min: 1, max: 3_600 }), (check, first) => {
        const [gap, next] = [nextGapMs(check, first), nextGapMs(check + 1, first)];
        expect(Number.isInteger(gap)).toBe(true);
        expect(gap).toBeGreaterThanOrEqual(3_000);
        expect(gap).toBeLessThanOrEqual(15 * 60_000);
        expect(next).toBeGreaterThanOrEqual(gap);
      }),
    );
  });
});

test('one attempt in trouble does not keep the others from being looked at', async () => {
  const pipeline = new TestPipeline();
  // Left out of the answer for all of them together, each is asked for by itself.
  pipeline.evolink.batch = () => [];
  const ids = Array.from({ length: 12 }, (_, index) => `task-unified-1790000000-${index}`);
  for (const [index, taskId] of ids.entries()) {
    await pipeline.open({ job: aJob({}, `job-${index}`), taskId, taskToken: `token-${index}` });
    const trouble = [new EvolinkServerError('500'), new TypeError('a bug')][index];
    if (trouble) pipeline.evolink.tasks.set(taskId, trouble);
    else pipeline.evolink.set(aCompletedTask({ id: taskId }));
  }
  pipeline.time += FIRST_CHECK * 1_000;

  await expect(run(pipeline)).resolves.toEqual({ open: 12, checked: 12 });

  expect(pipeline.steps.answers).toHaveLength(10);
  const levels = output.logs().filter(({ error_name }) => error_name !== undefined);
  expect(levels.map(({ level, error_name }) => [level, error_name]).sort()).toEqual([
    ['ERROR', 'TypeError'],
    ['WARN', 'EvolinkServerError'],
  ]);
});

describe('a task that takes too long', () => {
  async function late(): Promise<TestPipeline> {
    const pipeline = new TestPipeline();
    await pipeline.open({ taskId: TASK_ID });
    pipeline.time += HOUR * 1_000;
    return pipeline;
  }

  test('ends the wait as TaskTimedOut, once; the attempt stays open and unbooked', async () => {
    const pipeline = await late();
    pipeline.evolink.set(aTask());
    await run(pipeline);
    pipeline.time += HOUR * 1_000;
    await run(pipeline);

    const { error, facts } = pipeline.steps.onlyAnswer();
    expect(error).toBe('TaskTimedOut');
    expect(facts).toMatchObject({ charged: 'unknown', task_id: TASK_ID, job_id: 'job-1', attempt: 1 });
    expect(facts).not.toHaveProperty('retry_after_seconds');
    expect(pipeline.steps.sent).toHaveLength(1);
    expect(pipeline.evolink.asked).toHaveLength(2);
    expect((await pipeline.attempt()).status).toBe('SUBMITTED');
    expect(pipeline.ledger()).toEqual([]);
    expect(await pipeline.openAttempts()).toEqual([ATTEMPT_ID]);
    expect(output.valuesOf('JobsFailed')).toEqual([
      { value: 1, dimensions: {} },
      { value: 1, dimensions: { ErrorName: 'TaskTimedOut' } },
    ]);
  });

  test('is looked at when its time is up, however long the gaps have grown', async () => {
    const pipeline = await late();
    pipeline.time -= 60_000;
    pipeline.evolink.set(aTask());
    await run(pipeline);
    expect((await pipeline.attempt()).nextCheckAt).toBe(pipeline.time + 60_000);
  });

  test('a moment earlier it does not', async () => {
    const pipeline = await late();
    pipeline.time -= 1;
    pipeline.evolink.set(aTask());
    await run(pipeline);
    expect(pipeline.steps.sent).toEqual([]);
  });

  test('the limit runs from the submission, not from the claim', async () => {
    const pipeline = new TestPipeline();
    await pipeline.open();
    pipeline.time += 60_000;
    await pipeline.table.link(ATTEMPT_ID, TASK_ID, pipeline.time, pipeline.time);
    pipeline.evolink.set(aTask());
    pipeline.time += (HOUR - 1) * 1_000;
    await run(pipeline);
    expect(pipeline.steps.sent).toEqual([]);
  });

  test('does so also while EvoLink cannot be read', async () => {
    const pipeline = await late();
    pipeline.evolink.tasks.set(TASK_ID, new EvolinkServerError('500'));
    await run(pipeline);
    expect(pipeline.steps.onlyAnswer().error).toBe('TaskTimedOut');
  });

  test('that has ended at last is a success, however late', async () => {
    const pipeline = await late();
    pipeline.evolink.set(aCompletedTask());
    await run(pipeline);
    expect(pipeline.steps.onlyAnswer().output).toEqual({ attempt: 1, task_id: TASK_ID });
  });

  test.each<[string, (pipeline: TestPipeline, fault: Error) => void]>([
    ['answering', (pipeline, fault) => pipeline.steps.failNext(fault)],
    ['booking', (pipeline, fault) => pipeline.memory.failNext('TransactWriteCommand', fault)],
  ])('that has ended at last is never let go because of a fault in %s: the next check delivers it', async (_, fail) => {
    const pipeline = await late();
    pipeline.evolink.set(aCompletedTask());
    fail(pipeline, Object.assign(new Error('down'), { name: 'InternalServerError' }));
    await run(pipeline);
    expect(pipeline.steps.answers).toEqual([]);
    pipeline.time += HOUR * 1_000;
    await run(pipeline);
    expect(pipeline.steps.onlyAnswer().output).toEqual({ attempt: 1, task_id: TASK_ID });
  });

  test('and ends after its job was let go is booked, and not answered again', async () => {
    const pipeline = await late();
    pipeline.evolink.set(aTask());
    await run(pipeline);
    pipeline.time += HOUR * 1_000;
    pipeline.evolink.set(aFailedTask('service_error', { usage: { credits_used: 1 } }));
    await run(pipeline);
    expect(pipeline.steps.sent).toHaveLength(1);
    expect(pipeline.ledger()).toMatchObject([{ state: 'booked', creditsUsed: 10_000 }]);
    expect(await pipeline.openAttempts()).toEqual([]);
  });

  test('a job that nobody waits for any more is not counted as failed by us', async () => {
    const pipeline = await late();
    pipeline.evolink.set(aTask());
    pipeline.steps.refuse('token-1');
    await run(pipeline);
    expect((await pipeline.attempt()).deliveredAt).toBeUndefined();
    expect(output.valuesOf('JobsFailed')).toEqual([]);
  });
});

describe('what it reports', () => {
  test('the number of open attempts, and the age of the oldest by its creation', async () => {
    const pipeline = await due();
    pipeline.evolink.set(aTask());
    await run(pipeline);
    pipeline.time += 30_000;
    await pipeline.open({ job: aJob({}, 'job-2') });
    await run(pipeline);
    expect(output.valuesOf('OpenAttempts').map(({ value }) => value)).toEqual([1, 2]);
    expect(output.valuesOf('OldestOpenAttemptSeconds').map(({ value }) => value)).toEqual([120, 150]);
  });

  test('zero of all where nothing is open: silence would mean that the sweep is dead', async () => {
    await run(new TestPipeline());
    expect(output.metrics().map(({ values }) => values)).toEqual([
      { OpenAttempts: 0, OldestOpenAttemptSeconds: 0 },
      { QueuedJobs: 0, SlotsTaken: 0 },
    ]);
  });
});

test('takes up nothing after its deadline, and the most overdue first', async () => {
  const pipeline: TestPipeline = new TestPipeline({ beforeGetTask: () => (pipeline.time += 10_000) });
  for (let index = 0; index < 20; index++) {
    const taskId = `task-unified-1790000000-${index}`;
    await pipeline.open({ job: aJob({}, `job-${index}`), taskId, nextCheckAt: pipeline.time + 20 - index });
    pipeline.evolink.set(aTask({ id: taskId }));
  }
  pipeline.time += 1_000;

  const { checked } = await run(pipeline, { deadline: pipeline.time + 15_000 });

  expect(checked).toBeGreaterThanOrEqual(1);
  expect(checked).toBeLessThan(20);
  expect(pipeline.evolink.asked).toHaveLength(checked);
  expect(pipeline.evolink.asked[0]).toBe('task-unified-1790000000-19');
  // What it had taken up and could not look at is due all the same.
  expect((await pipeline.attempt(attemptIdOf('job-0', 1))).nextCheckAt).toBeLessThanOrEqual(pipeline.time);
  const before = pipeline.evolink.asked.length;
  await run(pipeline, { deadline: Infinity });
  expect(new Set(pipeline.evolink.asked.slice(before))).toHaveProperty('size', 20 - before);
});
