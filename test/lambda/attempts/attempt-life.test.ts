/** Tokens, checks and the open index: how an attempt is kept in sight until nobody needs it any more. */
import { attemptIdOf } from '../../../lambda/shared/attempts/attempt';
import * as items from '../../../lambda/shared/attempts/items';
import { aJob, TASK_ID } from '../../support/jobs';
import { ATTEMPT_ID, TestPipeline } from '../../support/pipeline';

describe('the task token', () => {
  test('adopting a newer one reopens the attempt: it is undelivered, indexed and due', async () => {
    const pipeline = new TestPipeline();
    const attempt = await pipeline.open({ taskId: TASK_ID });
    await pipeline.table.markDelivered(attempt, true);
    expect(await pipeline.openAttempts()).toEqual([]);

    await pipeline.table.adoptToken(await pipeline.attempt(), 'token-2', pipeline.time + 7_000);

    const reopened = await pipeline.attempt();
    expect(reopened).toMatchObject({ taskToken: 'token-2', nextCheckAt: pipeline.time + 7_000 });
    expect(reopened.deliveredAt).toBeUndefined();
    expect(await pipeline.openAttempts()).toEqual([ATTEMPT_ID]);
  });

  test('adopting the same token again changes nothing', async () => {
    const pipeline = new TestPipeline();
    await pipeline.table.markDelivered(await pipeline.open(), false);
    const before = await pipeline.attempt();
    await pipeline.table.adoptToken(await pipeline.attempt(), 'token-1', 1);
    expect(await pipeline.attempt()).toEqual(before);
  });

  test('an attempt that does not exist is not created by adopting', async () => {
    const pipeline = new TestPipeline();
    await pipeline.table.adoptToken(await new TestPipeline().open(), 'token-2', 1);
    expect(pipeline.memory.items()).toEqual([]);
  });

  test('delivered is only what the token in the row was answered with', async () => {
    const pipeline = new TestPipeline();
    const old = await pipeline.open();
    await pipeline.table.adoptToken(await pipeline.attempt(), 'token-2', old.nextCheckAt ?? 0);

    await pipeline.table.markDelivered(old, true);
    expect((await pipeline.attempt()).deliveredAt).toBeUndefined();
    expect(await pipeline.openAttempts()).toEqual([ATTEMPT_ID]);

    await pipeline.table.markDelivered(await pipeline.attempt(), false);
    expect((await pipeline.attempt()).deliveredAt).toBe(pipeline.time);
    expect(await pipeline.openAttempts()).toEqual([ATTEMPT_ID]);
  });
});

describe('checks', () => {
  test('of two sweeps that race for one check, one gets it', async () => {
    const pipeline = new TestPipeline();
    const seen = await pipeline.open();
    const next = pipeline.time + 200_000;
    const taken = await Promise.all([pipeline.table.takeCheck(seen, next), pipeline.table.takeCheck(seen, next + 1)]);
    expect(taken.sort()).toEqual([false, true]);
    expect((await pipeline.attempt()).checks).toBe(1);
  });

  test('a check of an attempt that was closed meanwhile is not taken', async () => {
    const pipeline = new TestPipeline();
    const seen = await pipeline.open();
    await pipeline.table.markDelivered(seen, true);
    await expect(pipeline.table.takeCheck(seen, pipeline.time)).resolves.toBe(false);
    expect(await pipeline.openAttempts()).toEqual([]);
  });

  test('an open attempt is made due sooner, never later, and a closed one never', async () => {
    const pipeline = new TestPipeline();
    const attempt = await pipeline.open();
    await pipeline.table.checkBy(ATTEMPT_ID, pipeline.time + 3_000);
    expect((await pipeline.attempt()).nextCheckAt).toBe(pipeline.time + 3_000);
    await pipeline.table.checkBy(ATTEMPT_ID, pipeline.time + 4_000);
    expect((await pipeline.attempt()).nextCheckAt).toBe(pipeline.time + 3_000);

    await pipeline.table.markDelivered(attempt, true);
    await pipeline.table.checkBy(ATTEMPT_ID, pipeline.time);
    expect((await pipeline.attempt()).nextCheckAt).toBeUndefined();
  });

  test('a write that meets a transaction on the same row is repeated', async () => {
    const pipeline = new TestPipeline();
    await pipeline.open();
    pipeline.memory.conflictNext(2, 'UpdateCommand');
    await pipeline.table.checkBy(ATTEMPT_ID, pipeline.time);
    expect((await pipeline.attempt()).nextCheckAt).toBe(pipeline.time);
  });

  test('a fault of the table is thrown, not taken for a lost race', async () => {
    const pipeline = new TestPipeline();
    const seen = await pipeline.open();
    pipeline.memory.failNext('UpdateCommand', new Error('down'));
    await expect(pipeline.table.takeCheck(seen, pipeline.time)).rejects.toThrow('down');
  });
});

describe('the open index', () => {
  test('shows open attempts of every shard, over any number of pages, and only those', async () => {
    const pipeline = new TestPipeline({ pageSize: 2 });
    const jobs = Array.from({ length: 40 }, (_, index) => aJob({}, `job-${index}`));
    for (const job of jobs) await pipeline.open({ job, nextCheckAt: pipeline.time + 1 });
    const ids = jobs.map(({ jobId }) => attemptIdOf(jobId, 1));
    expect(new Set(ids.map(items.openShard)).size).toBe(items.allOpenShards().length);
    const closed = ids.slice(0, 10);
    for (const id of closed) await pipeline.table.markDelivered(await pipeline.attempt(id), true);

    const seen = [];
    for await (const attempt of pipeline.table.openAttempts()) seen.push(attempt);

    expect(seen.map(({ attemptId }) => attemptId).sort()).toEqual(ids.slice(10).sort());
    for (const attempt of seen) {
      expect(attempt).toMatchObject({ createdAt: pipeline.time, nextCheckAt: pipeline.time + 1 });
    }
  });

  test('an archived attempt is closed, by the first run that archived it', async () => {
    const pipeline = new TestPipeline();
    await pipeline.open();
    const attempt = await pipeline.attempt();
    await expect(pipeline.table.markArchived(attempt, 5)).resolves.toBe(true);
    await expect(pipeline.table.markArchived(attempt, 6)).resolves.toBe(false);
    expect((await pipeline.attempt()).archivedAt).toBe(5);
    expect(await pipeline.openAttempts()).toEqual([]);
  });
});
