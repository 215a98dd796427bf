import type { AttemptEnd } from '../../lambda/shared/attempts/book';
import { deliver } from '../../lambda/shared/deliver';
import { completeTask } from '../../lambda/shared/complete-task';
import { aCompletedTask, aFailedTask } from '../support/fake-evolink';
import { EXECUTION_ARN, TASK_ID } from '../support/jobs';
import { captureOutput } from '../support/output';
import { ATTEMPT_ID, TestPipeline } from '../support/pipeline';

const output = captureOutput();

async function ended(end: Partial<AttemptEnd> = {}, options = {}): Promise<TestPipeline> {
  const pipeline = new TestPipeline(options);
  await pipeline.open({ taskId: TASK_ID });
  await pipeline.book(await pipeline.attempt(), {
    ...{ status: 'COMPLETED', completedAt: pipeline.time, creditsUsed: 1, basis: 'credits_used' },
    ...end,
  });
  return pipeline;
}

async function delivery(pipeline: TestPipeline): Promise<void> {
  return deliver(await pipeline.attempt(), pipeline.dependencies());
}

test('a success is answered once and stays open for its images', async () => {
  const pipeline = await ended();
  await delivery(pipeline);
  await delivery(pipeline);
  expect(pipeline.steps.sent).toHaveLength(1);
  expect(await pipeline.openAttempts()).toEqual([ATTEMPT_ID]);
});

test('a failure is answered once and needs nobody any more', async () => {
  const failure = { name: 'ServiceError', cause: '{"error":"ServiceError"}' } as const;
  const pipeline = await ended({ status: 'FAILED', failure });
  await delivery(pipeline);
  expect(pipeline.steps.onlyAnswer()).toMatchObject({ error: failure.name, cause: failure.cause });
  expect(await pipeline.openAttempts()).toEqual([]);
});

test.each(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'] as const)(
  '%s from a job that goes on: it was answered before, so nothing is salvaged; its images are still looked after',
  async (name) => {
    const pipeline = await ended();
    pipeline.steps.refuse('token-1', name);
    await delivery(pipeline);
    expect(await pipeline.attempt()).toMatchObject({ deliveredAt: pipeline.time });
    expect(await pipeline.attempt()).not.toHaveProperty('orphanedAt');
    expect(await pipeline.openAttempts()).toEqual([ATTEMPT_ID]);
    expect(output.text()).not.toContain('token-1');
  },
);

test.each(['ABORTED', 'TIMED_OUT', 'FAILED', 'GONE'])(
  'a refused token of a job that is over (%s): the attempt is an orphan, told once, and due at once',
  async (status) => {
    const pipeline = await ended();
    pipeline.steps.refuse('token-1');
    pipeline.steps.execution(EXECUTION_ARN, status);
    pipeline.time += 1_000;
    await delivery(pipeline);
    await delivery(pipeline);
    expect(await pipeline.attempt()).toMatchObject({ orphanedAt: pipeline.time, nextCheckAt: pipeline.time });
    expect((await pipeline.attempt()).deliveredAt).toBeUndefined();
    expect(output.valuesOf('AttemptsOrphaned')).toEqual([{ value: 1, dimensions: {} }]);
  },
);

test('a job that has succeeded needs no salvage', async () => {
  const pipeline = await ended();
  pipeline.steps.refuse('token-1');
  pipeline.steps.execution(EXECUTION_ARN, 'SUCCEEDED');
  await delivery(pipeline);
  expect(await pipeline.attempt()).not.toHaveProperty('orphanedAt');
});

test('a newer token that was stored while the execution was asked is not given up', async () => {
  const pipeline = await ended();
  const stale = await pipeline.attempt();
  pipeline.steps.refuse('token-1');
  pipeline.steps.execution(EXECUTION_ARN, 'FAILED');
  jest.spyOn(pipeline.table, 'get').mockResolvedValueOnce(stale);
  await pipeline.table.adoptToken(stale, 'token-2', pipeline.time);
  await deliver(stale, pipeline.dependencies());
  expect(await pipeline.attempt()).not.toHaveProperty('orphanedAt');
});

test('a token that was replaced meanwhile is refused, and the newer one answered instead', async () => {
  const pipeline = await ended();
  const stale = await pipeline.attempt();
  await pipeline.table.adoptToken(stale, 'token-2', pipeline.time);
  pipeline.steps.refuse('token-1');

  await deliver(stale, pipeline.dependencies());

  expect(pipeline.steps.onlyAnswer().taskToken).toBe('token-2');
  expect(await pipeline.attempt()).toMatchObject({ taskToken: 'token-2', deliveredAt: pipeline.time });
});

test('an old token that is still taken does not mark the newer one as delivered', async () => {
  const pipeline = await ended();
  const stale = await pipeline.attempt();
  await pipeline.table.adoptToken(stale, 'token-2', pipeline.time);
  await deliver(stale, pipeline.dependencies());
  expect((await pipeline.attempt()).deliveredAt).toBeUndefined();
  expect(await pipeline.openAttempts()).toEqual([ATTEMPT_ID]);
});

test('a fault of Step Functions is thrown, and the next run delivers', async () => {
  const pipeline = await ended();
  pipeline.steps.failNext(Object.assign(new Error('slow down'), { name: 'ThrottlingException' }));
  await expect(delivery(pipeline)).rejects.toThrow('slow down');
  expect((await pipeline.attempt()).deliveredAt).toBeUndefined();
  await delivery(pipeline);
});

test('an answer whose mark is lost is not answered twice', async () => {
  const pipeline = await ended();
  pipeline.memory.failNext('UpdateCommand', new Error('crash'));
  await expect(delivery(pipeline)).rejects.toThrow('crash');
  await delivery(pipeline);
  expect(pipeline.steps.answers).toHaveLength(1);
});

test('a failure whose mark is lost is closed by the next run, and not looked after for ever', async () => {
  const failure = { name: 'ServiceError', cause: '{"error":"ServiceError"}' } as const;
  const pipeline = await ended({ status: 'FAILED', failure });
  pipeline.memory.failNext('UpdateCommand', new Error('crash'));
  await expect(delivery(pipeline)).rejects.toThrow('crash');
  await delivery(pipeline);
  expect(pipeline.steps.answers).toHaveLength(1);
  expect(await pipeline.openAttempts()).toEqual([]);
});

test('an attempt that has not ended is never delivered', async () => {
  const pipeline = new TestPipeline();
  await pipeline.open({ taskId: TASK_ID });
  await expect(delivery(pipeline)).rejects.toThrow(/has not ended/);
  expect(pipeline.steps.sent).toEqual([]);
});

describe('a job that was let go before its task ended', () => {
  async function letGo(): Promise<TestPipeline> {
    const pipeline = new TestPipeline();
    const attempt = await pipeline.open({ taskId: TASK_ID });
    await pipeline.table.markDelivered(attempt, false);
    return pipeline;
  }

  test('a late failure is booked, not sent, not counted again, and closes the attempt', async () => {
    const pipeline = await letGo();
    pipeline.evolink.set(aFailedTask('content_policy_violation'));
    await completeTask(await pipeline.attempt(), 'sweep', pipeline.dependencies());
    expect(pipeline.ledger()).toMatchObject([{ state: 'refund open' }]);
    expect(pipeline.steps.sent).toEqual([]);
    expect(output.valuesOf('JobsFailed')).toEqual([]);
    expect(await pipeline.openAttempts()).toEqual([]);
  });

  test('a late success is booked, not sent, and stays open: its images are paid for', async () => {
    const pipeline = await letGo();
    pipeline.evolink.set(aCompletedTask());
    await completeTask(await pipeline.attempt(), 'sweep', pipeline.dependencies());
    expect(pipeline.ledger()).toMatchObject([{ state: 'booked', creditsUsed: 3_682 }]);
    expect(pipeline.steps.sent).toEqual([]);
    expect(await pipeline.openAttempts()).toEqual([ATTEMPT_ID]);
  });
});
