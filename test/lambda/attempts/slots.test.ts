/** `maxConcurrentTasks`: who is let through, who waits, and that no slot is lost or invented. */
import { book, type AttemptEnd } from '../../../lambda/shared/attempts/book';
import { readRequestFacts } from '../../../lambda/shared/attempts/requests';
import { leaveQueueOrSlot, pauseSending } from '../../../lambda/shared/attempts/slots';
import { transact } from '../../../lambda/shared/attempts/transact';
import { aRule, counter } from '../../support/budgets';
import { aJob } from '../../support/jobs';
import type { MemoryTableOptions } from '../../support/memory-table';
import { MAX_QUEUE_SECONDS, TestPipeline } from '../../support/pipeline';
import { claimJob, firstAttemptOf, queueOf, slotsOf } from '../../support/queues';

afterEach(() => jest.restoreAllMocks());

function limited(maxConcurrentTasks: number, options: MemoryTableOptions = {}): TestPipeline {
  const pipeline = new TestPipeline(options);
  pipeline.maxConcurrentTasks = maxConcurrentTasks;
  return pipeline;
}

const unsent = (pipeline: TestPipeline): AttemptEnd => ({
  ...{ status: 'FAILED', completedAt: pipeline.time, creditsUsed: 0, basis: 'assumed' },
  failure: { name: 'ServiceError', cause: '{}' },
});

describe('a claim', () => {
  test.each<[string, (pipeline: TestPipeline) => void]>([
    ['alone', () => undefined],
    ['that meets conflicts', (pipeline) => pipeline.memory.conflictNext(7)],
    ['that is throttled', (pipeline) => pipeline.memory.throttleNext(7)],
  ])('of many at once, %s: as many are let through as there are slots, the rest waits', async (_, disturb) => {
    jest.spyOn(Math, 'random').mockReturnValue(0);
    const pipeline = limited(3);
    disturb(pipeline);
    const jobs = Array.from({ length: 9 }, (_job, index) => `job-${index}`);
    const kinds = await Promise.all(jobs.map((jobId) => claimJob(pipeline, jobId)));
    expect(kinds.filter((kind) => kind === 'claimed')).toHaveLength(3);
    expect(kinds.filter((kind) => kind === 'queued')).toHaveLength(6);
    expect(await slotsOf(pipeline)).toMatchObject({ taken: 3, queued: 6 });
    expect(queueOf(pipeline)).toHaveLength(6);
  });

  test('that waits is not due before its time in the queue is up, and was not sent', async () => {
    const pipeline = limited(1);
    await claimJob(pipeline, 'job-1');
    await claimJob(pipeline, 'job-2');
    const { sendingSince, slot, ...queued } = await firstAttemptOf(pipeline, 'job-2');
    expect([sendingSince, slot]).toEqual([undefined, undefined]);
    expect(queued).toMatchObject({ status: 'QUEUED', nextCheckAt: pipeline.time + MAX_QUEUE_SECONDS * 1_000 });
    expect(await firstAttemptOf(pipeline, 'job-1')).toMatchObject({ slot: true, status: 'SUBMITTING' });
  });

  test('that waits holds its estimate', async () => {
    const pipeline = limited(1);
    pipeline.budgets = [aRule('all', 'day', 1_000_000)];
    await claimJob(pipeline, 'job-1');
    await claimJob(pipeline, 'job-2');
    const held = 2 * aJob().estimate.creditsUpper;
    expect(counter(pipeline, 'all-day', '2026-11-03')).toMatchObject({ held });
  });

  test('never overtakes one that waits, though a slot is free', async () => {
    const pipeline = limited(1);
    await claimJob(pipeline, 'job-1');
    await claimJob(pipeline, 'job-2');
    pipeline.maxConcurrentTasks = 5;
    await expect(claimJob(pipeline, 'job-3')).resolves.toBe('queued');
  });

  test('waits while EvoLink wants to be left alone, also where nothing else limits it', async () => {
    const pipeline = new TestPipeline();
    await pauseSending(pipeline.memory.client, pipeline.memory.tableName, pipeline.time, 60);
    await expect(claimJob(pipeline, 'job-1')).resolves.toBe('queued');
    pipeline.time += 67_000;
    await expect(claimJob(pipeline, 'job-2')).resolves.toBe('claimed');
  });

  test('whose slot becomes free at this moment takes it: in the queue it would wait for an end that wakes nobody', async () => {
    let freed = true;
    const pipeline: TestPipeline = limited(1, {
      before: async (name) => {
        if (name !== 'TransactWriteCommand' || freed) return;
        freed = true;
        await transact(pipeline.memory.client, [...leaveQueueOrSlot(pipeline.memory.tableName, { slot: true })]);
      },
    });
    await claimJob(pipeline, 'job-1');
    freed = false;
    await expect(claimJob(pipeline, 'job-2')).resolves.toBe('claimed');
    expect(await slotsOf(pipeline)).toMatchObject({ taken: 1, queued: 0 });
  });

  test('whose slot is taken at this moment waits', async () => {
    let taken = true;
    const pipeline: TestPipeline = limited(1, {
      before: async (name) => {
        if (name !== 'TransactWriteCommand' || taken) return;
        taken = true;
        await claimJob(pipeline, 'job-1');
      },
    });
    taken = false;
    await expect(claimJob(pipeline, 'job-2')).resolves.toBe('queued');
    expect(await slotsOf(pipeline)).toMatchObject({ taken: 1, queued: 1 });
  });

  test.each(['claimed', 'queued'])('that meets its own row, %s, says the same and counts once', async (kind) => {
    const pipeline = limited(1);
    if (kind === 'queued') await claimJob(pipeline, 'job-1');
    const again = { callbackSecretHash: 'the secret of this very call' };
    await expect(claimJob(pipeline, 'job-2', 'default', again)).resolves.toBe(kind);
    const slots = await slotsOf(pipeline);
    pipeline.maxConcurrentTasks = 9;
    await expect(claimJob(pipeline, 'job-2', 'default', again)).resolves.toBe(kind);
    await expect(claimJob(pipeline, 'job-2')).resolves.toBe('exists');
    expect(await slotsOf(pipeline)).toEqual(slots);
  });
});

describe('an end', () => {
  test('of many at once frees one slot', async () => {
    const pipeline = limited(2);
    await claimJob(pipeline, 'job-1');
    await claimJob(pipeline, 'job-2');
    const attempt = await firstAttemptOf(pipeline, 'job-1');
    const won = await Promise.all([1, 2, 3].map(() => pipeline.book(attempt, unsent(pipeline))));
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await slotsOf(pipeline)).toMatchObject({ taken: 1 });
  });

  test('without a slot frees none', async () => {
    const pipeline = new TestPipeline();
    await claimJob(pipeline, 'job-1');
    await pipeline.book(await firstAttemptOf(pipeline, 'job-1'), unsent(pipeline));
    expect(await slotsOf(pipeline)).toMatchObject({ taken: 0 });
  });

  test('in the queue leaves it, and frees no slot', async () => {
    const pipeline = limited(1);
    await claimJob(pipeline, 'job-1');
    await claimJob(pipeline, 'job-2');
    await expect(pipeline.book(await firstAttemptOf(pipeline, 'job-2'), unsent(pipeline))).resolves.toBe(true);
    expect(queueOf(pipeline)).toEqual([]);
    expect(await slotsOf(pipeline)).toMatchObject({ taken: 1, queued: 0 });
    expect(await firstAttemptOf(pipeline, 'job-2')).not.toHaveProperty('queueEntry');
  });

  test('whose reply is lost is written once', async () => {
    const pipeline = limited(1);
    await claimJob(pipeline, 'job-1');
    const attempt = await firstAttemptOf(pipeline, 'job-1');
    const { client, tableName } = pipeline.memory;
    const facts = await readRequestFacts(client, tableName, attempt);
    pipeline.memory.failNext('TransactWriteCommand', new Error('no reply'), { applied: true });
    await expect(book({ client, tableName }, attempt, facts, unsent(pipeline))).rejects.toThrow('no reply');
    await expect(book({ client, tableName }, attempt, facts, unsent(pipeline))).resolves.toBe(false);
    expect(await slotsOf(pipeline)).toMatchObject({ taken: 0 });
  });
});

describe('a pause after a 429', () => {
  beforeEach(() => jest.spyOn(Math, 'random').mockReturnValue(0));
  const pause = (pipeline: TestPipeline, retryAfterSeconds?: number) =>
    pauseSending(pipeline.memory.client, pipeline.memory.tableName, pipeline.time, retryAfterSeconds);
  const seconds = async (pipeline: TestPipeline) => ((await slotsOf(pipeline)).pausedUntil - pipeline.time) / 1_000;

  test('grows from strike to strike, and is forgiven after five quiet minutes', async () => {
    const pipeline = new TestPipeline();
    const seen: number[] = [];
    for (let strike = 0; strike < 4; strike++) {
      await pause(pipeline);
      seen.push(await seconds(pipeline));
      pipeline.time += (seen.at(-1) ?? 0) * 1_000 + 1;
    }
    expect(seen).toEqual([30, 60, 120, 120]);
    pipeline.time += 300_000;
    await pause(pipeline);
    expect(await seconds(pipeline)).toBe(30);
  });

  test('counts once for all that were in flight', async () => {
    const pipeline = new TestPipeline();
    for (let refusal = 0; refusal < 10; refusal++) await pause(pipeline);
    expect(await slotsOf(pipeline)).toMatchObject({ strikes: 1 });
    expect(await seconds(pipeline)).toBe(30);
  });

  test('is as long as EvoLink asked for, and no shorter one cuts it', async () => {
    const pipeline = new TestPipeline();
    await pause(pipeline, 300);
    await pause(pipeline, 5);
    await pause(pipeline);
    expect(await seconds(pipeline)).toBe(300);
  });

  test('is up to a tenth longer, so that several pipelines do not come back together', async () => {
    const pipeline = new TestPipeline();
    jest.spyOn(Math, 'random').mockReturnValue(0.999);
    await pause(pipeline, 100);
    expect(await seconds(pipeline)).toBeCloseTo(110, 1);
  });
});
