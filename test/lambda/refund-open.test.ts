/** A task failed: whether EvoLink gave its credits back decides what is booked, what stays held, and whether to try again. */
import { OPEN_REFUNDS_PARTITION } from '../../domain/ledger';
import type { Task } from '../../evolink/types';
import { completeTask } from '../../lambda/shared/complete-task';
import { aRule, counter } from '../support/budgets';
import { aFailedTask } from '../support/fake-evolink';
import { TASK_ID } from '../support/jobs';
import { captureOutput } from '../support/output';
import { ATTEMPT_ID, TestPipeline } from '../support/pipeline';

captureOutput();

const TODAY = '2026-11-03';

const PROOF = {
  ...{ refund_scope: 'account_balance', charge_status: 'released', refund_status: 'completed' },
  ...{ reserved_credits: 0.1, charged_credits: 0, refunded_credits: 0.1, refunded_at: '2026-11-03T00:00:00Z' },
};

async function failed(task: Partial<Task>, requireRefundProof = false, code = 'service_error') {
  const pipeline = new TestPipeline();
  pipeline.budgets = [aRule('all', 'day', 1_000_000)];
  const attempt = await pipeline.open({ taskId: TASK_ID });
  pipeline.evolink.set(aFailedTask(code, task));
  await completeTask(attempt, 'sweep', { ...pipeline.dependencies(), requireRefundProof });
  const open = pipeline.memory.items().filter(({ pk }) => pk === OPEN_REFUNDS_PARTITION);
  return { pipeline, attempt, open, facts: pipeline.steps.onlyAnswer().facts };
}

describe('a refund that the billing block proves', () => {
  test.each([false, true])('another attempt is made; proof required: %s', async (required) => {
    const { facts } = await failed({ billing: PROOF }, required);
    expect(facts).toMatchObject({ charged: 'no', refund: 'proven', retry_after_seconds: expect.any(Number) as number });
  });

  test('is settled: nothing is held or open any more', async () => {
    const { pipeline, open } = await failed({ billing: PROOF });
    expect(pipeline.ledger()).toMatchObject([
      { state: 'refunded', creditsUsed: 0, basis: 'billing', billing: JSON.stringify(PROOF) },
    ]);
    expect(counter(pipeline, 'all-day', TODAY)).toEqual({ committed: 0, held: 0, spent: 0 });
    expect(open).toEqual([]);
  });
});

describe('nothing is shown of charge or refund', () => {
  test('another attempt is made', async () => {
    const { facts } = await failed({});
    expect(facts).toMatchObject({ charged: 'unknown', refund: 'open' });
    expect(facts.retry_after_seconds).toEqual(expect.any(Number));
  });

  test('not where the pipeline requires a proof', async () => {
    const { facts } = await failed({}, true);
    expect(facts).toMatchObject({ charged: 'unknown', refund: 'open' });
    expect(facts).not.toHaveProperty('retry_after_seconds');
  });

  test('what was held stays held, and an item of its own says what for', async () => {
    const { pipeline, attempt, open } = await failed({});
    const units = attempt.creditsHeld;
    expect(pipeline.ledger()).toMatchObject([{ state: 'refund open', creditsUsed: 0, creditsOpen: units }]);
    expect(counter(pipeline, 'all-day', TODAY)).toEqual({ committed: units, held: units, spent: 0 });
    expect(open).toEqual([
      {
        ...{ pk: OPEN_REFUNDS_PARTITION, sk: `2026-11-03T00:00:00.000Z#${ATTEMPT_ID}` },
        ...{ attemptId: ATTEMPT_ID, taskId: TASK_ID, units, heldIn: attempt.heldIn, completedAt: pipeline.time },
      },
    ]);
  });

  test('what EvoLink reserved is what stays held, rather than our own estimate', async () => {
    const { pipeline, attempt, open } = await failed({ usage: { credits_reserved: 0.0123 } });
    expect(attempt.creditsHeld).not.toBe(123);
    expect(counter(pipeline, 'all-day', TODAY)).toEqual({ committed: 123, held: 123, spent: 0 });
    expect(open).toMatchObject([{ units: 123 }]);
  });
});

describe('a refund that is not there yet', () => {
  test.each(['pending', 'failed'])('%s: no other attempt, and what was reserved stays held', async (refund_status) => {
    const billing = { ...PROOF, refund_status, charge_status: 'reserved', refunded_credits: 0 };
    const { pipeline, open, facts } = await failed({ billing });
    expect(facts).toMatchObject({ charged: 'unknown', refund: 'open' });
    expect(facts).not.toHaveProperty('retry_after_seconds');
    expect(pipeline.ledger()).toMatchObject([{ state: 'refund open', creditsOpen: 1_000 }]);
    expect(counter(pipeline, 'all-day', TODAY)).toEqual({ committed: 1_000, held: 1_000, spent: 0 });
    expect(open).toMatchObject([{ units: 1_000 }]);
  });

  test('the word "completed" alone is none', async () => {
    const { facts } = await failed({ billing: { ...PROOF, refunded_at: undefined } });
    expect(facts.refund).toBe('open');
    expect(facts).not.toHaveProperty('retry_after_seconds');
  });

  test('a booked charge leaves nothing open', async () => {
    const { pipeline, open } = await failed({ usage: { credits_used: 0.2 } });
    expect(pipeline.ledger()).toMatchObject([{ state: 'booked', creditsUsed: 2_000 }]);
    expect(counter(pipeline, 'all-day', TODAY)).toEqual({ committed: 2_000, held: 0, spent: 2_000 });
    expect(open).toEqual([]);
  });
});

test.each(['generation_failed_no_content', 'unknown_error', 'a_code_of_tomorrow', 'content_policy_violation'])(
  '%s is not tried again, also with the refund proven',
  async (code) => {
    const { facts } = await failed({ billing: PROOF }, false, code);
    expect(facts.refund).toBe('proven');
    expect(facts).not.toHaveProperty('retry_after_seconds');
  },
);
