/** Equal jobs at once against a budget that holds exactly 60 % of them. */
import type { FailureCause } from '../../../domain/failure-cause';
import {
  atScale,
  attemptsOf,
  budgetCounter,
  eventually,
  inFlight,
  settings,
  simulator,
  startJob,
  units,
  waitForEnd,
} from '../support/pipeline';

const JOBS = atScale(50, 200);
const FITTING = (JOBS * 6) / 10;
/** Claims at the same time. A small machine cannot start a function for each of 200 jobs at once. */
const AT_ONCE = 50;
const BUDGET = 'tenant-capped-day';
const request = { prompt: 'a bicycle for a narrow purse', size: '3:1', quality: 'low', tenant: 'capped' };

/** Resolves when the job has claimed, or was refused. */
async function startAndClaim(): ReturnType<typeof startJob> {
  const job = await startJob(request);
  await eventually(async () => {
    if ((await attemptsOf(job.jobId)).length === 0) await waitForEnd(job.executionArn, 0);
  }, 120_000);
  return job;
}

test(`of ${JOBS} jobs exactly ${FITTING} run, the others are told what is left, and holds return to 0`, async () => {
  // Each task stays open until all jobs have claimed, so that none can live on what another gave back.
  await simulator.script({ match: { promptIncludes: 'narrow purse' }, task: { processingMs: 3_600_000 } });
  const before = await budgetCounter(BUDGET, 'capped');
  const ask = await estimateOfOne();
  await settings.setBudgetLimit(BUDGET, before.committed + FITTING * ask);

  const started = await inFlight(JOBS, startAndClaim, AT_ONCE);
  await eventually(async () => expect(await simulator.tasks()).toHaveLength(FITTING), 120_000);
  const refused = await eventually(async () => {
    const ended = await Promise.all(
      started.map(({ executionArn }) => waitForEnd(executionArn, 0).catch(() => undefined)),
    );
    const failed = ended.filter((job) => job !== undefined);
    expect(failed).toHaveLength(JOBS - FITTING);
    return failed;
  }, 120_000);
  const atTheLimit = await budgetCounter(BUDGET, 'capped');
  await simulator.advance(3_700_000);
  const ended = await Promise.all(started.map(({ executionArn }) => waitForEnd(executionArn, 400_000)));

  expect(atTheLimit).toMatchObject({ held: FITTING * ask, committed: before.committed + FITTING * ask });
  expect(ended.filter(({ status }) => status === 'SUCCEEDED')).toHaveLength(FITTING);
  for (const { error, cause } of refused) {
    expect(error).toBe('BudgetExceeded');
    expect(JSON.parse(cause ?? '') as FailureCause).toMatchObject({
      charged: 'no',
      budget: BUDGET,
      limit: expect.any(String),
      spent: expect.any(String),
      held: expect.any(String),
      asked: expect.any(String),
      resets_at: expect.stringMatching(/T00:00:00.000Z$/),
    });
  }
  const bill = await simulator.bill();
  const after = await budgetCounter(BUDGET, 'capped');
  expect(after.held).toBe(0);
  expect(after.spent - before.spent).toBe(units(bill.creditsUsed));
  expect(after.committed).toBe(after.spent);
  expect(await simulator.tasks()).toHaveLength(FITTING);
}, 600_000);

/** What one such job holds, asked of the pipeline itself: a limit below it is refused with the figure. */
async function estimateOfOne(): Promise<number> {
  const { committed } = await budgetCounter(BUDGET, 'capped');
  await settings.setBudgetLimit(BUDGET, committed + 1);
  const { executionArn } = await startJob(request);
  const { cause } = await waitForEnd(executionArn);
  return units(String((JSON.parse(cause ?? '{}') as FailureCause).asked));
}

afterAll(() => settings.resetBudgetLimit(BUDGET));
