/**
 * The reply to the submission was lost, and when the callback brings the task's id EvoLink cannot be asked. EvoLink
 * delivers for seven seconds only: the sweep must find the paid task by that id later.
 */
import { EvolinkServerError } from '../../evolink';
import { receiveCallback } from '../../lambda/callback/callback';
import { ApiKeyUnavailableError } from '../../lambda/shared/api-key';
import { sweep } from '../../lambda/sweep/sweep';
import { aCompletedTask, aTask } from '../support/fake-evolink';
import { aJob, OTHER_TASK_ID, TASK_ID } from '../support/jobs';
import { captureOutput } from '../support/output';
import { LOST, ATTEMPT_ID, CALLBACK_SECRET, TestPipeline } from '../support/pipeline';

captureOutput();

const HOUR_MS = 3_600_000;

const deliver = (pipeline: TestPipeline, id: string) =>
  receiveCallback(
    {
      rawPath: `/callback/${ATTEMPT_ID}/${CALLBACK_SECRET}`,
      body: JSON.stringify({ id }),
      isBase64Encoded: false,
    },
    pipeline.dependencies(),
  );

const sweepNow = (pipeline: TestPipeline) =>
  sweep({
    ...pipeline.dependencies(),
    archive: pipeline.lambda.function('archive'),
    firstCheckSeconds: 120,
    taskTimeoutSeconds: 2 * 3_600,
    deadline: Infinity,
  });

async function unknownOutcome(): Promise<TestPipeline> {
  const pipeline = new TestPipeline();
  await pipeline.open();
  await pipeline.table.markSubmitUnknown(ATTEMPT_ID, LOST, pipeline.time + 120_000);
  return pipeline;
}

test.each([
  ['EvoLink is down', new EvolinkServerError('500')],
  ['the key cannot be read', new ApiKeyUnavailableError('no')],
])('while %s: nothing is linked, and the sweep completes the job once it is over', async (_, fault) => {
  const pipeline = await unknownOutcome();
  pipeline.evolink.tasks.set(TASK_ID, fault);
  for (let delivery = 1; delivery <= 4; delivery++)
    expect(await deliver(pipeline, TASK_ID)).toEqual({ statusCode: 503 });
  expect((await pipeline.attempt()).taskId).toBeUndefined();

  pipeline.evolink.set(aCompletedTask());
  pipeline.time += HOUR_MS;
  await sweepNow(pipeline);

  expect(await pipeline.attempt()).toMatchObject({ status: 'COMPLETED', taskId: TASK_ID });
  expect(pipeline.steps.onlyAnswer().output).toEqual({ attempt: 1, task_id: TASK_ID });
  expect(pipeline.ledger()).toMatchObject([{ state: 'booked', creditsUsed: 3_682 }]);
});

test('an id that turns out to be of another job is not taken, and the wait ends with its time limit', async () => {
  const pipeline = await unknownOutcome();
  await pipeline.open({ job: aJob({}, 'job-2'), taskId: OTHER_TASK_ID, nextCheckAt: pipeline.time + 9 * HOUR_MS });
  pipeline.evolink.tasks.set(OTHER_TASK_ID, new EvolinkServerError('500'));
  await deliver(pipeline, OTHER_TASK_ID);

  pipeline.evolink.set(aCompletedTask({ id: OTHER_TASK_ID }));
  pipeline.time += 2 * HOUR_MS;
  pipeline.evolink.list = new EvolinkServerError('500');
  await sweepNow(pipeline);

  const attempt = await pipeline.attempt();
  expect(attempt.status).toBe('SUBMIT_UNKNOWN');
  expect(attempt.taskId).toBeUndefined();
  expect(pipeline.steps.onlyAnswer().error).toBe('SubmitOutcomeUnknown');
});

test('an id is not kept for an attempt that has its task already', async () => {
  const pipeline = new TestPipeline();
  await pipeline.open({ taskId: TASK_ID });
  pipeline.evolink.set(aTask());
  pipeline.evolink.tasks.set(OTHER_TASK_ID, new EvolinkServerError('500'));
  await deliver(pipeline, OTHER_TASK_ID);
  expect(await pipeline.attempt()).not.toHaveProperty('hintedTaskId');
});
