/** A pipeline with `maxConcurrentTasks: 3`: what waits, who is next, and what EvoLink never sees. */
import { DIMENSION, METRIC } from '../../domain/constants';
import type { LocalPipeline } from '../../local/pipeline';
import {
  atScale,
  attemptsOf,
  budgetCounter,
  eventually,
  freshStart,
  inFlight,
  metricSum,
  simulator,
  slots,
  startJob,
  type StartedJob,
  startOwnPipeline,
  stopJob,
  succeed,
  waitForEnd,
} from './support/pipeline';

const SLOTS = 3;
const JOBS = atScale(60, 300);
const BUDGET = 'all-day';
const PATIENCE_MS = atScale(180_000, 900_000);

const request = (word: string, tenant = 'default') => ({
  prompt: `a bicycle, ${word}`,
  size: '3:1',
  quality: 'low',
  tenant,
});

let pipeline: LocalPipeline;

beforeAll(async () => {
  pipeline = await startOwnPipeline({ maxConcurrentTasks: String(SLOTS), budgets: 'daily=100000' });
}, 180_000);

afterAll(() => pipeline?.stop());

beforeEach(() => simulator.reset());

/** Tasks that take up every slot, until the simulator's clock moves on. */
async function fillSlots(): Promise<StartedJob[]> {
  await simulator.script({ match: { promptIncludes: 'blocker' }, task: { processingMs: 3_600_000 } });
  const jobs = await Promise.all(Array.from({ length: SLOTS }, () => startJob(request('blocker'))));
  await eventually(async () => expect(await simulator.tasks()).toHaveLength(SLOTS), 60_000);
  return jobs;
}

const freeSlots = () => simulator.advance(3_700_000);

const queued = (count: number) =>
  eventually(async () => expect(await slots()).toMatchObject({ taken: SLOTS, queued: count }), PATIENCE_MS);

async function allSucceed(jobs: readonly StartedJob[]): Promise<void> {
  const ended = await Promise.all(jobs.map(({ executionArn }) => waitForEnd(executionArn, PATIENCE_MS)));
  expect(ended.filter(({ status }) => status !== 'SUCCEEDED')).toEqual([]);
}

async function expectNothingHeld(): Promise<void> {
  await eventually(async () => expect(await slots()).toMatchObject({ taken: 0, queued: 0 }));
  const { held, committed, spent } = await budgetCounter(BUDGET, 'default');
  expect({ held, committed }).toEqual({ held: 0, committed: spent });
}

async function submissionsOf(word: string) {
  return (await simulator.submissions()).filter(({ prompt }) => prompt?.includes(word));
}

test(
  `${JOBS} jobs of two tenants: EvoLink never has more than ${SLOTS} tasks, and the tenants take turns`,
  async () => {
    const blockers = await fillSlots();
    // One tenant's jobs all come before the other's: first come first served would send them so.
    const tenantOf = (index: number) => (index < JOBS / 2 ? 'early' : 'tardy');
    const jobs = await inFlight(JOBS, (index) => startJob(request(tenantOf(index), tenantOf(index))), 12);
    await queued(JOBS);
    await freeSlots();
    await allSucceed([...blockers, ...jobs]);

    expect(await simulator.mostOpenTasks()).toBe(SLOTS);
    expect(await simulator.tasks()).toHaveLength(JOBS + SLOTS);
    const order = (await simulator.submissions())
      .slice(SLOTS)
      .map(({ prompt }) => ((prompt ?? '').includes('early') ? 1 : -1));
    let ahead = 0;
    // Neither gets ahead by more than what is under way at once.
    for (const step of order) expect(Math.abs((ahead += step))).toBeLessThanOrEqual(SLOTS);
    await expectNothingHeld();
    await report(jobs.concat(blockers));
  },
  2 * PATIENCE_MS,
);

/** Seconds from a freed slot to the POST that uses it: measured, since it is what a queued job waits for nothing. */
async function report(jobs: readonly StartedJob[]): Promise<void> {
  const attempts = (await Promise.all(jobs.map(({ jobId }) => attemptsOf(jobId)))).flat();
  const freed = attempts.map(({ completedAt = NaN }) => completedAt).sort((a, b) => a - b);
  const sent = attempts.map(({ sendingSince = NaN }) => sendingSince).sort((a, b) => a - b);
  const waits = sent.slice(SLOTS).map((at, index) => (at - (freed[index] ?? NaN)) / 1_000);
  waits.sort((a, b) => a - b);
  const at = (share: number) => waits[Math.floor(share * (waits.length - 1))]?.toFixed(2);
  process.stderr.write(`\na freed slot is used after ${at(0.5)} s (median), ${at(0.95)} s (95 %)\n`);
}

test('a job that is stopped in the queue is never sent, and holds nothing', async () => {
  const since = await freshStart();
  const blockers = await fillSlots();
  const { jobId, executionArn } = await startJob(request('stopped early'));
  await queued(1);

  await stopJob(executionArn);

  await eventually(async () =>
    expect(await attemptsOf(jobId)).toMatchObject([
      { status: 'FAILED', creditsUsed: 0, failure: { name: 'JobStopped' } },
    ]),
  );
  await queued(0);
  await freeSlots();
  await allSucceed(blockers);
  expect(await submissionsOf('stopped early')).toEqual([]);
  await expectNothingHeld();
  const stopped = { name: METRIC.jobsFailed, dimensions: { [DIMENSION.errorName]: 'JobStopped' }, since };
  await eventually(async () => expect(await metricSum(stopped)).toBe(1));
});

test('429 makes the whole pipeline wait, not only the job that was told', async () => {
  const pauseMs = 6_000;
  await simulator.script({
    match: { promptIncludes: 'too fast' },
    times: 1,
    submit: { status: 429, headers: { 'retry-after': String(pauseMs / 1_000) } },
  });
  const told = await startJob(request('too fast'));
  await eventually(async () => expect((await slots()).pausedUntil).toBeGreaterThan(Date.now()));

  const others = await Promise.all(['one', 'two'].map((word) => startJob(request(`untold ${word}`))));
  await allSucceed([told, ...others]);

  const [refused] = await submissionsOf('too fast');
  const sent = await submissionsOf('untold');
  expect(sent).toHaveLength(2);
  for (const { at } of sent) expect(at - (refused?.at ?? NaN)).toBeGreaterThanOrEqual(pauseMs);
  await expectNothingHeld();
});

test('jobs that wait are not troubled by a deployment that changes workflow and slots', async () => {
  const blockers = await fillSlots();
  const waiting = await startJob(request('deployed over'));
  await queued(1);

  await pipeline.redeploy({ maxConcurrentTasks: String(SLOTS + 1), callbackTimeoutMinutes: '45' });
  await freeSlots();

  await allSucceed([...blockers, waiting]);
  expect(await simulator.tasks()).toHaveLength(SLOTS + 1);
  await succeed(request('after it'));
  await expectNothingHeld();
}, 300_000);
