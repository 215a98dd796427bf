import { spendPartition } from '../../../domain/ledger';
import { DEFAULT_PRICES } from '../../../domain/prices';
import type { AttemptEnd } from '../../../lambda/shared/attempts/book';
import * as items from '../../../lambda/shared/attempts/items';
import { aJob, PROMPT, TASK_ID } from '../../support/jobs';
import { ATTEMPT_ID, TestPipeline } from '../../support/pipeline';

const USAGE = '{"credits_used":0.3682}';

function aSuccess(end: Partial<AttemptEnd> = {}): AttemptEnd {
  const outcome = { taskId: TASK_ID, results: ['https://x/1.png'], usage: USAGE, billingRule: 'per_token' };
  return {
    status: 'COMPLETED',
    completedAt: Date.parse('2026-11-03T00:05:00Z'),
    creditsUsed: 3_682,
    basis: 'credits_used',
    outcome,
    ...end,
  };
}

async function booked(pipeline: TestPipeline, end: AttemptEnd): Promise<boolean> {
  return pipeline.book(await pipeline.attempt(), end);
}

test('ends the attempt, keeps what EvoLink said and writes one ledger line', async () => {
  const pipeline = new TestPipeline();
  const job = aJob({ n: 2, metadata: { team: 'web' } });
  const { creditsHeld } = await pipeline.open({ job, taskId: TASK_ID });

  await expect(booked(pipeline, aSuccess())).resolves.toBe(true);

  const { completedAt } = aSuccess();
  expect(await pipeline.attempt()).toMatchObject({
    status: 'COMPLETED',
    completedAt,
    creditsUsed: 3_682,
    basis: 'credits_used',
  });
  expect((await pipeline.table.load(ATTEMPT_ID))?.outcome).toMatchObject({
    results: ['https://x/1.png'],
    usage: USAGE,
  });
  expect(pipeline.ledger()).toEqual([
    {
      pk: 'ledger#2026-11-03',
      sk: `2026-11-03T00:05:00.000Z#${ATTEMPT_ID}`,
      attemptId: ATTEMPT_ID,
      jobId: 'job-1',
      attempt: 1,
      taskId: TASK_ID,
      tenant: 'default',
      metadata: { team: 'web' },
      model: 'gpt-image-2',
      size: '16:9',
      resolution: '1K',
      quality: 'low',
      n: 2,
      images: 1,
      state: 'booked',
      creditsHeld,
      creditsUsed: 3_682,
      basis: 'credits_used',
      usage: USAGE,
      billingRule: 'per_token',
      priceTable: DEFAULT_PRICES.version,
      createdAt: pipeline.time,
      submittedAt: pipeline.time,
      bookedAt: completedAt,
    },
  ]);
});

test('the ledger never holds the prompt', async () => {
  const pipeline = new TestPipeline();
  await pipeline.open({ taskId: TASK_ID });
  await booked(pipeline, aSuccess());
  expect(JSON.stringify(pipeline.ledger())).not.toContain(PROMPT);
});

describe('the spend of a day', () => {
  const spend = (pipeline: TestPipeline, month: string) =>
    pipeline.memory.items().filter(({ pk }) => pk === spendPartition(month));
  const endedAt = (time: string, creditsUsed: number): Partial<AttemptEnd> => ({
    completedAt: Date.parse(time),
    creditsUsed,
  });

  test('is counted by the booking, under the UTC day of the end', async () => {
    const pipeline = new TestPipeline();
    const ends = [endedAt('2026-11-30T23:59:59.999Z', 10), endedAt('2026-12-01T00:00:00Z', 7)];
    for (const [index, end] of ends.entries()) {
      const attempt = await pipeline.open({ job: aJob({}, `job-${index}`) });
      await pipeline.book(attempt, aSuccess(end));
    }
    expect(spend(pipeline, '2026-11')).toEqual([
      expect.objectContaining({ creditsUsed: 10, images: 1, attempts: 1, sk: expect.stringMatching(/^30#\d\d$/) }),
    ]);
    expect(spend(pipeline, '2026-12')).toEqual([
      expect.objectContaining({ creditsUsed: 7, images: 1, attempts: 1, sk: expect.stringMatching(/^01#\d\d$/) }),
    ]);
  });

  test('adds up to the ledger, over all shards', async () => {
    const pipeline = new TestPipeline();
    for (let index = 0; index < 60; index++) {
      const attempt = await pipeline.open({ job: aJob({}, `job-${index}`) });
      await pipeline.book(attempt, aSuccess({ creditsUsed: 1_000 + index }));
    }
    const counters = spend(pipeline, '2026-11');
    const total = (lines: Record<string, unknown>[], name: string) =>
      lines.reduce((sum, line) => sum + Number(line[name]), 0);
    expect(counters.length).toBeGreaterThan(8);
    expect(counters.length).toBeLessThanOrEqual(16);
    expect(total(counters, 'creditsUsed')).toBe(total(pipeline.ledger(), 'creditsUsed'));
    expect(total(counters, 'attempts')).toBe(60);
    expect(total(counters, 'images')).toBe(60);
  });

  test('is kept for good, and is not touched by a booking that comes second', async () => {
    const pipeline = new TestPipeline();
    await pipeline.open({ taskId: TASK_ID });
    await booked(pipeline, aSuccess());
    await booked(pipeline, aSuccess());
    expect(spend(pipeline, '2026-11')).toMatchObject([{ creditsUsed: 3_682, attempts: 1 }]);
    expect(spend(pipeline, '2026-11')[0]).not.toHaveProperty('expiresAt');
  });
});

test('the ledger never expires', async () => {
  const pipeline = new TestPipeline();
  await pipeline.open({ taskId: TASK_ID });
  await booked(pipeline, aSuccess());
  expect(pipeline.ledger()[0]).not.toHaveProperty('expiresAt');
});

test('the attempt stays open until it is delivered and archived', async () => {
  const pipeline = new TestPipeline();
  await pipeline.open({ taskId: TASK_ID });
  await booked(pipeline, aSuccess());
  expect(await pipeline.openAttempts()).toEqual([ATTEMPT_ID]);
});

test('of two bookings that race, one wins and there is one ledger line', async () => {
  const pipeline = new TestPipeline();
  await pipeline.open({ taskId: TASK_ID });
  const winners = await Promise.all([
    booked(pipeline, aSuccess()),
    booked(pipeline, aSuccess({ completedAt: aSuccess().completedAt + 1, creditsUsed: 9 })),
  ]);
  expect(winners.filter(Boolean)).toHaveLength(1);
  expect(pipeline.ledger()).toHaveLength(1);
  expect((await pipeline.attempt()).creditsUsed).toBe(pipeline.ledger()[0]?.creditsUsed);
});

test('a booking that comes second changes nothing, not even what EvoLink said', async () => {
  const pipeline = new TestPipeline();
  await pipeline.open({ taskId: TASK_ID });
  await booked(pipeline, aSuccess());
  const before = pipeline.memory.items();
  const failure = { name: 'ServiceError', cause: '{}' } as const;
  const late = {
    status: 'FAILED',
    creditsUsed: 0,
    failure,
    outcome: { taskId: TASK_ID, results: [], usage: null },
  } as const;
  await expect(booked(pipeline, aSuccess(late))).resolves.toBe(false);
  expect(pipeline.memory.items()).toEqual(before);
});

test('a conflict is repeated, so that the money is booked', async () => {
  const pipeline = new TestPipeline();
  await pipeline.open({ taskId: TASK_ID });
  pipeline.memory.conflictNext();
  await expect(booked(pipeline, aSuccess())).resolves.toBe(true);
  expect(pipeline.ledger()).toHaveLength(1);
});

describe('a failure', () => {
  const failure = { name: 'ServiceError', cause: '{"error":"ServiceError"}' } as const;

  test.each([
    ['that was refunded', 0, 'refunded'],
    ['that was charged all the same', 100, 'booked'],
  ])('%s', async (_, creditsUsed, state) => {
    const pipeline = new TestPipeline();
    await pipeline.open({ taskId: TASK_ID });
    await booked(pipeline, aSuccess({ status: 'FAILED', creditsUsed, failure }));
    expect(pipeline.ledger()).toMatchObject([{ state, creditsUsed }]);
    expect(await pipeline.attempt()).toMatchObject({ status: 'FAILED', failure });
  });

  test('without a task at EvoLink has a ledger line and no outcome', async () => {
    const pipeline = new TestPipeline();
    await pipeline.open();
    const end = aSuccess({ status: 'FAILED', creditsUsed: 0, basis: 'assumed', failure, outcome: undefined });
    await expect(booked(pipeline, end)).resolves.toBe(true);
    expect(pipeline.memory.item(items.outcomeKey(ATTEMPT_ID))).toBeUndefined();
    expect(pipeline.ledger()).toMatchObject([{ state: 'refunded', basis: 'assumed' }]);
    expect(pipeline.ledger()[0]).not.toHaveProperty('taskId');
  });
});
