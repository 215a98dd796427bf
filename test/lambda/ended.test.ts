/** A job ended without an image: what it has at EvoLink or has paid for is salvaged, what it has queued is never sent. */
import { ended } from '../../lambda/ended/ended';
import { attemptIdOf } from '../../lambda/shared/attempts/attempt';
import type { AttemptEnd } from '../../lambda/shared/attempts/book';
import type { MemoryTableOptions } from '../support/memory-table';
import { EXECUTION_ARN, OTHER_TASK_ID, STARTED_AT, TASK_ID } from '../support/jobs';
import { captureOutput } from '../support/output';
import { ATTEMPT_ID, TestPipeline } from '../support/pipeline';
import { claimJob, queueOf, slotsOf, takeFromQueue } from '../support/queues';

const output = captureOutput();

const run = (pipeline: TestPipeline) => ended({ executionArn: EXECUTION_ARN }, pipeline.dependencies());

function stop(pipeline: TestPipeline, status = 'ABORTED', error?: string, startedAt = STARTED_AT): void {
  pipeline.steps.execution(EXECUTION_ARN, status, { startDate: new Date(startedAt), error });
}

const end = (pipeline: TestPipeline, status: 'COMPLETED' | 'FAILED'): AttemptEnd => ({
  ...{ status, completedAt: pipeline.time, creditsUsed: 0, basis: 'assumed' },
  ...(status === 'FAILED'
    ? { failure: { name: 'ServiceError', cause: '{}' } }
    : { outcome: { taskId: TASK_ID, results: ['https://x/1.png'], usage: null } }),
});

async function completed(options: MemoryTableOptions = {}): Promise<TestPipeline> {
  const pipeline = new TestPipeline(options);
  await pipeline.book(await pipeline.open({ taskId: TASK_ID }), end(pipeline, 'COMPLETED'));
  await pipeline.table.markDelivered(await pipeline.attempt(), false);
  return pipeline;
}

async function queued(options: MemoryTableOptions = {}): Promise<TestPipeline> {
  const pipeline = new TestPipeline(options);
  pipeline.maxConcurrentTasks = 1;
  await claimJob(pipeline, 'other');
  expect((await pipeline.open()).status).toBe('QUEUED');
  return pipeline;
}

describe('what it had', () => {
  test.each<[string, () => Promise<TestPipeline>]>([
    [
      'being submitted',
      async () => {
        const pipeline = new TestPipeline();
        await pipeline.open();
        return pipeline;
      },
    ],
    [
      'at EvoLink',
      async () => {
        const pipeline = new TestPipeline();
        await pipeline.open({ taskId: TASK_ID });
        return pipeline;
      },
    ],
    ['paid for and not archived', completed],
  ])('%s becomes an orphan, which the sweep looks after', async (_, open) => {
    const pipeline = await open();
    const { status } = await pipeline.attempt();
    stop(pipeline);
    await run(pipeline);
    expect(await pipeline.attempt()).toMatchObject({ status, orphanedAt: pipeline.time });
    expect(await pipeline.openAttempts()).toEqual([ATTEMPT_ID]);
    expect(output.valuesOf('AttemptsOrphaned')).toEqual([{ value: 1, dimensions: {} }]);
    expect(pipeline.steps.sent).toEqual([]);
  });

  test('paid for is due at once: its links live a day', async () => {
    const pipeline = await completed();
    pipeline.time += 1_000;
    stop(pipeline);
    await run(pipeline);
    expect((await pipeline.attempt()).nextCheckAt).toBe(pipeline.time);
  });

  test('in the queue is never sent: it ends without a charge and leaves the queue', async () => {
    const pipeline = await queued();
    stop(pipeline);
    await run(pipeline);
    expect(await pipeline.attempt()).toMatchObject({ status: 'FAILED', failure: { name: 'JobStopped' } });
    expect(pipeline.ledger()).toMatchObject([{ state: 'refunded', failure: 'JobStopped', creditsUsed: 0 }]);
    expect(queueOf(pipeline)).toEqual([]);
    expect(await slotsOf(pipeline)).toMatchObject({ taken: 1, queued: 0 });
    expect(await pipeline.openAttempts()).not.toContain(ATTEMPT_ID);
    expect(pipeline.steps.sent).toEqual([]);
    expect(output.valuesOf('JobsFailed')).toEqual([
      { value: 1, dimensions: {} },
      { value: 1, dimensions: { ErrorName: 'JobStopped' } },
    ]);
  });

  test('in the queue and let through at this very moment becomes an orphan', async () => {
    let armed = false;
    const pipeline: TestPipeline = await queued({
      before: async (name) => {
        if (name !== 'TransactWriteCommand' || !armed) return;
        armed = false;
        const result = await takeFromQueue(pipeline, await pipeline.attempt(), { nextCheckAt: pipeline.time + 1 });
        expect(result.kind).toBe('taken');
      },
    });
    stop(pipeline);
    armed = true;
    await run(pipeline);
    expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTING', orphanedAt: pipeline.time });
    expect(pipeline.ledger()).toEqual([]);
  });

  test.each(['archived', 'failed'])('that is %s needs nobody', async (what) => {
    const pipeline = what === 'archived' ? await completed() : new TestPipeline();
    if (what === 'archived') await pipeline.table.markArchived(await pipeline.attempt(), pipeline.time);
    else await pipeline.book(await pipeline.open(), end(pipeline, 'FAILED'));
    const before = await pipeline.attempt();
    stop(pipeline);
    await run(pipeline);
    expect(await pipeline.attempt()).toEqual(before);
    expect(output.valuesOf('AttemptsOrphaned')).toEqual([]);
  });

  test('as a further attempt is found behind those that failed', async () => {
    const pipeline = new TestPipeline();
    await pipeline.book(await pipeline.open(), end(pipeline, 'FAILED'));
    await pipeline.open({ attempt: 2, taskId: OTHER_TASK_ID });
    stop(pipeline);
    await run(pipeline);
    expect(await pipeline.attempt(attemptIdOf('job-1', 2))).toMatchObject({ orphanedAt: pipeline.time });
    expect(await pipeline.attempt()).not.toHaveProperty('orphanedAt');
  });
});

describe('an event', () => {
  test('that comes twice, or twice at once, counts once', async () => {
    const pipeline = await completed();
    stop(pipeline, 'TIMED_OUT');
    await Promise.all([run(pipeline), run(pipeline)]);
    await run(pipeline);
    expect(output.valuesOf('AttemptsOrphaned')).toHaveLength(1);
    expect(output.valuesOf('JobsFailed')).toEqual([
      { value: 1, dimensions: {} },
      { value: 1, dimensions: { ErrorName: 'JobTimedOut' } },
    ]);
  });

  test.each(['RUNNING', 'PENDING_REDRIVE', 'SUCCEEDED', 'GONE'])(
    'of a job that is %s by now changes nothing',
    async (status) => {
      const pipeline = await completed();
      stop(pipeline, status);
      const before = pipeline.memory.items();
      await run(pipeline);
      expect(pipeline.memory.items()).toEqual(before);
      expect(output.metrics()).toEqual([]);
    },
  );

  test('of an earlier or later execution of the same name leaves the attempt alone', async () => {
    const pipeline = await completed();
    stop(pipeline, 'ABORTED', undefined, '2026-11-02T23:59:57.000Z');
    await run(pipeline);
    expect(await pipeline.attempt()).not.toHaveProperty('orphanedAt');
  });

  test('meets a start that is written with another precision', async () => {
    const pipeline = await completed();
    stop(pipeline, 'ABORTED', undefined, '2026-11-02T23:59:58.000Z');
    await run(pipeline);
    expect(await pipeline.attempt()).toHaveProperty('orphanedAt');
  });

  test('does not take the attempt away from a state that was repeated meanwhile', async () => {
    let armed = false;
    const pipeline: TestPipeline = await completed({
      before: async (name) => {
        if (name !== 'UpdateCommand' || !armed) return;
        armed = false;
        await pipeline.table.adoptToken(await pipeline.attempt(), 'token-2', pipeline.time);
      },
    });
    stop(pipeline);
    armed = true;
    await run(pipeline);
    expect(await pipeline.attempt()).toMatchObject({ taskToken: 'token-2' });
    expect(await pipeline.attempt()).not.toHaveProperty('orphanedAt');
  });
});

describe('the end is counted here', () => {
  test.each<[string, string | undefined, string | undefined]>([
    ['ABORTED', undefined, 'JobStopped'],
    ['TIMED_OUT', undefined, 'JobTimedOut'],
    ['FAILED', 'ResultUnavailable', 'ResultUnavailable'],
    ['FAILED', 'Busy', 'Busy'],
    ['FAILED', 'States.Runtime', 'Unexpected'],
    ['FAILED', undefined, 'Unexpected'],
    ['FAILED', 'ServiceError', undefined],
    ['FAILED', 'BudgetExceeded', undefined],
    ['FAILED', 'TaskTimedOut', undefined],
    ['FAILED', 'InvalidRequest', undefined],
  ])('%s with the error %s as %s', async (status, error, name) => {
    const pipeline = new TestPipeline();
    stop(pipeline, status, error);
    await run(pipeline);
    const names = output.valuesOf('JobsFailed').flatMap(({ dimensions }) => dimensions.ErrorName ?? []);
    expect(names).toEqual(name === undefined ? [] : [name]);
  });
});
