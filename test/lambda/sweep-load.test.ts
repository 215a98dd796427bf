/** Many open attempts, an EvoLink that is down, and sweeps that overlap or are killed: time moves by itself here. */
import { EvolinkServerError, MAX_TASKS_PER_QUERY } from '../../evolink';
import { aCompletedTask, aTask } from '../support/fake-evolink';
import { aJob } from '../support/jobs';
import { captureOutput } from '../support/output';
import { TestPipeline } from '../support/pipeline';
import { FIRST_CHECK_SECONDS, runSweep } from '../support/sweeps';

captureOutput();

const MINUTE_MS = 60_000;
const PARALLEL = 5;
const taskOf = (index: number): string => `task-unified-1790000000-${String(index).padStart(8, '0')}`;

/** Open attempts with a task each, all due. */
async function open(pipeline: TestPipeline, count: number): Promise<TestPipeline> {
  for (let index = 0; index < count; index++) {
    await pipeline.open({ job: aJob({}, `job-${index}`), taskToken: `token-${index}`, taskId: taskOf(index) });
    pipeline.evolink.set(aTask({ id: taskOf(index) }));
  }
  pipeline.time += FIRST_CHECK_SECONDS * 1_000;
  return pipeline;
}

const finish = (pipeline: TestPipeline) => {
  for (const id of pipeline.evolink.tasks.keys()) pipeline.evolink.set(aCompletedTask({ id }));
};

test('a thousand open attempts: a run keeps to its deadline, five calls go on at once, and three runs see all', async () => {
  let active = 0;
  let most = 0;
  const callMs = 500;
  const pipeline: TestPipeline = new TestPipeline({
    beforeGetTask: async () => {
      most = Math.max(most, ++active);
      pipeline.time += callMs / PARALLEL;
      await new Promise(setImmediate);
      active--;
    },
  });
  await open(pipeline, 1_000);
  finish(pipeline);

  const asked: number[] = [];
  while (pipeline.steps.answers.length < 1_000 && asked.length < 10) {
    const [begin, before] = [pipeline.time, pipeline.evolink.asked.length];
    await runSweep(pipeline);
    expect(pipeline.time - begin).toBeLessThanOrEqual(40_000 + callMs);
    asked.push(pipeline.evolink.asked.length - before);
    pipeline.time = begin + MINUTE_MS;
  }

  expect(asked).toHaveLength(3);
  expect(most).toBe(PARALLEL);
  expect(new Set(pipeline.evolink.asked).size).toBe(1_000);
  expect(pipeline.evolink.asked).toHaveLength(1_000);
}, 30_000);

test('EvoLink is down for an hour: fewer and fewer calls, and no storm when it is back', async () => {
  const JOBS = 200;
  const pipeline = await open(new TestPipeline(), JOBS);
  for (const id of pipeline.evolink.tasks.keys()) pipeline.evolink.tasks.set(id, new EvolinkServerError('503'));
  const minutes = async (count: number): Promise<number[]> => {
    const calls: number[] = [];
    for (let minute = 0; minute < count; minute++) {
      const before = pipeline.evolink.asked.length;
      await runSweep(pipeline, { taskTimeoutSeconds: 3 * 3_600 });
      calls.push(pipeline.evolink.asked.length - before);
      pipeline.time += MINUTE_MS;
    }
    return calls;
  };

  const down = await minutes(60);
  expect(Math.max(...down)).toBeLessThanOrEqual(JOBS);
  // Gaps grow from two minutes to fifteen: an hour has room for eight checks of each attempt.
  expect(pipeline.evolink.asked.length).toBeLessThanOrEqual(8 * JOBS);
  expect(pipeline.steps.sent).toEqual([]);

  pipeline.evolink.asked.length = 0;
  finish(pipeline);
  const up = await minutes(16);
  expect(Math.max(...up)).toBeLessThanOrEqual(JOBS);
  expect(pipeline.evolink.asked).toHaveLength(JOBS);
  expect(pipeline.steps.answers).toHaveLength(JOBS);
});

test('two sweeps that overlap share the work: every task is asked for once and answered once', async () => {
  const pipeline: TestPipeline = new TestPipeline({ beforeGetTask: () => new Promise(setImmediate) });
  await open(pipeline, 30);
  finish(pipeline);
  await Promise.all([runSweep(pipeline), runSweep(pipeline)]);
  expect(pipeline.evolink.asked).toHaveLength(30);
  expect(pipeline.steps.sent).toHaveLength(30);
  expect(pipeline.ledger()).toHaveLength(30);
});

test('a sweep that is killed half-way loses nothing: the next ones find the rest, and what it held in its hands', async () => {
  let calls = 0;
  let killed = () => undefined as void;
  const death = new Promise<void>((resolve) => {
    killed = resolve;
  });
  const pipeline: TestPipeline = new TestPipeline({
    beforeGetTask: () => {
      calls++;
      if (calls <= 3 || calls > 3 + PARALLEL) return;
      // The killed run goes no further; it has put off all that it asked for together before it asked for each.
      if (calls === 3 + PARALLEL) killed();
      return new Promise(() => undefined);
    },
  });
  const attempts = MAX_TASKS_PER_QUERY + 10;
  await open(pipeline, attempts);
  finish(pipeline);
  void runSweep(pipeline);
  await death;
  expect(pipeline.steps.answers.length).toBeLessThanOrEqual(3);

  pipeline.time += MINUTE_MS;
  await runSweep(pipeline);
  expect(pipeline.steps.answers).toHaveLength(3 + 10);

  pipeline.time += FIRST_CHECK_SECONDS * 1_000;
  await runSweep(pipeline);
  expect(pipeline.steps.answers).toHaveLength(attempts);
  expect(pipeline.ledger()).toHaveLength(attempts);
});
