import { type LedgerRecord, uncertainCredits } from '../../../domain/ledger';
import type { Task } from '../../../evolink';
import { EvolinkServerError } from '../../../evolink';
import { openRefunds, settleRefunds } from '../../../lambda/reconcile/refunds';
import { reconcile } from '../../../lambda/reconcile/reconcile';
import { completeTask } from '../../../lambda/shared/complete-task';
import { aRule, counter, jobAsking } from '../../support/budgets';
import { aFailedTask } from '../../support/fake-evolink';
import { TASK_ID } from '../../support/jobs';
import { captureOutput } from '../../support/output';
import { TestPipeline } from '../../support/pipeline';

const output = captureOutput();

const HOUR = 3_600_000;
const RESERVED = 0.3599;
const RESERVED_UNITS = 3_599;
const HELD_UNITS = 4_000;

const billing = (change: object = {}) => ({
  refund_scope: 'account_balance',
  charge_status: 'reserved',
  refund_status: 'pending',
  reserved_credits: RESERVED,
  charged_credits: 0,
  refunded_credits: 0,
  ...change,
});

const PROVEN = billing({
  charge_status: 'released',
  refund_status: 'completed',
  refunded_credits: RESERVED,
  refunded_at: '2026-11-03T02:00:00Z',
});

/** A task that failed, whose refund is pending: booked, and on hold. */
async function failedTask(): Promise<TestPipeline> {
  const pipeline = new TestPipeline();
  pipeline.budgets = [aRule('all', 'day', 1_000_000)];
  const attempt = await pipeline.open({ job: jobAsking(HELD_UNITS), taskId: TASK_ID });
  pipeline.evolink.set(aFailedTask('service_error', { billing: billing() }));
  await completeTask(attempt, 'callback', pipeline.dependencies());
  return pipeline;
}

function records(pipeline: TestPipeline): LedgerRecord[] {
  return pipeline.ledger() as unknown as LedgerRecord[];
}

async function settle(pipeline: TestPipeline, task: Partial<Task> | Error | undefined): Promise<void> {
  pipeline.evolink.batch =
    task instanceof Error ? task : () => (task === undefined ? [] : [aFailedTask('service_error', task)]);
  const dependencies = pipeline.dependencies();
  await settleRefunds(await openRefunds(dependencies), dependencies);
}

const budget = (pipeline: TestPipeline) => counter(pipeline, 'all-day', '2026-11-03');

test('while the refund is open its reservation stays on hold, and the ledger says so', async () => {
  const pipeline = await failedTask();

  await settle(pipeline, { billing: billing() });

  expect(records(pipeline)).toMatchObject([{ state: 'refund open', creditsUsed: 0, creditsOpen: RESERVED_UNITS }]);
  expect(uncertainCredits(records(pipeline)[0])).toBe(RESERVED_UNITS);
  expect(budget(pipeline)).toEqual({ committed: RESERVED_UNITS, held: RESERVED_UNITS, spent: 0 });
  expect(await openRefunds(pipeline.dependencies())).toHaveLength(1);
});

test('a proven refund lets the hold go and is written to the record of its day', async () => {
  const pipeline = await failedTask();
  pipeline.time += HOUR;

  await settle(pipeline, { billing: PROVEN });

  expect(records(pipeline)).toMatchObject([{ state: 'refunded', creditsUsed: 0, refundClosedAt: pipeline.time }]);
  expect(uncertainCredits(records(pipeline)[0])).toBe(0);
  expect(budget(pipeline)).toEqual({ committed: 0, held: 0, spent: 0 });
  expect(await openRefunds(pipeline.dependencies())).toEqual([]);
});

test('a charge is booked on the day on which it is found, once, and emitted', async () => {
  const pipeline = await failedTask();
  pipeline.time += 20 * HOUR;
  const charged = {
    billing: billing({ charge_status: 'charged', refund_status: 'not_required', charged_credits: 0.25 }),
  };
  const dependencies = pipeline.dependencies();
  const refunds = await openRefunds(dependencies);
  pipeline.evolink.batch = () => [aFailedTask('service_error', charged)];

  await Promise.all([settleRefunds(refunds, dependencies), settleRefunds(refunds, dependencies)]);

  const [first, second, ...others] = records(pipeline).sort((a, b) => a.bookedAt - b.bookedAt);
  expect(others).toEqual([]);
  expect(first).toMatchObject({ state: 'refund open', supersededAt: pipeline.time });
  expect(second).toMatchObject({ state: 'booked', creditsUsed: 2_500, basis: 'billing', bookedAt: pipeline.time });
  expect(budget(pipeline)).toEqual({ committed: 2_500, held: 0, spent: 2_500 });
  const spend = pipeline.memory.items().filter(({ pk }) => String(pk) === 'spend#2026-11');
  expect(spend.reduce((sum, item) => sum + Number(item.creditsUsed), 0)).toBe(2_500);
  expect(output.valuesOf('CreditsUsed').filter(({ value }) => value === 0.25)).toHaveLength(2);
});

test.each<[string, Partial<Task> | Error | undefined]>([
  ['EvoLink still says that it is pending', { billing: billing() }],
  ['EvoLink says that it failed', { billing: billing({ refund_status: 'failed' }) }],
  ['EvoLink does not know the task any more', undefined],
  ['EvoLink cannot be read', new EvolinkServerError('500', { status: 500 })],
])('after a day without a proof the hold is let go, and the record keeps its state: %s', async (_, task) => {
  const pipeline = await failedTask();
  pipeline.time += 24 * HOUR - 1;
  await settle(pipeline, task);
  expect(budget(pipeline)).toMatchObject({ held: RESERVED_UNITS });

  pipeline.time += 1;
  await settle(pipeline, task);

  expect(records(pipeline)).toMatchObject([{ state: 'refund open', refundClosedAt: pipeline.time }]);
  expect(budget(pipeline)).toEqual({ committed: 0, held: 0, spent: 0 });
  expect(output.logs()).toContainEqual(expect.objectContaining({ message: 'a refund was never proven' }));
});

test('many are asked for 50 at a time, at most 200 in one run', async () => {
  const pipeline = await failedTask();
  const [one] = await openRefunds(pipeline.dependencies());
  const many = Array.from({ length: 230 }, (_, index) => ({ ...one, taskId: `task-${index}` }));
  pipeline.evolink.batch = () => [];

  await settleRefunds(many, pipeline.dependencies());

  expect(pipeline.evolink.batches.map((ids) => ids.length)).toEqual([50, 50, 50, 50]);
});

test('reconcile settles open refunds, and what they hold explains a difference to EvoLink', async () => {
  const pipeline = await failedTask();
  const balance = (used: string) => ({
    account: { remaining: '100', used },
    key: { remaining: '0', used, unlimited: true },
  });
  pipeline.evolink.batch = () => [aFailedTask('service_error', { billing: billing() })];
  pipeline.evolink.credits = balance('5');
  await reconcile({ ...pipeline.dependencies(), budgets: [] });
  // EvoLink counts the reservation as used until it gives it back.
  pipeline.evolink.credits = balance(String(5 + RESERVED));
  for (let look = 0; look < 3; look++) await reconcile({ ...pipeline.dependencies(), budgets: [] });
  expect(output.valuesOf('LedgerDriftCredits').map(({ value }) => value)).toEqual([0, 0, 0, 0]);
  expect(output.valuesOf('CreditsHeld').map(({ value }) => value)).toEqual([RESERVED, RESERVED, RESERVED, RESERVED]);

  pipeline.evolink.batch = () => [aFailedTask('service_error', { billing: PROVEN })];
  await reconcile({ ...pipeline.dependencies(), budgets: [] });
  expect(records(pipeline)).toMatchObject([{ state: 'refunded' }]);
});
