/** Tasks that a callback brings to light: of an attempt that waited long before it was sent, or was given up since. */
import { EvolinkServerError } from '../../evolink';
import { receiveCallback } from '../../lambda/callback/callback';
import { hashCallbackSecret } from '../../lambda/shared/callback-secret';
import { completeTask } from '../../lambda/shared/complete-task';
import { aCompletedTask, aFailedTask, aTask } from '../support/fake-evolink';
import { TASK_ID } from '../support/jobs';
import { captureOutput } from '../support/output';
import { LOST, ATTEMPT_ID, CALLBACK_SECRET, TestPipeline } from '../support/pipeline';
import { claimJob, takeFromQueue } from '../support/queues';
import { DAY_MS, HOUR_MS, runSweep } from '../support/sweeps';

const output = captureOutput();

async function callback(pipeline: TestPipeline): Promise<unknown> {
  const event = {
    rawPath: `/callback/${ATTEMPT_ID}/${CALLBACK_SECRET}`,
    body: JSON.stringify({ id: TASK_ID }),
    isBase64Encoded: false,
  };
  return (await receiveCallback(event, pipeline.dependencies())).statusCode;
}

const later = async (pipeline: TestPipeline, ms: number) => {
  pipeline.time += ms;
  await runSweep(pipeline);
};

describe('before the reply to the submission was stored, after hours in the queue', () => {
  async function sentLate(): Promise<TestPipeline> {
    const pipeline = new TestPipeline();
    pipeline.maxConcurrentTasks = 1;
    await claimJob(pipeline, 'job-0');
    const attempt = await pipeline.open();
    expect(attempt.status).toBe('QUEUED');
    pipeline.time += 3 * HOUR_MS;
    const turn = { nextCheckAt: pipeline.time + 120_000, callbackSecretHash: hashCallbackSecret(CALLBACK_SECRET) };
    expect((await takeFromQueue(pipeline, attempt, turn)).kind).toBe('taken');
    pipeline.time += 1_000;
    return pipeline;
  }

  test('the task counts as submitted when it was sent, and its time runs from then', async () => {
    const pipeline = await sentLate();
    const sentAt = pipeline.time - 1_000;
    pipeline.evolink.set(aTask());
    expect(await callback(pipeline)).toBe(503);
    expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTED', submittedAt: sentAt });

    const ofJob = () => pipeline.steps.sent.filter(({ taskToken }) => taskToken === 'token-1');
    await later(pipeline, HOUR_MS - 2_000);
    expect(ofJob()).toEqual([]);
    await later(pipeline, 900_000);
    expect(ofJob()).toMatchObject([{ error: 'TaskTimedOut' }]);
  });
});

describe('of an attempt that was given up a day after its submission', () => {
  /** Nobody knows whether EvoLink has a task. */
  async function givenUp(): Promise<TestPipeline> {
    const pipeline = new TestPipeline();
    await pipeline.open();
    await pipeline.table.markSubmitUnknown(ATTEMPT_ID, LOST, pipeline.time);
    pipeline.evolink.list = new EvolinkServerError('500');
    await later(pipeline, HOUR_MS);
    await later(pipeline, DAY_MS);
    expect(await pipeline.attempt()).toHaveProperty('lostAt', pipeline.time);
    expect(await pipeline.openAttempts()).toEqual([]);
    return pipeline;
  }

  const SALVAGE = [{ jobId: 'job-1', attempt: 1, salvage: true }];

  test('a task that still runs is looked after again, booked and salvaged', async () => {
    const pipeline = await givenUp();
    pipeline.evolink.set(aTask());
    expect(await callback(pipeline)).toBe(503);
    expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTED', taskId: TASK_ID });
    expect(await pipeline.openAttempts()).toEqual([ATTEMPT_ID]);

    pipeline.evolink.set(aCompletedTask());
    await runSweep(pipeline);
    await runSweep(pipeline);
    expect(await pipeline.attempt()).toMatchObject({ status: 'COMPLETED', creditsUsed: 3_682 });
    expect(pipeline.lambda.of('archive')).toEqual(SALVAGE);
  });

  test('an id that cannot be confirmed now is kept, and asked for by the sweep', async () => {
    const pipeline = await givenUp();
    pipeline.evolink.tasks.set(TASK_ID, new EvolinkServerError('500'));
    expect(await callback(pipeline)).toBe(503);
    expect(await pipeline.openAttempts()).toEqual([ATTEMPT_ID]);
    expect(await pipeline.attempt()).toMatchObject({ hintedTaskId: TASK_ID, nextCheckAt: pipeline.time + 3_000 });

    pipeline.evolink.set(aCompletedTask());
    await later(pipeline, 3_000);
    await runSweep(pipeline);
    expect(await pipeline.attempt()).toMatchObject({ status: 'COMPLETED', taskId: TASK_ID });
    expect(pipeline.lambda.of('archive')).toEqual(SALVAGE);
  });
});

test('an orphan whose task fails in the end is no second failed job', async () => {
  const pipeline = new TestPipeline();
  const attempt = await pipeline.open({ taskId: TASK_ID });
  await pipeline.table.markOrphaned(attempt);
  pipeline.steps.refuse('token-1');
  pipeline.evolink.set(aFailedTask('content_policy_violation'));

  await completeTask(await pipeline.attempt(), 'callback', pipeline.dependencies());

  expect(await pipeline.attempt()).toMatchObject({ status: 'FAILED', failure: { name: 'ContentPolicyViolation' } });
  expect(output.valuesOf('CreditsUsed')).not.toEqual([]);
  expect(output.valuesOf('JobsFailed')).toEqual([]);
  expect(await pipeline.openAttempts()).toEqual([]);
});
