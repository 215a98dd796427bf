/** What is given up by the clock: not by an answer that may be stale, and not while something new has just been heard. */
import { EvolinkServerError } from '../../../evolink';
import { receiveCallback } from '../../../lambda/callback/callback';
import { strayIdOf } from '../../../lambda/shared/attempts/attempt';
import { keepHint } from '../../../lambda/shared/attempts/hint';
import { aCompletedTask, aTask } from '../../support/fake-evolink';
import { aJob, OTHER_TASK_ID, TASK_ID } from '../../support/jobs';
import { captureOutput } from '../../support/output';
import { ATTEMPT_ID, CALLBACK_SECRET, LOST, TestPipeline } from '../../support/pipeline';
import { DAY_MS, HOUR_MS, runSweep } from '../../support/sweeps';

const output = captureOutput();

/** Before the ledger says `unknown`, a callback leaves the id of the task. */
async function namedAtTheLastMoment(): Promise<TestPipeline> {
  let isNamed = false;
  const pipeline: TestPipeline = new TestPipeline({
    before: async (name, { TransactItems = [] }) => {
      if (name !== 'TransactWriteCommand' || !JSON.stringify(TransactItems).includes('#unknown') || isNamed) return;
      isNamed = true;
      await keepHint(pipeline.memory.client, pipeline.memory.tableName, ATTEMPT_ID, TASK_ID, pipeline.time);
    },
  });
  await pipeline.open();
  await pipeline.table.markSubmitUnknown(ATTEMPT_ID, LOST, pipeline.time);
  pipeline.evolink.list = [];
  pipeline.evolink.set(aCompletedTask());
  return pipeline;
}

test('a callback that names the task at the last moment: the job gets its image', async () => {
  const pipeline = await namedAtTheLastMoment();
  pipeline.time += HOUR_MS;
  await runSweep(pipeline);
  expect(pipeline.steps.sent).toEqual([]);
  await runSweep(pipeline);
  expect(pipeline.steps.onlyAnswer().output).toEqual({ attempt: 1, task_id: TASK_ID });
  expect(pipeline.ledger()).toMatchObject([{ state: 'booked' }]);
});

test('many tasks asked for together are called running for ever: at its time limit a job is not let go by that alone', async () => {
  const pipeline = new TestPipeline();
  await pipeline.open({ taskId: TASK_ID });
  await pipeline.open({ job: aJob({}, 'job-2'), taskId: OTHER_TASK_ID, taskToken: 'token-2' });
  pipeline.evolink.batch = (ids) => ids.map((id) => aTask({ id }));
  pipeline.evolink.set(aCompletedTask()).set(aTask({ id: OTHER_TASK_ID }));
  pipeline.time += HOUR_MS;
  await runSweep(pipeline);
  expect(pipeline.steps.sent).toHaveLength(2);
  expect(pipeline.steps.sent).toContainEqual(expect.objectContaining({ taskToken: 'token-2', error: 'TaskTimedOut' }));
  expect(await pipeline.attempt()).toMatchObject({ status: 'COMPLETED' });
});

test('a stray task of an attempt of days ago has a day of its own', async () => {
  const pipeline = new TestPipeline();
  const failure = { name: 'RequestRefused', cause: '{"error":"RequestRefused"}' } as const;
  const end = { status: 'FAILED', completedAt: pipeline.time, creditsUsed: 0, basis: 'assumed' } as const;
  await pipeline.book(await pipeline.open(), { ...end, noTask: 'likely', failure });
  await pipeline.table.markDelivered(await pipeline.attempt(), true);
  pipeline.time += 2 * DAY_MS;
  pipeline.evolink.tasks.set(OTHER_TASK_ID, new EvolinkServerError('500'));
  const event = { rawPath: `/callback/${ATTEMPT_ID}/${CALLBACK_SECRET}`, body: JSON.stringify({ id: OTHER_TASK_ID }) };
  await receiveCallback(event, pipeline.dependencies());
  pipeline.time += HOUR_MS;
  await runSweep(pipeline);
  expect(output.valuesOf('AttemptsLost')).toEqual([]);

  pipeline.evolink.set(aCompletedTask({ id: OTHER_TASK_ID }));
  pipeline.time += HOUR_MS;
  await runSweep(pipeline);
  expect(await pipeline.attempt(strayIdOf(ATTEMPT_ID, OTHER_TASK_ID))).toMatchObject({ status: 'COMPLETED' });
});
