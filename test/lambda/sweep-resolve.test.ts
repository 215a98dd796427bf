/** The reply to the POST was lost. Only the whole list of tasks can prove that there is none; anything else waits. */
import type { TaskListEntry } from '../../evolink';
import { EvolinkServerError } from '../../evolink';
import { keepHint } from '../../lambda/shared/attempts/hint';
import { type FakeEvolink, KEY_VERSION } from '../support/fake-evolink';
import { aJob, OTHER_TASK_ID, TASK_ID } from '../support/jobs';
import { captureOutput } from '../support/output';
import { ATTEMPT_ID, TestPipeline } from '../support/pipeline';
import { slotsOf } from '../support/queues';
import { runSweep } from '../support/sweeps';

captureOutput();

const BELIEVED_AFTER_MS = 600_000;
const MARGIN_MS = 86_400_000;
const OWN_TASK_ID = 'task-unified-1789000000-ourownxx';

/** An attempt of unknown outcome, at the moment when the list is first believed. `sentAt` is 2026-11-03T00:00:00Z. */
async function lost({
  list = [] as readonly TaskListEntry[],
  waited = BELIEVED_AFTER_MS,
  ours = true,
  knowsKey = true,
} = {}) {
  const pipeline = new TestPipeline();
  pipeline.maxConcurrentTasks = 5;
  await pipeline.open({ nextCheckAt: pipeline.time, keyVersion: knowsKey ? KEY_VERSION : undefined });
  await pipeline.table.markSubmitUnknown(ATTEMPT_ID, pipeline.time);
  // Of another attempt of ours, long ago: it shows that the list is that of our account.
  if (ours)
    await pipeline.table.link((await pipeline.open({ job: aJob({}, 'job-0') })).attemptId, OWN_TASK_ID, 0, 8e15);
  pipeline.evolink.list = [...list, ...(ours ? [entry(0, OWN_TASK_ID)] : [])];
  pipeline.evolink.serverTime = pipeline.now;
  const sentAt = pipeline.time;
  pipeline.time += waited;
  return { pipeline, sentAt };
}

const entry = (createdAt: number, id = OTHER_TASK_ID, model = 'gpt-image-2'): TaskListEntry => ({
  ...{ id, model, status: 'processing' },
  createdAt: createdAt / 1_000,
});
const SENT_AT = Date.parse('2026-11-03T00:00:00Z');

async function expectWaits(pipeline: TestPipeline): Promise<void> {
  expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMIT_UNKNOWN' });
  expect(pipeline.steps.sent).toEqual([]);
  expect(pipeline.ledger()).toEqual([]);
  expect((await pipeline.attempt()).slot).toBe(true);
}

async function expectEnded(pipeline: TestPipeline): Promise<void> {
  const { error, facts } = pipeline.steps.onlyAnswer();
  expect(error).toBe('ServiceError');
  expect(facts).toMatchObject({ charged: 'no', attempt: 1, retry_after_seconds: expect.any(Number) as number });
  expect(await pipeline.attempt()).toMatchObject({ status: 'FAILED', creditsUsed: 0 });
  expect(pipeline.ledger()).toMatchObject([{ state: 'refunded', creditsUsed: 0 }]);
  expect(await slotsOf(pipeline)).toMatchObject({ taken: (await pipeline.openAttempts()).length });
}

test.each<[string, readonly TaskListEntry[]]>([
  ['no task but ours', []],
  ['older tasks only', [entry(SENT_AT - MARGIN_MS - 1_000)]],
])('%s proves that there is none: the job makes another attempt', async (_, list) => {
  const { pipeline } = await lost({ list });
  await runSweep(pipeline);
  await expectEnded(pipeline);
});

test.each<[string, readonly TaskListEntry[]]>([
  ['since the POST', [entry(SENT_AT + 1_000)]],
  ['of the day before it, as the form of its times is not documented', [entry(SENT_AT - MARGIN_MS)]],
  ['of another model, since EvoLink may route', [entry(SENT_AT + 1_000, OTHER_TASK_ID, 'gpt-image-1')]],
  ['of unknown age', [{ id: OTHER_TASK_ID, model: 'gpt-image-2', status: 'completed' }]],
])('a task that belongs to nobody, %s, may be its own: it waits', async (_, list) => {
  const { pipeline } = await lost({ list });
  await runSweep(pipeline);
  await expectWaits(pipeline);
});

test('tasks of other attempts are not its own', async () => {
  const { pipeline } = await lost({ list: [entry(SENT_AT + 1_000)] });
  await pipeline.open({ job: aJob({}, 'job-2'), taskId: OTHER_TASK_ID, nextCheckAt: pipeline.time + 1 });
  await runSweep(pipeline);
  expect(pipeline.steps.onlyAnswer()).toMatchObject({ error: 'ServiceError', taskToken: 'token-1' });
});

test("ages are told by EvoLink's clock", async () => {
  const behind = 3_600_000;
  const { pipeline } = await lost({ list: [entry(SENT_AT - behind - MARGIN_MS + 1_000)] });
  pipeline.evolink.serverTime = () => pipeline.time - behind;
  await runSweep(pipeline);
  await expectWaits(pipeline);
});

test.each<[string, readonly TaskListEntry[]]>([
  ['empty', []],
  ['full of old tasks of others', [entry(SENT_AT - 2 * MARGIN_MS)]],
])('a list without any task of ours, %s, may be that of another account: it waits', async (_, list) => {
  const { pipeline } = await lost({ list, ours: false });
  await runSweep(pipeline);
  await expectWaits(pipeline);
});

test('a list that ends before all of it was seen proves nothing', async () => {
  const { pipeline } = await lost();
  pipeline.evolink.total = 90;
  await runSweep(pipeline);
  await expectWaits(pipeline);
});

test.each<[string, (evolink: FakeEvolink) => unknown]>([
  ['since the POST', (evolink) => (evolink.keyVersion = 'version-2')],
  ['while it is read', (evolink) => (evolink.onPage = () => (evolink.keyVersion = 'version-2'))],
])('where the key was rotated %s, the list may be another one: it proves nothing', async (_, rotate) => {
  const { pipeline } = await lost();
  rotate(pipeline.evolink);
  await runSweep(pipeline);
  await expectWaits(pipeline);
});

test('a list that would prove nothing is not read', async () => {
  const { pipeline } = await lost();
  pipeline.evolink.keyVersion = 'version-2';
  await runSweep(pipeline);
  expect(pipeline.evolink.pages).toEqual([]);
});

test('nor does it for an attempt whose key is not known', async () => {
  const { pipeline } = await lost({ knowsKey: false });
  pipeline.evolink.keyVersion = undefined;
  await runSweep(pipeline);
  await expectWaits(pipeline);
});

test('a callback that names a task while the list is read is believed, not the list', async () => {
  const { pipeline } = await lost();
  const { client, tableName } = pipeline.memory;
  pipeline.evolink.onPage = () => keepHint(client, tableName, ATTEMPT_ID, TASK_ID, pipeline.time + 3_000);
  await runSweep(pipeline);
  await expectWaits(pipeline);
  expect(await pipeline.attempt()).toMatchObject({ hintedTaskId: TASK_ID });
});

test('a row that vanishes moves another one to a page that was read already: nothing is proved', async () => {
  const { pipeline } = await lost();
  const { evolink } = pipeline;
  evolink.pageSize = 1;
  const old = entry(0, 'task-unified-1700000000-vanishes');
  evolink.list = [old, entry(SENT_AT + 1_000), entry(0, OWN_TASK_ID)];
  evolink.onPage = (page) => {
    if (page === 2) evolink.list = [entry(SENT_AT + 1_000), entry(0, OWN_TASK_ID)];
  };
  await runSweep(pipeline);
  await expectWaits(pipeline);
});

test('without that clock nothing is concluded', async () => {
  const { pipeline } = await lost();
  pipeline.evolink.serverTime = () => undefined;
  await runSweep(pipeline);
  await expectWaits(pipeline);
});

test('a list that cannot be read proves nothing', async () => {
  const { pipeline } = await lost();
  pipeline.evolink.list = new EvolinkServerError('500');
  await runSweep(pipeline);
  await expectWaits(pipeline);
});

test('nobody asks before ten minutes are over: a list may lag behind', async () => {
  const { pipeline } = await lost({ waited: BELIEVED_AFTER_MS - 1 });
  await runSweep(pipeline);
  expect(pipeline.evolink.pages).toEqual([]);
  await expectWaits(pipeline);
});

describe('several pages', () => {
  const old = (count: number) =>
    Array.from({ length: count }, (_, index) => entry(SENT_AT - 2 * MARGIN_MS, `task-unified-1780000000-${index}`));

  test('are all read', async () => {
    const { pipeline } = await lost({ list: old(5) });
    pipeline.evolink.pageSize = 2;
    await runSweep(pipeline);
    // The last one is empty: how many a page holds is EvoLink's choice.
    expect(pipeline.evolink.pages).toEqual([1, 2, 3, 4]);
    await expectEnded(pipeline);
  });

  test('whose last one has a task of nobody: it waits', async () => {
    const { pipeline } = await lost({ list: [...old(4), entry(SENT_AT)] });
    pipeline.evolink.pageSize = 2;
    await runSweep(pipeline);
    await expectWaits(pipeline);
  });

  test('are not read for ever, and a part of them proves nothing', async () => {
    const { pipeline } = await lost({ list: old(21) });
    pipeline.evolink.pageSize = 1;
    await runSweep(pipeline);
    expect(pipeline.evolink.pages).toHaveLength(20);
    await expectWaits(pipeline);
  });

  test('are read only while there is time', async () => {
    const { pipeline } = await lost({ list: old(5) });
    pipeline.evolink.pageSize = 1;
    pipeline.evolink.serverTime = () => (pipeline.time += 25_000);
    await runSweep(pipeline);
    expect(pipeline.evolink.pages).toEqual([1, 2]);
    await expectWaits(pipeline);
  });
});

test('a task that a callback links at the last moment is not ended', async () => {
  let linked = false;
  const pipeline: TestPipeline = new TestPipeline({
    before: async (name, { TransactItems = [] }) => {
      const isBooking = (TransactItems as { Put?: { Item: { pk: string } } }[]).some(({ Put }) =>
        Put?.Item.pk.startsWith('ledger#'),
      );
      if (name !== 'TransactWriteCommand' || !isBooking || linked) return;
      linked = true;
      await pipeline.table.link(ATTEMPT_ID, TASK_ID, pipeline.time, pipeline.time + 120_000);
    },
  });
  await pipeline.open({ nextCheckAt: pipeline.time });
  await pipeline.open({ job: aJob({}, 'job-0'), taskId: OWN_TASK_ID, nextCheckAt: 8e15 });
  await pipeline.table.markSubmitUnknown(ATTEMPT_ID, pipeline.time);
  pipeline.evolink.list = [entry(0, OWN_TASK_ID)];
  pipeline.evolink.serverTime = pipeline.now;
  pipeline.time += BELIEVED_AFTER_MS;
  await runSweep(pipeline);
  expect(linked).toBe(true);
  expect(pipeline.steps.sent).toEqual([]);
  expect(pipeline.ledger()).toEqual([]);
  expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTED', taskId: TASK_ID });
});
