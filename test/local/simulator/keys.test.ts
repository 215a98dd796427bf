/** Sheet 2.5.3, 3.1.4, 4.1: several keys of one account, and what each of them may do. */
import { call, complete, query, start, submit } from './support/simulator';

const two = { keys: [{ key: 'sk-a', account: 'us', credits: '10' }, { key: 'sk-b', account: 'us' }, { key: 'sk-c' }] };
const as = (key: string) => ({ key });
const REQUEST = { size: '1:1', prompt: 'x'.repeat(80) };

describe('keys of one account', () => {
  it('share its balance, its list and its tasks (sheet 2.5.1: the list is account-wide)', async () => {
    const simulator = await start(two);
    const { id } = (await submit(simulator, REQUEST, as('sk-a'))).body;
    expect(simulator.bill('sk-b')).toEqual({ creditsUsed: '0', creditsReserved: '3.2241', remaining: '6.7759' });
    expect((await query(simulator, id, as('sk-b'))).status).toBe(200);
    expect((await call(simulator, 'GET', '/v1/tasks', undefined, as('sk-b'))).body.data).toMatchObject([{ id }]);
    const batch = { task_ids: [id] };
    expect((await call(simulator, 'POST', '/v1/tasks/batch', batch, as('sk-b'))).body.data).toMatchObject([{ id }]);
    expect(simulator.tasks()).toMatchObject([{ key: 'sk-a', account: 'us' }]);
  });

  it('see nothing of another account', async () => {
    const simulator = await start(two);
    const { id } = (await submit(simulator, REQUEST, as('sk-a'))).body;
    expect((await query(simulator, id, as('sk-c'))).body.error.code).toBe('permission_denied');
    expect((await call(simulator, 'GET', '/v1/tasks', undefined, as('sk-c'))).body.total).toBe(0);
    const batch = { task_ids: [id] };
    expect((await call(simulator, 'POST', '/v1/tasks/batch', batch, as('sk-c'))).body.data).toEqual([]);
    expect(simulator.bill('sk-c').remaining).toBe('1000');
  });

  it('spend together what the account has', async () => {
    const simulator = await start(two);
    for (const key of ['sk-a', 'sk-b', 'sk-a']) expect((await submit(simulator, REQUEST, as(key))).status).toBe(200);
    const answer = await submit(simulator, REQUEST, as('sk-b'));
    expect(answer.status).toBe(402);
    expect(answer.body.error).toMatchObject({
      code: 'insufficient_quota',
      estimated_credits: 3.2241,
      account_balance_credits: 0.3277,
    });
    expect(simulator.bill().remaining).toBe('1000.3277');
  });

  it('keep tasks and idempotency keys when a key is added anew, with fresh credits', async () => {
    const simulator = await start();
    const headers = { 'idempotency-key': 'job-0123456789abcdef' };
    const { id } = (await submit(simulator, REQUEST, { headers })).body;
    simulator.addKey({ key: 'sk-simulator', credits: '5' });
    expect((await query(simulator, id)).status).toBe(200);
    expect((await submit(simulator, REQUEST, { headers })).body.id).toBe(id);
    expect((await call(simulator, 'GET', '/v1/tasks')).body.data).toMatchObject([{ id }]);
    expect(simulator.bill()).toEqual({ creditsUsed: '0', creditsReserved: '0', remaining: '5' });
  });

  it('have credits once, given with the first key', async () => {
    await expect(start({ keys: [...two.keys, { key: 'sk-d', account: 'us', credits: '1' }] })).rejects.toThrow('us');
  });
});

describe('the state of a key', () => {
  it.each([
    [{ is: 'disabled' }, 401, 'key_disabled'],
    [{ is: 'disabled', status: 403 }, 403, 'key_disabled'],
    [{ is: 'expired' }, 401, 'key_expired'],
    [{ is: 'expired', status: 402 }, 402, 'key_expired'],
    [{ is: 'user_disabled' }, 403, 'user_disabled'],
    [{ is: 'user_disabled', status: 401 }, 401, 'user_disabled'],
    [{ is: 'revoked' }, 401, 'unauthorized'],
  ] as const)('%j answers %i %s, on every route (sheet 3.1.4)', async (state, status, code) => {
    const simulator = await start({
      keys: [
        { key: 'sk-simulator', account: 'us' },
        { key: 'sk-b', account: 'us' },
      ],
    });
    const { id } = (await submit(simulator)).body;
    simulator.changeKey('sk-simulator', { state });
    for (const answer of [
      await submit(simulator),
      await query(simulator, id),
      await call(simulator, 'GET', '/v1/tasks'),
      await call(simulator, 'GET', '/v1/credits'),
      await call(simulator, 'GET', '/v1/models'),
    ]) {
      expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    }
    expect((await query(simulator, id, as('sk-b'))).status).toBe(200);
    simulator.changeKey('sk-simulator', { state: { is: 'active' } });
    expect((await query(simulator, id)).status).toBe(200);
  });

  it('can be for submissions only', async () => {
    const simulator = await start({ keys: [{ key: 'sk-simulator', state: { is: 'expired', submitOnly: true } }] });
    expect((await submit(simulator)).body.error.code).toBe('key_expired');
    expect((await call(simulator, 'GET', '/v1/tasks')).status).toBe(200);
  });

  it.each([{ state: { is: 'tired' } }, { limits: '3' }, { limit: 'many' }, { resetTimezone: 'Mars/Olympus' }])(
    'refuses %j, and then changes nothing',
    async (settings) => {
      const simulator = await start();
      expect(() => simulator.changeKey('sk-simulator', settings as object)).toThrow();
      expect((await submit(simulator)).status).toBe(200);
      await expect(start({ keys: [{ key: 'sk-simulator', ...(settings as object) }] })).rejects.toThrow();
    },
  );
});

describe('the models of a key', () => {
  it('refuse another one with 403 and say which are allowed (sheet 4.1)', async () => {
    const simulator = await start();
    simulator.changeKey('sk-simulator', { models: ['gpt-image-2-beta'] });
    const answer = await submit(simulator);
    expect(answer.status).toBe(403);
    expect(answer.body.error).toMatchObject({ code: 'key_model_not_allowed', allowed_models: ['gpt-image-2-beta'] });
    simulator.changeKey('sk-simulator', { modelRefusal: 'model_access_denied' });
    expect((await submit(simulator)).body.error).toMatchObject({ code: 'model_access_denied' });
    simulator.changeKey('sk-simulator', { models: null });
    expect((await submit(simulator)).status).toBe(200);
  });

  it('are what GET /v1/models shows (sheet 2.5.4)', async () => {
    const simulator = await start({ keys: [{ key: 'sk-simulator' }, { key: 'sk-b', models: ['gpt-image-1.5'] }] });
    const ids = async (key: string) =>
      (await call(simulator, 'GET', '/v1/models', undefined, as(key))).body.data.map((one: { id: string }) => one.id);
    expect(await ids('sk-simulator')).toEqual([
      'gpt-image-2',
      'gpt-image-2-beta',
      'gpt-image-2.5-flare',
      'gpt-image-2.5-sunburst',
      'gpt-image-1.5',
    ]);
    expect(await ids('sk-b')).toEqual(['gpt-image-1.5']);
    expect((await call(simulator, 'GET', '/v1/models', undefined, { key: null })).status).toBe(401);
    simulator.script({ times: 1, models: { code: 'internal_error' } });
    expect((await call(simulator, 'GET', '/v1/models')).status).toBe(500);
  });
});

describe('limits of a key', () => {
  const credits = async (simulator: Awaited<ReturnType<typeof start>>, key = 'sk-simulator') =>
    (await call(simulator, 'GET', '/v1/credits', undefined, as(key))).body.data;

  it('in all: 402 insufficient_token_quota, while the account has enough (sheet 3.1.4)', async () => {
    const simulator = await start({
      keys: [
        { key: 'sk-simulator', limit: '6.5', account: 'us' },
        { key: 'sk-b', account: 'us' },
      ],
    });
    await complete(simulator, REQUEST);
    await submit(simulator, REQUEST);
    const answer = await submit(simulator, REQUEST);
    expect(answer.status).toBe(402);
    expect(answer.body.error).toMatchObject({
      code: 'insufficient_token_quota',
      type: 'insufficient_quota',
      estimated_credits: 3.2241,
      remaining_credits: 0.0435,
      used_credits: 3.2324,
      total_limit_credits: 6.5,
      action_url: expect.stringMatching(/^https:/),
    });
    expect((await submit(simulator, REQUEST, as('sk-b'))).status).toBe(200);
    expect((await credits(simulator)).token).toEqual({
      remaining_credits: 0.0435,
      used_credits: 3.2324,
      unlimited_credits: false,
    });
    simulator.changeKey('sk-simulator', { limit: null });
    expect((await submit(simulator, REQUEST)).status).toBe(200);
  });

  it('of a day: 402 token_daily_quota_exceeded until midnight of its zone (sheet 2.5.3, 4.1)', async () => {
    const simulator = await start({
      keys: [{ key: 'sk-simulator', dailyLimit: '6.5', resetTimezone: 'Asia/Shanghai' }],
    });
    const HOUR = 3600_000;
    // Half past midnight in Shanghai, which is still yesterday in UTC.
    const sinceMidnight = (simulator.clock.now() + 8 * HOUR) % (24 * HOUR);
    simulator.clock.advance(24 * HOUR - sinceMidnight + HOUR / 2);

    await complete(simulator, REQUEST);
    await complete(simulator, REQUEST);
    const answer = await submit(simulator, REQUEST);
    const figures = { daily_limit_credits: 6.5, daily_used_credits: 6.4648, reset_timezone: 'Asia/Shanghai' };
    expect(answer.status).toBe(402);
    expect(answer.body.error).toMatchObject({ code: 'token_daily_quota_exceeded', ...figures });
    expect((await credits(simulator)).token).toMatchObject({ ...figures, unlimited_credits: true });

    simulator.clock.advance(8 * HOUR);
    expect((await submit(simulator, REQUEST)).status).toBe(402);
    simulator.clock.advance(16 * HOUR);
    expect((await credits(simulator)).token.daily_used_credits).toBe(0);
    expect((await submit(simulator, REQUEST)).status).toBe(200);
  });

  it('of a day count a task on the day that it was submitted', async () => {
    const simulator = await start({ keys: [{ key: 'sk-simulator', dailyLimit: '100' }] });
    const DAY = 24 * 3600_000;
    simulator.clock.advance(DAY - (simulator.clock.now() % DAY) - 100);
    await submit(simulator, REQUEST);
    expect((await credits(simulator)).token.daily_used_credits).toBe(3.2241);
    simulator.clock.advance(1000);
    const { token } = await credits(simulator);
    expect([token.daily_used_credits, token.used_credits]).toEqual([0, 3.2324]);
  });

  it('count what is held, and give back what a failed task held', async () => {
    const simulator = await start({ keys: [{ key: 'sk-simulator', limit: '3.5', dailyLimit: '3.5' }] });
    simulator.script({ times: 1, task: { outcome: 'failed' } });
    await submit(simulator, REQUEST);
    expect((await submit(simulator, REQUEST)).status).toBe(402);
    simulator.clock.advance(1000);
    expect((await submit(simulator, REQUEST)).status).toBe(200);
  });
});

describe('GET /v1/credits', () => {
  it('can say success: false, without amounts (sheet 2.5.3)', async () => {
    const simulator = await start();
    simulator.script({ times: 1, credits: { success: false, message: 'not today' } });
    const answer = await call(simulator, 'GET', '/v1/credits');
    expect([answer.status, answer.body]).toEqual([200, { success: false, message: 'not today' }]);
    expect((await call(simulator, 'GET', '/v1/credits')).body.success).toBe(true);
  });

  it('shows a balance below zero after a charge above its hold (sheet 2.5.3)', async () => {
    const simulator = await start({ keys: [{ key: 'sk-simulator', credits: '3.2241' }] });
    await complete(simulator, REQUEST);
    const { user } = (await call(simulator, 'GET', '/v1/credits')).body.data;
    expect(user).toEqual({ remaining_credits: -0.0083, used_credits: 3.2324 });
  });
});
