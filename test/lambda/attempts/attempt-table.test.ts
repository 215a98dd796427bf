import { TABLE } from '../../../domain/constants';
import { MAX_PROMPT_BYTES } from '../../../domain/models';
import { attemptIdOf } from '../../../lambda/shared/attempts/attempt';
import * as items from '../../../lambda/shared/attempts/items';
import { aJob, OTHER_TASK_ID, STARTED_AT, TASK_ID } from '../../support/jobs';
import { LOST, ATTEMPT_ID, TestPipeline } from '../../support/pipeline';

const OTHER_ATTEMPT = attemptIdOf('job-2', 1);

describe('claim', () => {
  test('opens the attempt with everything that later steps need, and no prompt in the row', async () => {
    const pipeline = new TestPipeline();
    const job = aJob({ image_urls: ['https://cdn.example.org/ref.png'], n: 2, tenant: 'shop' });

    await expect(pipeline.claim({ job })).resolves.toMatchObject({ kind: 'claimed' });

    expect(await pipeline.attempt()).toMatchObject({
      attemptId: ATTEMPT_ID,
      jobId: 'job-1',
      attempt: 1,
      status: 'SUBMITTING',
      taskToken: 'token-1',
      tenant: 'shop',
      model: 'gpt-image-2',
      quality: 'low',
      n: 2,
      referenceTokens: 1536,
      creditsHeld: job.estimate.creditsUpper,
      createdAt: pipeline.time,
      nextCheckAt: pipeline.time + 120_000,
      checks: 0,
    });
    expect(JSON.stringify(pipeline.memory.item(items.attemptKey(ATTEMPT_ID)))).not.toContain(job.request.prompt);
    expect(pipeline.memory.item(items.requestKey(ATTEMPT_ID, STARTED_AT))).toMatchObject({ job });
  });

  test('what an earlier execution of the same name left behind is not taken for its own', async () => {
    const pipeline = new TestPipeline();
    const left = { job: aJob({ tenant: 'old' }), image: { key: 'old.png' } };
    // A claim that crashed after its first write, and an image that DynamoDB has not deleted yet though it expired.
    pipeline.memory.seed({ ...items.requestKey(ATTEMPT_ID, '2026-08-01T00:00:00.000Z'), ...left });
    pipeline.memory.seed({ ...items.imageKey(ATTEMPT_ID, 0), ...left, expiresAt: pipeline.time / 1_000 - 1 });

    await pipeline.open({ job: aJob({ tenant: 'new' }), taskId: TASK_ID });

    const record = await pipeline.table.load(ATTEMPT_ID);
    expect(record?.job.tenant).toBe('new');
    expect(record?.images.size).toBe(0);
  });

  test('of two that race, exactly one gets it', async () => {
    const pipeline = new TestPipeline();
    const claims = ['a', 'b'].map((taskToken) => pipeline.claim({ taskToken }));
    expect((await Promise.all(claims)).map(({ kind }) => kind).sort()).toEqual(['claimed', 'exists']);
  });

  test('the request of the first claim is kept, and never overwritten', async () => {
    const pipeline = new TestPipeline();
    await pipeline.claim();
    await pipeline.claim({ job: aJob({ prompt: 'something else' }) });
    const record = await pipeline.table.load(ATTEMPT_ID);
    expect(record?.job).toEqual(aJob());
  });

  test('a request that was written before a crash does not keep the attempt from being claimed', async () => {
    const pipeline = new TestPipeline();
    pipeline.memory.failNext('TransactWriteCommand', new Error('crash'));
    await expect(pipeline.claim()).rejects.toThrow('crash');
    expect(pipeline.memory.item(items.requestKey(ATTEMPT_ID, STARTED_AT))).toBeDefined();

    await expect(pipeline.claim()).resolves.toMatchObject({ kind: 'claimed' });
  });

  test('everything expires more than 90 days after the claim', async () => {
    const pipeline = new TestPipeline();
    await pipeline.open({ taskId: TASK_ID });
    const ninetyDays = pipeline.time / 1_000 + 90 * 24 * 60 * 60;
    const written = pipeline.memory.items();
    expect(written).toHaveLength(3);
    for (const item of written) expect(item[TABLE.timeToLive]).toBeGreaterThan(ninetyDays);
  });

  test('the largest request fits', async () => {
    const pipeline = new TestPipeline();
    const job = aJob({ prompt: '\u{1F6B2}'.repeat(MAX_PROMPT_BYTES / 4) });
    await expect(pipeline.claim({ job })).resolves.toMatchObject({ kind: 'claimed' });
    expect((await pipeline.table.load(ATTEMPT_ID))?.job.request.prompt).toBe(job.request.prompt);
  });
});

describe('link', () => {
  const linkTo = (pipeline: TestPipeline, attemptId: string, taskId: string) =>
    pipeline.table.link(attemptId, taskId, pipeline.time + 1_000, pipeline.time + 60_000);

  test('gives the attempt its task', async () => {
    const pipeline = new TestPipeline();
    await pipeline.open();
    await expect(linkTo(pipeline, ATTEMPT_ID, TASK_ID)).resolves.toBe('linked');
    expect(await pipeline.attempt()).toMatchObject({
      status: 'SUBMITTED',
      taskId: TASK_ID,
      submittedAt: pipeline.time + 1_000,
      nextCheckAt: pipeline.time + 60_000,
    });
    expect(pipeline.memory.item(items.taskKey(TASK_ID))).toMatchObject({ attemptId: ATTEMPT_ID });
  });

  test('the same pair again is no fault and changes nothing', async () => {
    const pipeline = new TestPipeline();
    const before = await pipeline.open({ taskId: TASK_ID });
    pipeline.time += 5_000;
    await expect(linkTo(pipeline, ATTEMPT_ID, TASK_ID)).resolves.toBe('linked');
    expect(await pipeline.attempt()).toEqual(before);
  });

  test('a second task for the attempt is refused', async () => {
    const pipeline = new TestPipeline();
    const before = await pipeline.open({ taskId: TASK_ID });
    await expect(linkTo(pipeline, ATTEMPT_ID, OTHER_TASK_ID)).resolves.toBe('refused');
    expect(await pipeline.attempt()).toEqual(before);
    expect(pipeline.memory.item(items.taskKey(OTHER_TASK_ID))).toBeUndefined();
  });

  test('a second attempt for the task is refused', async () => {
    const pipeline = new TestPipeline();
    await pipeline.open({ taskId: TASK_ID });
    await pipeline.open({ job: aJob({}, 'job-2') });
    await expect(linkTo(pipeline, OTHER_ATTEMPT, TASK_ID)).resolves.toBe('refused');
    expect((await pipeline.attempt(OTHER_ATTEMPT)).taskId).toBeUndefined();
    expect(pipeline.memory.item(items.taskKey(TASK_ID))).toMatchObject({ attemptId: ATTEMPT_ID });
  });

  test('two attempts that race for one task: one gets it', async () => {
    const pipeline = new TestPipeline();
    await pipeline.open();
    await pipeline.open({ job: aJob({}, 'job-2') });
    const answers = await Promise.all([ATTEMPT_ID, OTHER_ATTEMPT].map((id) => linkTo(pipeline, id, TASK_ID)));
    expect(answers.sort()).toEqual(['linked', 'refused']);
  });

  test('an attempt of unknown outcome may still be linked, an ended one may not', async () => {
    const pipeline = new TestPipeline();
    await pipeline.open();
    await pipeline.table.markSubmitUnknown(ATTEMPT_ID, LOST, pipeline.time);
    await expect(linkTo(pipeline, ATTEMPT_ID, TASK_ID)).resolves.toBe('linked');

    pipeline.memory.seed({ ...items.attemptKey(OTHER_ATTEMPT), status: 'FAILED' });
    await expect(linkTo(pipeline, OTHER_ATTEMPT, OTHER_TASK_ID)).resolves.toBe('refused');
  });

  test('the mark of an unknown outcome never replaces a task that was linked meanwhile', async () => {
    const pipeline = new TestPipeline();
    const before = await pipeline.open({ taskId: TASK_ID });
    await pipeline.table.markSubmitUnknown(ATTEMPT_ID, LOST, pipeline.time);
    expect(await pipeline.attempt()).toEqual(before);
  });
});

describe('load', () => {
  test('reads everything beside the attempt, over any number of pages', async () => {
    const pipeline = new TestPipeline({ pageSize: 2 });
    const attempt = await pipeline.open();
    const image = (bytes: number) => ({
      ...{ bucket: 'b', key: 'k', bytes, sha256: 's', content_type: 'image/png', width: 1, height: 1 },
    });
    for (const index of [0, 1, 9]) await pipeline.table.addImage(attempt, index, image(index));
    pipeline.memory.seed({ ...items.outcomeKey(ATTEMPT_ID), taskId: TASK_ID, results: ['https://x'], usage: null });

    const record = await pipeline.table.load(ATTEMPT_ID);

    expect(record?.attempt).toEqual(attempt);
    expect(record?.outcome).toMatchObject({ taskId: TASK_ID, results: ['https://x'] });
    expect([...(record?.images ?? [])]).toEqual([
      [0, image(0)],
      [1, image(1)],
      [9, image(9)],
    ]);
  });

  test('an attempt that is not there, or has no request, is none', async () => {
    const pipeline = new TestPipeline();
    await expect(pipeline.table.load(ATTEMPT_ID)).resolves.toBeUndefined();
    pipeline.memory.seed(items.attemptKey(ATTEMPT_ID));
    await expect(pipeline.table.load(ATTEMPT_ID)).resolves.toBeUndefined();
  });
});

test('attempt ids tell nothing of the job, differ for each attempt, and always fit the pattern of a callback', () => {
  expect(attemptIdOf('job-1', 1)).toBe(attemptIdOf('job-1', 1));
  const ids = new Set(['job-1', 'job-11', 'job-1\n1'].flatMap((job) => [1, 2, 11].map((n) => attemptIdOf(job, n))));
  expect(ids.size).toBe(9);
  for (const id of ids) expect(items.attemptIdOfKey(items.attemptPartition(id))).toBe(id);
  expect(items.attemptIdOfKey('ledger#2026-11-02')).toBeUndefined();
});
