/** Tasks of the account that may be the one of a lost submission: shown to a person, and never acted upon. */
import type { TaskListEntry } from '../../evolink';
import { EvolinkServerError } from '../../evolink';
import { ApiKeyUnavailableError } from '../../lambda/shared/api-key';
import { findCandidates } from '../../lambda/sweep/candidates';
import { aJob } from '../support/jobs';
import { captureOutput } from '../support/output';
import { ATTEMPT_ID, LOST, TestPipeline } from '../support/pipeline';

captureOutput();

const MINUTE = 60_000;
const SENT_AT = Date.parse('2026-11-03T00:00:00Z');
const idOf = (number: number): string => `task-unified-1793664000-${String(number).padStart(8, '0')}`;

const entry = (number: number, createdAt: number | undefined = SENT_AT, model: string | undefined = 'gpt-image-2') =>
  ({ id: idOf(number), model, status: 'processing', createdAt: createdAt / 1_000 }) as TaskListEntry;

/** The submission was sent at midnight and given up a quarter of an hour later; its reply was lost after 30 s. */
async function lost(list: readonly TaskListEntry[]): Promise<TestPipeline> {
  const pipeline = new TestPipeline();
  await pipeline.open();
  await pipeline.table.markSubmitUnknown(ATTEMPT_ID, { ...LOST, at: SENT_AT + 30_000 }, pipeline.time);
  pipeline.evolink.list = list;
  pipeline.evolink.serverTime = pipeline.now;
  pipeline.time += 15 * MINUTE;
  return pipeline;
}

async function find(pipeline: TestPipeline, deadline = Infinity): Promise<string[]> {
  const dependencies = {
    ...pipeline.dependencies(),
    archive: pipeline.lambda.function('archive'),
    ...{ firstCheckSeconds: 120, taskTimeoutSeconds: 3_600, deadline },
  };
  return findCandidates(await pipeline.attempt(), dependencies);
}

const found = async (...list: TaskListEntry[]) => find(await lost(list));

test('a task of its model and its time, that no attempt has, is one', async () => {
  await expect(found(entry(1))).resolves.toEqual([idOf(1)]);
});

describe('its time', () => {
  test.each<[string, number, boolean]>([
    ['is a minute before the POST: it may be', SENT_AT - MINUTE, true],
    ['is earlier than that: it is none', SENT_AT - MINUTE - 1_000, false],
    ['is a minute after its reply was given up: it may be', SENT_AT + 30_000 + MINUTE, true],
    ['is later than that: it is none', SENT_AT + 31_000 + MINUTE, false],
  ])('%s', async (_, createdAt, isOne) => {
    await expect(found(entry(1, createdAt))).resolves.toEqual(isOne ? [idOf(1)] : []);
  });

  test("is told by EvoLink's clock", async () => {
    const pipeline = await lost([entry(1, SENT_AT + 3_600_000)]);
    pipeline.evolink.serverTime = () => pipeline.time + 3_600_000;
    await expect(find(pipeline)).resolves.toEqual([idOf(1)]);
  });

  test('is not known: it may be', async () => {
    const { id, model, status } = entry(1);
    await expect(found({ id, model, status })).resolves.toEqual([idOf(1)]);
  });
});

describe('its model', () => {
  test('is another one: it is none', async () => {
    await expect(found(entry(1, SENT_AT, 'gpt-image-1.5'))).resolves.toEqual([]);
  });

  test('is not told: it may be', async () => {
    const { id, status, createdAt } = entry(1);
    await expect(found({ id, status, createdAt })).resolves.toEqual([idOf(1)]);
  });
});

test('a task of another attempt is none', async () => {
  const pipeline = await lost([entry(1), entry(2)]);
  await pipeline.open({ job: aJob({}, 'job-2'), taskId: idOf(1) });
  await expect(find(pipeline)).resolves.toEqual([idOf(2)]);
});

test('five are shown, the newest first, each once', async () => {
  const list = [entry(1), entry(1), ...Array.from({ length: 9 }, (_, index) => entry(index + 2))];
  await expect(found(...list)).resolves.toEqual([1, 2, 3, 4, 5].map(idOf));
});

describe('pages', () => {
  const newer = (count: number, from = 0) =>
    Array.from({ length: count }, (_, index) => entry(from + index, SENT_AT + 10 * MINUTE));
  const older = (count: number, from = 0) =>
    Array.from({ length: count }, (_, index) => entry(from + index, SENT_AT - 10 * MINUTE));

  test('are read from the newest on, up to the first that is older than the POST', async () => {
    const pipeline = await lost([...newer(60), entry(1_000), ...older(200, 2_000)]);
    await expect(find(pipeline)).resolves.toEqual([idOf(1_000)]);
    expect(pipeline.evolink.pages).toEqual([1, 2, 3]);
  });

  test('are read up to the end of the list', async () => {
    const pipeline = await lost(newer(70));
    await expect(find(pipeline)).resolves.toEqual([]);
    expect(pipeline.evolink.pages).toEqual([1, 2, 3]);
  });

  test('are at most twenty: an account of 100,000 tasks costs no more', async () => {
    const pipeline = await lost(newer(100_000));
    await expect(find(pipeline)).resolves.toEqual([]);
    expect(pipeline.evolink.pages).toHaveLength(20);
  });

  test('are one, for an account of 100,000 old tasks', async () => {
    const pipeline = await lost(older(100_000));
    await find(pipeline);
    expect(pipeline.evolink.pages).toEqual([1]);
  });

  test('with tasks of ours cost at most fifty reads of the table', async () => {
    const pipeline = await lost(Array.from({ length: 900 }, (_, index) => entry(index)));
    const reads = jest.spyOn(pipeline.table, 'isLinked').mockResolvedValue(true);
    await expect(find(pipeline)).resolves.toEqual([]);
    expect(reads).toHaveBeenCalledTimes(50);
    expect(pipeline.evolink.pages).toEqual([1, 2]);
  });

  test('are read only while there is time', async () => {
    const pipeline = await lost(newer(500));
    pipeline.evolink.onPage = () => (pipeline.time += 10_000);
    await find(pipeline, pipeline.time + 15_000);
    expect(pipeline.evolink.pages).toEqual([1, 2]);
  });
});

test.each([new EvolinkServerError('500'), new ApiKeyUnavailableError('no')])(
  'a list that cannot be read (%p) names none',
  async (fault) => {
    const pipeline = await lost([]);
    pipeline.evolink.list = fault;
    await expect(find(pipeline)).resolves.toEqual([]);
  },
);

test('a fault of ours is thrown', async () => {
  const pipeline = await lost([]);
  pipeline.evolink.list = new TypeError('a bug');
  await expect(find(pipeline)).rejects.toThrow('a bug');
});
