/** The ledger record of an attempt of which nobody knows whether EvoLink has a task for it. */
import { readLedger } from '../../../client/ledger-reader';
import type { AttemptEnd } from '../../../lambda/shared/attempts/book';
import { recordUnknown } from '../../../lambda/shared/attempts/record-unknown';
import { readRequestFacts } from '../../../lambda/shared/attempts/requests';
import { DEFAULT_PRICES } from '../../../domain/prices';
import { aRule, counter } from '../../support/budgets';
import { aJob, TASK_ID } from '../../support/jobs';
import { LOST, ATTEMPT_ID, TestPipeline } from '../../support/pipeline';

const HOUR = 3_600_000;

async function lost(): Promise<TestPipeline> {
  const pipeline = new TestPipeline();
  pipeline.budgets = [aRule('all', 'day', 100_000)];
  await pipeline.open({ job: aJob({ metadata: { team: 'web' } }) });
  await pipeline.table.markSubmitUnknown(ATTEMPT_ID, LOST, pipeline.time);
  pipeline.time += HOUR;
  return pipeline;
}

async function record(pipeline: TestPipeline): Promise<boolean> {
  const { client, tableName } = pipeline.memory;
  const attempt = await pipeline.attempt();
  return recordUnknown(
    { client, tableName },
    attempt,
    await readRequestFacts(client, tableName, attempt),
    pipeline.time,
  );
}

const success = (pipeline: TestPipeline): AttemptEnd => ({
  ...{ status: 'COMPLETED', completedAt: pipeline.time, creditsUsed: 3_682, basis: 'credits_used' },
  outcome: { taskId: TASK_ID, results: ['https://x/1.png'], usage: null, billingRule: 'per_token' },
});

/** What `evolink-images ledger` sees of the month. */
async function exported({ memory }: TestPipeline): Promise<object[]> {
  const found: object[] = [];
  for await (const { bookedAt, state, creditsUsed } of readLedger(memory, { from: '2026-11-01', to: '2026-11-30' })) {
    found.push({ day: new Date(bookedAt).toISOString().slice(0, 10), state, creditsUsed });
  }
  return found;
}

const spendItems = (pipeline: TestPipeline) =>
  pipeline.memory.items().filter(({ pk }) => String(pk).startsWith('spend#'));

test('says everything that is known, charges nothing, and keeps the attempt open', async () => {
  const pipeline = await lost();
  const { creditsHeld, createdAt } = await pipeline.attempt();

  await expect(record(pipeline)).resolves.toBe(true);

  expect(pipeline.ledger()).toEqual([
    {
      pk: 'ledger#2026-11-03',
      sk: `2026-11-03T01:00:00.000Z#${ATTEMPT_ID}#unknown`,
      attemptId: ATTEMPT_ID,
      jobId: 'job-1',
      attempt: 1,
      tenant: 'default',
      metadata: { team: 'web' },
      model: 'gpt-image-2',
      size: '16:9',
      resolution: '1K',
      quality: 'low',
      n: 1,
      images: 0,
      state: 'unknown',
      failure: 'SubmitOutcomeUnknown',
      creditsHeld,
      creditsUsed: 0,
      basis: 'assumed',
      priceTable: DEFAULT_PRICES.version,
      createdAt,
      bookedAt: pipeline.time,
    },
  ]);
  expect(spendItems(pipeline)).toEqual([]);
  expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMIT_UNKNOWN', unknownSince: pipeline.time });
  expect(await pipeline.openAttempts()).toEqual([ATTEMPT_ID]);
});

test('is written once, whoever comes again and however many at once', async () => {
  const pipeline = await lost();
  const first = await Promise.all([record(pipeline), record(pipeline), record(pipeline)]);
  const before = pipeline.memory.items();
  pipeline.time += HOUR;
  const later = await record(pipeline);
  expect([...first, later].filter(Boolean)).toHaveLength(1);
  expect(pipeline.memory.items()).toEqual(before);
});

test('budgets keep the hold until the truth is booked, on the counter that was claimed against', async () => {
  const pipeline = await lost();
  const { creditsHeld } = await pipeline.attempt();
  await record(pipeline);
  expect(counter(pipeline, 'all-day', '2026-11-03')).toEqual({ committed: creditsHeld, held: creditsHeld, spent: 0 });

  pipeline.time += 48 * HOUR;
  await pipeline.table.link(ATTEMPT_ID, TASK_ID, pipeline.time, pipeline.time);
  await pipeline.book(await pipeline.attempt(), success(pipeline));

  expect(counter(pipeline, 'all-day', '2026-11-03')).toEqual({ committed: 3_682, held: 0, spent: 3_682 });
});

test('a later booking is a record of its own day, as its spend is, and the earlier record no longer counts', async () => {
  const pipeline = await lost();
  await record(pipeline);
  const since = pipeline.time;
  pipeline.time += 48 * HOUR;
  await pipeline.table.link(ATTEMPT_ID, TASK_ID, pipeline.time, pipeline.time);

  await expect(pipeline.book(await pipeline.attempt(), success(pipeline))).resolves.toBe(true);

  const [unknown, booked] = pipeline.ledger();
  expect(unknown).toMatchObject({ pk: 'ledger#2026-11-03', state: 'unknown', bookedAt: since });
  expect(unknown).toMatchObject({ supersededAt: pipeline.time });
  expect(booked).toMatchObject({ pk: 'ledger#2026-11-05', taskId: TASK_ID, state: 'booked', creditsUsed: 3_682 });
  expect(booked).toMatchObject({ images: 1, bookedAt: pipeline.time });
  expect(booked).not.toHaveProperty('failure');
  expect(await exported(pipeline)).toEqual([{ day: '2026-11-05', state: 'booked', creditsUsed: 3_682 }]);
  expect(spendItems(pipeline)).toMatchObject([{ creditsUsed: 3_682, attempts: 1 }]);
  expect(spendItems(pipeline)[0]?.sk).toMatch(/^05#/);
});

test('booked within the very millisecond, there is one record that counts all the same', async () => {
  const pipeline = await lost();
  await record(pipeline);
  await pipeline.table.link(ATTEMPT_ID, TASK_ID, pipeline.time, pipeline.time);
  await expect(pipeline.book(await pipeline.attempt(), success(pipeline))).resolves.toBe(true);
  expect(await exported(pipeline)).toEqual([{ day: '2026-11-03', state: 'booked', creditsUsed: 3_682 }]);
});

test('a booking that comes second changes neither record', async () => {
  const pipeline = await lost();
  await record(pipeline);
  await pipeline.table.link(ATTEMPT_ID, TASK_ID, pipeline.time, pipeline.time);
  const attempt = await pipeline.attempt();
  pipeline.time += HOUR;
  await pipeline.book(attempt, success(pipeline));
  const before = pipeline.ledger();
  pipeline.time += HOUR;
  await expect(pipeline.book(attempt, success(pipeline))).resolves.toBe(false);
  expect(pipeline.ledger()).toEqual(before);
});

test('what was booked is never unknown again', async () => {
  const pipeline = await lost();
  const attempt = await pipeline.attempt();
  await pipeline.book(attempt, { ...success(pipeline), status: 'FAILED', creditsUsed: 0, outcome: undefined });
  await expect(record(pipeline)).resolves.toBe(false);
  expect(pipeline.ledger()).toMatchObject([{ state: 'refunded' }]);
});

test('an attempt that has a task is not unknown', async () => {
  const pipeline = await lost();
  await pipeline.table.link(ATTEMPT_ID, TASK_ID, pipeline.time, pipeline.time);
  await expect(record(pipeline)).resolves.toBe(false);
  expect(pipeline.ledger()).toEqual([]);
  expect((await pipeline.attempt()).unknownSince).toBeUndefined();
});

test('a booking by somebody who does not know of the record yet is refused: there would be two', async () => {
  const pipeline = await lost();
  const seen = await pipeline.attempt();
  await record(pipeline);
  pipeline.time += HOUR;

  await expect(pipeline.book(seen, { ...success(pipeline), status: 'FAILED' })).resolves.toBe(false);

  expect(pipeline.ledger()).toMatchObject([{ state: 'unknown' }]);
  expect(spendItems(pipeline)).toEqual([]);
});
