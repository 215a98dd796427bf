import { type AttemptEnd, book } from '../../../lambda/shared/attempts/book';
import * as items from '../../../lambda/shared/attempts/items';
import { TASK_ID } from '../../support/jobs';
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
  return book(pipeline.memory.client, pipeline.table.tableName, await pipeline.attempt(), end);
}

test('ends the attempt, keeps what EvoLink said and writes one ledger line', async () => {
  const pipeline = new TestPipeline();
  const { creditsHeld } = await pipeline.open({ taskId: TASK_ID });

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
      model: 'gpt-image-2',
      quality: 'low',
      state: 'booked',
      creditsHeld,
      creditsUsed: 3_682,
      basis: 'credits_used',
      usage: USAGE,
      billingRule: 'per_token',
      createdAt: pipeline.time,
      submittedAt: pipeline.time,
      bookedAt: completedAt,
    },
  ]);
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
