/** One question to EvoLink for many tasks: which of them still run. */
import {
  EvolinkNotFoundError,
  EvolinkRateLimitedError,
  EvolinkServerError,
  EvolinkTimeoutError,
  type Task,
} from '../../evolink';
import { attemptIdOf } from '../../lambda/shared/attempts/attempt';
import { ApiKeyUnavailableError } from '../../lambda/shared/api-key';
import { aCompletedTask, aFailedTask, aTask } from '../support/fake-evolink';
import { aJob } from '../support/jobs';
import { captureOutput } from '../support/output';
import { TestPipeline } from '../support/pipeline';
import { FIRST_CHECK_SECONDS, HOUR_MS, runSweep } from '../support/sweeps';

const output = captureOutput();

const idOf = (index: number): string => `task-unified-1790000000-${String(index).padStart(8, '0')}`;

/** So many attempts that are due, each with a task that runs. The answer for many tells of each as `evolink` has it. */
async function due(count: number): Promise<TestPipeline> {
  const pipeline = new TestPipeline();
  for (let index = 0; index < count; index++) {
    await pipeline.open({ job: aJob({}, `job-${index}`), taskToken: `token-${index}`, taskId: idOf(index) });
    pipeline.evolink.set(aTask({ id: idOf(index) }));
  }
  pipeline.evolink.batch = (ids) => ids.flatMap((id) => (pipeline.evolink.tasks.get(id) as Task | undefined) ?? []);
  pipeline.time += FIRST_CHECK_SECONDS * 1_000;
  return pipeline;
}

test('tasks that run are not asked for each by itself', async () => {
  const pipeline = await due(12);
  await expect(runSweep(pipeline)).resolves.toEqual({ open: 12, checked: 12 });
  expect(pipeline.evolink.batches).toHaveLength(1);
  expect(pipeline.evolink.batches[0]).toHaveLength(12);
  expect(pipeline.evolink.asked).toEqual([]);
});

test('fifty are asked for in one call', async () => {
  const pipeline = await due(120);
  await runSweep(pipeline);
  expect(pipeline.evolink.batches.map((ids) => ids.length)).toEqual([50, 50, 20]);
  expect(new Set(pipeline.evolink.batches.flat()).size).toBe(120);
});

test.each<[string, Partial<Task>]>([
  ['completed', aCompletedTask()],
  ['completed without its links', { status: 'completed' }],
  ['failed', aFailedTask('content_policy_violation')],
  ['cancelled', { status: 'cancelled' }],
  ['in a status that we do not know', { status: 'unknown' }],
])('a task that is %s is read by itself', async (_, task) => {
  const pipeline = await due(3);
  pipeline.evolink.set(aTask({ ...task, id: idOf(1) }));
  await runSweep(pipeline);
  expect(pipeline.evolink.asked).toEqual([idOf(1)]);
});

test('what is booked is what the single answer says, which has the links', async () => {
  const pipeline = await due(3);
  pipeline.evolink.set(aCompletedTask({ id: idOf(1) }));
  await runSweep(pipeline);
  expect(pipeline.steps.onlyAnswer()).toMatchObject({ taskToken: 'token-1', output: { task_id: idOf(1) } });
  const record = await pipeline.table.load(attemptIdOf('job-1', 1));
  expect(record?.outcome?.results).toEqual(aCompletedTask().results);
});

test('a task that the answer leaves out is read by itself', async () => {
  const pipeline = await due(3);
  pipeline.evolink.batch = () => [aTask({ id: idOf(0) })];
  await runSweep(pipeline);
  expect([...pipeline.evolink.asked].sort()).toEqual([idOf(1), idOf(2)]);
});

test('one task alone is read at once', async () => {
  const pipeline = await due(1);
  await runSweep(pipeline);
  expect(pipeline.evolink.batches).toEqual([]);
  expect(pipeline.evolink.asked).toEqual([idOf(0)]);
});

test('a gateway without that route is asked for each task', async () => {
  const pipeline = await due(3);
  pipeline.evolink.batch = new EvolinkNotFoundError('404', { status: 404 });
  pipeline.evolink.set(aCompletedTask({ id: idOf(1) }));
  await runSweep(pipeline);
  expect([...pipeline.evolink.asked].sort()).toEqual([idOf(0), idOf(1), idOf(2)]);
  expect(pipeline.steps.onlyAnswer().taskToken).toBe('token-1');
});

describe.each<[string, Error]>([
  ['a fault', new EvolinkServerError('500', { status: 500 })],
  ['too many requests', new EvolinkRateLimitedError('429', { status: 429 })],
  ['no answer in time', new EvolinkTimeoutError('late')],
  ['no API key', new ApiKeyUnavailableError('no')],
])('%s', (_, fault) => {
  test('keeps the sweep from asking again in this round, and no attempt is lost sight of', async () => {
    const pipeline = await due(3);
    pipeline.evolink.batch = fault;
    await runSweep(pipeline);
    expect(pipeline.evolink.asked).toEqual([]);
    expect(await pipeline.openAttempts()).toHaveLength(3);
    expect(output.logs()).toContainEqual(
      expect.objectContaining({ level: 'WARN', message: 'tasks could not be read together' }),
    );
  });

  test('keeps no job waiting beyond its time limit', async () => {
    const pipeline = await due(3);
    pipeline.evolink.batch = fault;
    pipeline.time += HOUR_MS;
    await runSweep(pipeline);
    expect(pipeline.steps.answers.map(({ error }) => error)).toEqual(['TaskTimedOut', 'TaskTimedOut', 'TaskTimedOut']);
  });
});

test('attempts that have ended are no part of the question', async () => {
  const pipeline = await due(3);
  pipeline.evolink.set(aCompletedTask({ id: idOf(1) }));
  await runSweep(pipeline);
  pipeline.evolink.batches.length = 0;
  pipeline.time += HOUR_MS / 2;
  await runSweep(pipeline);
  expect([...(pipeline.evolink.batches[0] ?? [])].sort()).toEqual([idOf(0), idOf(2)]);
});

test('a fault of ours is thrown', async () => {
  const pipeline = await due(3);
  pipeline.evolink.batch = new TypeError('a bug');
  await expect(runSweep(pipeline)).rejects.toThrow('a bug');
});
