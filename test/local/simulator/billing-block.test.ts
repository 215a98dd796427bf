/** Sheet 2.3: the `billing` block in all its states, and the money behind it. */
import type { TaskScript } from '../../../local/simulator';
import { call, complete, query, start, submit } from './support/simulator';

const REQUEST = { size: '1:1', prompt: 'x'.repeat(80) };
const HOLD = 3.2241;

const failing = async (task: TaskScript) => {
  const simulator = await start();
  simulator.script({ task: { outcome: 'failed', ...task } });
  const { body } = await complete(simulator, REQUEST);
  return { simulator, body, billing: body.billing };
};

const block = (fields: object) => ({
  refund_scope: 'account_balance',
  charge_status: 'released',
  refund_status: 'completed',
  reserved_credits: HOLD,
  charged_credits: 0,
  refunded_credits: 0,
  ...fields,
});

const REFUNDED_AT = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

describe('the billing block', () => {
  it('of a task that runs says reserved, that of a completed one charged (sheet 2.3)', async () => {
    const simulator = await start();
    const { id } = (await submit(simulator, REQUEST)).body;
    expect((await query(simulator, id)).body.billing).toEqual(
      block({ charge_status: 'reserved', refund_status: 'not_required' }),
    );
    simulator.clock.advance(1000);
    expect((await query(simulator, id)).body.billing).toEqual(
      block({ charge_status: 'charged', refund_status: 'not_required', charged_credits: 3.2324 }),
    );
  });

  it.each([['failed'], ['cancelled']] as const)('of a %s task proves its refund (sheet 2.3)', async (outcome) => {
    const { simulator, billing } = await failing({ outcome });
    expect(billing).toEqual(block({ refunded_credits: HOLD, refunded_at: REFUNDED_AT }));
    expect(simulator.bill()).toEqual({ creditsUsed: '0', creditsReserved: '0', remaining: '1000' });
    expect(simulator.tasks()).toMatchObject([{ refund: 'completed', creditsUsed: '0' }]);
  });

  it('of a pending refund keeps the hold, until the refund is completed (sheet 2.3)', async () => {
    const { simulator, billing, body } = await failing({ billing: 'refund_pending' });
    expect(billing).toEqual(block({ charge_status: 'reserved', refund_status: 'pending' }));
    simulator.clock.advance(86_400_000);
    expect(simulator.bill()).toEqual({ creditsUsed: '0', creditsReserved: '3.2241', remaining: '996.7759' });
    expect(simulator.tasks()).toMatchObject([{ refund: 'pending' }]);

    expect(simulator.completeRefunds('task-unified-0-aaaaaaaa')).toBe(0);
    expect(simulator.completeRefunds(body.id)).toBe(1);
    expect(simulator.completeRefunds()).toBe(0);

    expect((await query(simulator, body.id)).body.billing).toEqual(
      block({ refunded_credits: HOLD, refunded_at: REFUNDED_AT }),
    );
    expect(simulator.bill()).toEqual({ creditsUsed: '0', creditsReserved: '0', remaining: '1000' });
  });

  it('of a pending refund can be completed by itself after a while', async () => {
    const simulator = await start();
    simulator.script({
      task: { outcome: 'failed', billing: 'refund_pending', refundAfterMs: 5_000, processingMs: 250 },
    });
    const { id } = (await submit(simulator, REQUEST)).body;
    const status = async () => (await query(simulator, id)).body.billing.refund_status;
    simulator.clock.advance(400 + 4_999);
    expect(await status()).toBe('pending');
    simulator.clock.advance(1);
    expect(await status()).toBe('completed');
    expect(simulator.bill().remaining).toBe('1000');
  });

  it('of a failed refund has the hold charged, until somebody mends it (sheet 2.3)', async () => {
    const { simulator, billing } = await failing({ billing: 'refund_failed' });
    expect(billing).toEqual(block({ charge_status: 'charged', refund_status: 'failed', charged_credits: HOLD }));
    expect(simulator.bill()).toEqual({ creditsUsed: '3.2241', creditsReserved: '0', remaining: '996.7759' });
    expect(simulator.completeRefunds()).toBe(1);
    expect(simulator.bill().remaining).toBe('1000');
  });

  it('of a failed task that is charged all the same is on the bill (sheet 2.3)', async () => {
    const { simulator, billing, body } = await failing({ creditsUsed: '1.5' });
    expect(billing).toEqual(block({ charge_status: 'charged', refund_status: 'not_required', charged_credits: 1.5 }));
    expect(body.usage.credits_used).toBe(1.5);
    expect(simulator.bill()).toEqual({ creditsUsed: '1.5', creditsReserved: '0', remaining: '998.5' });
    expect(simulator.tasks()).toMatchObject([{ creditsUsed: '1.5', refund: 'not_required' }]);
  });

  it('can say that no refund was required of a task that cost nothing', async () => {
    const { simulator, billing } = await failing({ billing: 'not_required' });
    expect(billing).toEqual(block({ refund_status: 'not_required' }));
    expect(simulator.bill().remaining).toBe('1000');
  });

  it('can contradict itself: completed, but the amounts differ, and half of the hold is charged (sheet 2.3)', async () => {
    const { simulator, billing } = await failing({ billing: 'inconsistent' });
    expect(billing).toEqual(block({ refunded_credits: 1.612, refunded_at: REFUNDED_AT }));
    expect(simulator.bill()).toEqual({ creditsUsed: '1.6121', creditsReserved: '0', remaining: '998.3879' });
  });

  it.each<[string, TaskScript['billing'], unknown]>([
    ['absent', 'absent', undefined],
    ['anything', { refund_scope: 'moon', refund_status: 7 }, { refund_scope: 'moon', refund_status: 7 }],
  ])('can be %s (sheet 2.3)', async (_, billing, expected) => {
    const { simulator, body } = await failing({ billing });
    expect(body.billing).toEqual(expected);
    expect(simulator.bill().remaining).toBe('1000');
  });

  it('is missing at an older gateway, unless a rule asks for it (sheet 2.3)', async () => {
    const simulator = await start({ billing: false });
    simulator.script({ times: 1, task: {} }, { task: { outcome: 'failed', billing: 'refund_completed' } });
    expect((await complete(simulator, REQUEST)).body).not.toHaveProperty('billing');
    expect((await complete(simulator, REQUEST)).body.billing.refund_status).toBe('completed');
  });

  it('is in the batch as in the query', async () => {
    const { simulator, body } = await failing({ billing: 'refund_pending' });
    const batch = await call(simulator, 'POST', '/v1/tasks/batch', { task_ids: [body.id] });
    expect(batch.body.data).toEqual([body]);
  });
});

describe('token usage (sheet 2.4)', () => {
  const tokens = { text_input: 7, text_cached_input: 3, image_input: 1521, image_cached_input: 5, image_output: 397 };
  const usageOf = async (task: TaskScript, model = 'gpt-image-2') => {
    const simulator = await start();
    simulator.script({ task });
    return (await complete(simulator, { ...REQUEST, model })).body.usage;
  };

  it('by the names of the price rules is disjoint', async () => {
    expect(await usageOf({ tokens, usage: 'rule_tokens' })).toEqual({
      text_input_tokens: 7,
      text_cached_input_tokens: 3,
      image_input_tokens: 1521,
      image_cached_input_tokens: 5,
      image_output_tokens: 397,
    });
    expect(await usageOf({ usage: 'rule_tokens' }, 'gpt-image-1.5')).toEqual({
      text_input_tokens: 27,
      text_cached_input_tokens: 0,
      image_input_tokens: 0,
      image_cached_input_tokens: 0,
      image_output_tokens: 7024,
      text_output_tokens: 0,
    });
  });

  it("in OpenAI's style has cached tokens inside the others", async () => {
    expect(await usageOf({ tokens, usage: 'tokens' })).toEqual({
      input_tokens: 1536,
      input_tokens_details: {
        text_tokens: 10,
        image_tokens: 1526,
        cached_tokens: 8,
        cached_tokens_details: { text_tokens: 3, image_tokens: 5 },
      },
      output_tokens: 397,
      output_tokens_details: { image_tokens: 397, text_tokens: 0 },
      total_tokens: 1933,
    });
  });
});
