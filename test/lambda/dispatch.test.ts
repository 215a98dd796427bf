/** What waits in the queue is sent in turn, once, and only while it may be. */
import { dispatch, type DispatchDependencies } from '../../lambda/dispatch/dispatch';
import { attemptIdOf } from '../../lambda/shared/attempts/attempt';
import { pauseSending } from '../../lambda/shared/attempts/slots';
import type { Provider } from '../../lambda/shared/provider';
import { closeServers, type Answer } from '../evolink/support/servers';
import { aRule, counter, setSettings } from '../support/budgets';
import { aJob } from '../support/jobs';
import { captureOutput } from '../support/output';
import type { MemoryTableOptions } from '../support/memory-table';
import { MAX_QUEUE_SECONDS } from '../support/pipeline';
import { arnOf, claimJob, firstAttemptOf, queueOf, slotsOf, takeFromQueue } from '../support/queues';
import { refusal, Submissions } from '../support/submissions';

const output = captureOutput();
afterEach(closeServers);

/** Each POST makes a task of its own. */
function creating(): Answer {
  let tasks = 0;
  return () => ({
    body: {
      id: `task-unified-1790000000-${String(tasks++).padStart(8, '0')}`,
      object: 'image.generation.task',
      status: 'pending',
      model: 'gpt-image-2',
      usage: {},
    },
  });
}

/** The jobs wait behind one that has the only slot; then there are slots for all. */
async function waiting(
  jobs: readonly [jobId: string, tenant?: string][],
  replies: Answer[] = [creating()],
  options: MemoryTableOptions = {},
) {
  const pipeline = await Submissions.start({ replies, ...options });
  pipeline.maxConcurrentTasks = 1;
  await claimJob(pipeline, 'first');
  for (const [jobId, tenant] of jobs) expect(await claimJob(pipeline, jobId, tenant)).toBe('queued');
  pipeline.maxConcurrentTasks = 100;
  return pipeline;
}

const run = (pipeline: Submissions, dependencies: Partial<DispatchDependencies> = {}) =>
  dispatch({
    ...pipeline.dependenciesOfSubmit(pipeline),
    budgets: pipeline.budgets,
    deadline: pipeline.time + 10_000,
    ...dependencies,
  });

/** Jobs in the order of their POSTs. */
function sent(pipeline: Submissions, jobs: readonly string[]): (string | undefined)[] {
  const keys = pipeline.posts().map(({ headers }) => String(headers['idempotency-key']));
  return keys.map((key) => jobs.find((jobId) => key.startsWith(attemptIdOf(jobId, 1))));
}

describe('whose turn it is', () => {
  test('tenants take turns, and within one the oldest comes first', async () => {
    const jobs: [string, string][] = [
      ['a1', 'a'],
      ['a2', 'a'],
      ['a3', 'a'],
      ['c1', 'c'],
      ['b1', 'b'],
      ['b2', 'b'],
    ];
    const pipeline = await waiting(jobs);
    await expect(run(pipeline)).resolves.toEqual({ sent: 6, end: 'queue is empty' });
    const names = jobs.map(([jobId]) => jobId);
    expect(sent(pipeline, names)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
    expect(await slotsOf(pipeline)).toMatchObject({ taken: 7, queued: 0, lastTenant: 'a' });
  });

  test('the turn goes on from one run to the next', async () => {
    const pipeline = await waiting([
      ['a1', 'a'],
      ['a2', 'a'],
      ['b1', 'b'],
    ]);
    for (const slots of [2, 3]) {
      pipeline.maxConcurrentTasks = slots;
      await expect(run(pipeline)).resolves.toEqual({ sent: 1, end: 'no slot is free' });
    }
    expect(sent(pipeline, ['a1', 'a2', 'b1'])).toEqual(['a1', 'b1']);
  });

  test('a turn is taken once, also by runs that saw the same one', async () => {
    let armed = false;
    const jobs: [string, string][] = [
      ['a1', 'a'],
      ['a2', 'a'],
      ['b1', 'b'],
    ];
    const pipeline: Submissions = await waiting(jobs, [creating()], {
      // After this run has seen whose turn it is, and before it has seen who waits, another run takes a1.
      before: async (name) => {
        if (name !== 'QueryCommand' || !armed) return;
        armed = false;
        expect(await takeFromQueue(pipeline, await firstAttemptOf(pipeline, 'a1'))).toMatchObject({
          kind: 'taken',
        });
      },
    });
    armed = true;
    await run(pipeline);
    expect(sent(pipeline, ['a1', 'a2', 'b1'])).toEqual(['b1', 'a2']);
  });

  test('what is sent is on record as a task with a slot, a new secret and its next check', async () => {
    const pipeline = await waiting([['a1']]);
    const before = await firstAttemptOf(pipeline, 'a1');
    await run(pipeline);
    const attempt = await firstAttemptOf(pipeline, 'a1');
    expect(attempt).toMatchObject({ status: 'SUBMITTED', slot: true, nextCheckAt: pipeline.time + 120_000 });
    expect(attempt).not.toHaveProperty('queueEntry');
    expect(attempt.callbackSecretHash).not.toBe(before.callbackSecretHash);
    expect(queueOf(pipeline)).toEqual([]);
  });
});

describe('is never sent', () => {
  test.each(['ABORTED', 'FAILED', 'TIMED_OUT', 'SUCCEEDED', 'GONE'])('a job that is %s', async (status) => {
    const pipeline = await waiting([['stopped'], ['other']]);
    pipeline.steps.execution(arnOf('stopped'), status);
    await expect(run(pipeline)).resolves.toEqual({ sent: 1, end: 'queue is empty' });
    expect(sent(pipeline, ['stopped', 'other'])).toEqual(['other']);
    expect(await firstAttemptOf(pipeline, 'stopped')).toMatchObject({
      status: 'FAILED',
      creditsUsed: 0,
      failure: { name: 'JobStopped' },
    });
    expect(pipeline.ledger()).toMatchObject([{ jobId: 'stopped', state: 'refunded', failure: 'JobStopped' }]);
    expect(pipeline.steps.sent).toEqual([]);
    expect(await slotsOf(pipeline)).toMatchObject({ taken: 2, queued: 0 });
  });

  test('a job that waited too long: it is told so', async () => {
    const pipeline = await waiting([['late']]);
    pipeline.time += MAX_QUEUE_SECONDS * 1_000;
    await expect(run(pipeline)).resolves.toEqual({ sent: 0, end: 'queue is empty' });
    const { error, taskToken, facts } = pipeline.steps.onlyAnswer();
    expect([error, taskToken]).toEqual(['QueueTimedOut', 'token-late']);
    expect(facts).toMatchObject({ charged: 'no' });
    expect(pipeline.posts()).toEqual([]);
  });

  test('anything during the emergency stop; afterwards it is', async () => {
    const pipeline = await waiting([['held']]);
    setSettings(pipeline, { paused: { since: 'x' } });
    await expect(run(pipeline)).resolves.toEqual({ sent: 0, end: 'paused' });
    expect(pipeline.posts()).toEqual([]);
    expect(await firstAttemptOf(pipeline, 'held')).toMatchObject({ status: 'QUEUED' });
    setSettings(pipeline, {});
    await expect(run(pipeline)).resolves.toMatchObject({ sent: 1 });
  });

  test('anything when the time is up', async () => {
    const pipeline = await waiting([['a1']]);
    await expect(run(pipeline, { deadline: pipeline.time })).resolves.toEqual({ sent: 0, end: 'time is up' });
    expect(pipeline.posts()).toEqual([]);
  });

  test('without the version of the key that it was sent with on record', async () => {
    const pipeline = await waiting([['a1']]);
    await run(pipeline);
    expect(await firstAttemptOf(pipeline, 'a1')).toMatchObject({ status: 'SUBMITTED', keyVersion: 'version-1' });
  });

  test('an attempt that another run took and did not live to send', async () => {
    const pipeline = await waiting([['taken'], ['other']]);
    const current = () => Promise.reject(new Error('killed'));
    const killed = { ...pipeline.evolink.provider, current } as unknown as Provider;
    await expect(run(pipeline, { provider: killed })).rejects.toThrow('killed');
    await expect(run(pipeline)).resolves.toEqual({ sent: 1, end: 'queue is empty' });
    expect(sent(pipeline, ['taken', 'other'])).toEqual(['other']);
    expect(await firstAttemptOf(pipeline, 'taken')).toMatchObject({ status: 'SUBMITTING', slot: true });
  });

  test('an attempt twice, however many runs there are', async () => {
    const jobs = ['a', 'b', 'c', 'd', 'e'];
    const pipeline = await waiting(jobs.map((jobId): [string] => [jobId]));
    const runs = await Promise.all([run(pipeline), run(pipeline), run(pipeline)]);
    expect(runs.reduce((sum, one) => sum + one.sent, 0)).toBe(5);
    expect(sent(pipeline, jobs).sort()).toEqual(jobs);
    expect(await slotsOf(pipeline)).toMatchObject({ taken: 6, queued: 0 });
  });

  test('more than there are slots, however many runs there are', async () => {
    const pipeline = await waiting([['a'], ['b'], ['c'], ['d']]);
    pipeline.maxConcurrentTasks = 3;
    await Promise.all([run(pipeline), run(pipeline), run(pipeline)]);
    expect(pipeline.posts()).toHaveLength(2);
    expect(await slotsOf(pipeline)).toMatchObject({ taken: 3, queued: 2 });
  });
});

describe('EvoLink has too many requests', () => {
  test('all wait as long as it asks for, the one that was turned away included: it is the sweep that sends it again', async () => {
    const pipeline = await waiting(
      [['a'], ['b'], ['c']],
      [refusal(429, 'rate_limit', { 'retry-after': '45' }), creating()],
    );
    await expect(run(pipeline)).resolves.toEqual({ sent: 1, end: 'EvoLink wants a pause' });
    expect(pipeline.posts()).toHaveLength(1);
    expect(pipeline.steps.sent).toEqual([]);
    expect(await firstAttemptOf(pipeline, 'a')).toMatchObject({ status: 'SUBMIT_UNKNOWN', slot: true });
    const { pausedUntil, taken, queued } = await slotsOf(pipeline);
    expect([taken, queued]).toEqual([2, 2]);
    expect(pausedUntil).toBeGreaterThanOrEqual(pipeline.time + 45_000);
    expect(pausedUntil).toBeLessThanOrEqual(pipeline.time + 49_500);

    pipeline.time = pausedUntil;
    await expect(run(pipeline)).resolves.toEqual({ sent: 2, end: 'queue is empty' });
  });

  test('a short pause is waited out', async () => {
    const pipeline = await waiting([['a']]);
    await pauseSending(pipeline.memory.client, pipeline.memory.tableName, pipeline.time, 0.01);
    const [start, begun] = [pipeline.time, performance.now()];
    const now = () => start + performance.now() - begun;
    await expect(run(pipeline, { now })).resolves.toEqual({ sent: 1, end: 'queue is empty' });
    expect(now() - start).toBeGreaterThanOrEqual(10);
  });
});

describe('after midnight', () => {
  const ask = aJob().estimate.creditsUpper;

  async function overnight() {
    const pipeline = await Submissions.start({ replies: [creating()] });
    pipeline.budgets = [aRule('all', 'day', 10 * ask)];
    pipeline.maxConcurrentTasks = 1;
    pipeline.time = Date.parse('2026-11-03T23:00:00Z');
    await claimJob(pipeline, 'first');
    await claimJob(pipeline, 'night');
    pipeline.time = Date.parse('2026-11-04T00:30:00Z');
    pipeline.maxConcurrentTasks = 2;
    return pipeline;
  }

  test('it is held against the new day and let go by the old one', async () => {
    const pipeline = await overnight();
    await expect(run(pipeline)).resolves.toMatchObject({ sent: 1 });
    expect(counter(pipeline, 'all-day', '2026-11-03')).toMatchObject({ held: ask });
    expect(counter(pipeline, 'all-day', '2026-11-04')).toMatchObject({ held: ask });
  });

  test('a new day without room for it ends it, and holds nothing', async () => {
    const pipeline = await overnight();
    setSettings(pipeline, { budgetLimits: { 'all-day': ask - 1 } });
    await expect(run(pipeline)).resolves.toEqual({ sent: 0, end: 'queue is empty' });
    expect(pipeline.steps.onlyAnswer()).toMatchObject({ error: 'BudgetExceeded', taskToken: 'token-night' });
    expect(pipeline.posts()).toEqual([]);
    expect(counter(pipeline, 'all-day', '2026-11-03')).toMatchObject({ held: ask });
    expect(counter(pipeline, 'all-day', '2026-11-04')).toBeUndefined();
    expect(output.valuesOf('JobsFailed')).toContainEqual({ value: 1, dimensions: { ErrorName: 'BudgetExceeded' } });
  });

  test('one that others filled does so too', async () => {
    const pipeline = await overnight();
    setSettings(pipeline, { budgetLimits: { 'all-day': 2 * ask - 1 } });
    pipeline.memory.seed({ pk: 'budget#all-day#*', sk: '2026-11-04', committed: ask, held: ask, spent: 0 });
    await run(pipeline);
    expect(pipeline.steps.onlyAnswer()).toMatchObject({ error: 'BudgetExceeded' });
    expect(counter(pipeline, 'all-day', '2026-11-04')).toMatchObject({ held: ask });
  });
});

test('a refusal frees the slot for the next one of the same run, which starts no other', async () => {
  const pipeline = await waiting([['a'], ['b']], [refusal(403, 'model_access_denied'), creating()]);
  pipeline.maxConcurrentTasks = 2;
  await expect(run(pipeline, { dispatch: undefined })).resolves.toEqual({ sent: 2, end: 'no slot is free' });
  expect(pipeline.posts()).toHaveLength(2);
  expect(pipeline.lambda.started).toEqual([]);
});
