import { startEvolinkSimulator } from '../../../local/simulator';
import { call, complete, endWithTest, PROMPT, query, start, submit, until } from './support/simulator';

const statusOf = async (simulator: Parameters<typeof query>[0], id: string) => (await query(simulator, id)).body.status;

describe('a submission', () => {
  it('is answered with a pending task, in the documented shape', async () => {
    const simulator = await start();

    const answer = await submit(simulator, { size: '1:1' }, { headers: { 'idempotency-key': 'key-0123456789abcdef' } });

    expect(answer.status).toBe(200);
    const created = Math.floor(simulator.clock.now() / 1000);
    expect(answer.body).toEqual({
      created,
      id: expect.stringMatching(new RegExp(`^task-unified-${created}-[0-9a-z]{8}$`)),
      model: 'gpt-image-2',
      object: 'image.generation.task',
      progress: 0,
      status: 'pending',
      type: 'image',
      task_info: { can_cancel: true, estimated_time: 100 },
      usage: { billing_rule: 'per_token', credits_reserved: 3.2241, user_group: 'default' },
    });
    expect(answer.headers.get('x-request-id')).toMatch(/^req_/);
    expect(Date.parse(answer.headers.get('date')!)).toBe(created * 1000);
    expect(simulator.submissions()).toMatchObject([
      { status: 200, taskId: answer.body.id, prompt: PROMPT, idempotencyKey: 'key-0123456789abcdef' },
    ]);
  });

  it('needs a key that is known and not revoked', async () => {
    const simulator = await start();
    for (const key of [null, 'sk-other']) {
      const answer = await submit(simulator, {}, { key });
      expect([answer.status, answer.body.error.code, answer.body.error.type]).toEqual([
        401,
        'unauthorized',
        'authentication_error',
      ]);
    }
    simulator.revokeKey('sk-simulator');
    expect((await submit(simulator)).status).toBe(401);
    simulator.addKey({ key: 'sk-new' });
    expect((await submit(simulator, {}, { key: 'sk-new' })).status).toBe(200);
    expect(simulator.submissions().map(({ status }) => status)).toEqual([401, 401, 401, 200]);
  });

  it('is refused for a model that the key may not use', async () => {
    const simulator = await start({ keys: [{ key: 'sk-beta', models: ['gpt-image-2-beta'] }] });
    const answer = await submit(simulator, {}, { key: 'sk-beta' });
    expect(answer.status).toBe(403);
    expect(answer.body.error).toMatchObject({ code: 'key_model_not_allowed', allowed_models: ['gpt-image-2-beta'] });
    expect((await submit(simulator, { model: 'gpt-image-2-beta' }, { key: 'sk-beta' })).status).toBe(200);
  });

  it('is refused while too many tasks of the key are unfinished', async () => {
    const simulator = await start({ concurrencyLimit: 2 });
    await submit(simulator);
    await submit(simulator);
    const answer = await submit(simulator);
    expect([answer.status, answer.body.error.code]).toEqual([429, 'rate_limit_exceeded']);
    simulator.clock.advance(1000);
    expect((await submit(simulator)).status).toBe(200);
  });

  it('counts how many tasks were unfinished at once, also afterwards', async () => {
    const simulator = await start();
    for (let task = 1; task <= 3; task++) await submit(simulator);
    simulator.clock.advance(1000);
    await submit(simulator);
    expect(simulator.mostOpenTasks()).toBe(3);
    simulator.reset();
    expect(simulator.mostOpenTasks()).toBe(0);
  });
});

describe('a task over time', () => {
  it('goes from pending by processing to completed, and charges by the formula', async () => {
    const simulator = await start({ timing: { pendingMs: 1000, processingMs: 4000 } });
    const { id } = (await submit(simulator, { size: '1:1', prompt: 'x'.repeat(80) })).body;

    expect(await statusOf(simulator, id)).toBe('pending');
    simulator.clock.advance(999);
    expect(await statusOf(simulator, id)).toBe('pending');
    simulator.clock.advance(1);
    expect((await query(simulator, id)).body).toMatchObject({ status: 'processing', progress: 1 });
    simulator.clock.advance(2000);
    expect((await query(simulator, id)).body).toMatchObject({ status: 'processing', progress: 50 });
    simulator.clock.advance(2000);

    const { body } = await query(simulator, id);
    expect(body).toEqual({
      created: expect.any(Number),
      id,
      model: 'gpt-image-2',
      object: 'image.generation.task',
      type: 'image',
      status: 'completed',
      progress: 100,
      duration: 5,
      task_info: { can_cancel: false },
      results: [expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/files\/.+\/file_[0-9a-f]{32}\.png$/)],
      result_data: [{ url: body.results[0] }],
      usage: {
        billing_rule: 'per_token',
        credits_reserved: 3.2241,
        credits_used: 3.2324,
        cost: { credits: 3.2324, usd: 0.048, cny: 0.32324 },
        user_group: 'default',
      },
      billing: {
        refund_scope: 'account_balance',
        charge_status: 'charged',
        refund_status: 'not_required',
        reserved_credits: 3.2241,
        charged_credits: 3.2324,
        refunded_credits: 0,
      },
    });
  });

  it('runs by itself on a running clock', async () => {
    const simulator = await startEvolinkSimulator({ timing: { pendingMs: 5, processingMs: 5 } });
    endWithTest(() => simulator.close());
    await submit(simulator);
    await until(() => simulator.tasks()[0].status === 'completed', 'the task is completed');
  });

  it('bills each of n images, references and text included', async () => {
    const simulator = await start();
    const image_urls = ['https://cdn.example.org/a.png', 'https://cdn.example.org/b.png'];
    const { body } = await complete(simulator, { size: '1:1', n: 4, image_urls, prompt: 'x'.repeat(80) });
    expect(body.results).toHaveLength(4);
    expect(body.usage.credits_used).toBe(18.9455);
    expect(simulator.bill().creditsUsed).toBe('18.9455');
  });

  it('holds auto at 2048 x 2048 and bills what the model chose', async () => {
    const simulator = await start();
    const { body } = await complete(simulator, { size: 'auto', prompt: 'x'.repeat(80) });
    expect(body.usage).toMatchObject({ credits_reserved: 6.5509, credits_used: 3.2324 });
  });

  it('bills the beta model by the call', async () => {
    const simulator = await start();
    const { body } = await complete(simulator, { model: 'gpt-image-2-beta', size: '16:9' });
    expect(body.usage).toMatchObject({ billing_rule: 'per_call', credits_reserved: 1.02, credits_used: 1.02 });
  });
});

describe('credits', () => {
  it('are held at submission and settled at the end', async () => {
    const simulator = await start({ keys: [{ key: 'sk-simulator', credits: '10' }] });
    await submit(simulator, { size: '1:1', prompt: 'x'.repeat(80) });
    expect(simulator.bill()).toEqual({ creditsUsed: '0', creditsReserved: '3.2241', remaining: '6.7759' });
    simulator.clock.advance(1000);
    expect(simulator.bill()).toEqual({ creditsUsed: '3.2324', creditsReserved: '0', remaining: '6.7676' });
  });

  it('are given back when the task fails', async () => {
    const simulator = await start();
    simulator.script({ task: { outcome: 'failed', errorCode: 'service_error' } });
    const { body } = await complete(simulator);
    expect(body).toMatchObject({ status: 'failed', progress: 0, error: { code: 'service_error', type: 'task_error' } });
    expect(body.usage.credits_used).toBe(0);
    expect(body.results).toBeUndefined();
    expect(simulator.bill()).toEqual({ creditsUsed: '0', creditsReserved: '0', remaining: '1000' });
  });

  it('must cover the hold: 402 above, accepted at exactly the hold', async () => {
    const simulator = await start({ keys: [{ key: 'sk-simulator', credits: '3.224' }] });
    const answer = await submit(simulator, { size: '1:1' });
    expect([answer.status, answer.body.error.code, answer.body.error.type]).toEqual([
      402,
      'insufficient_quota',
      'insufficient_quota',
    ]);
    expect(simulator.bill().creditsReserved).toBe('0');

    simulator.setCredits('3.2241');
    expect((await submit(simulator, { size: '1:1' })).status).toBe(200);
    expect(simulator.bill().remaining).toBe('0');
  });

  it('are shown by their own route and kept per key', async () => {
    const simulator = await start({
      keys: [
        { key: 'sk-a', credits: '5' },
        { key: 'sk-b', credits: '7.5' },
      ],
    });
    await submit(simulator, { size: '1:1', prompt: 'x'.repeat(80) }, { key: 'sk-a' });
    simulator.clock.advance(1000);

    const ofA = await call(simulator, 'GET', '/v1/credits', undefined, { key: 'sk-a' });
    expect(ofA.body).toEqual({
      success: true,
      message: '',
      data: {
        user: { remaining_credits: 1.7676, used_credits: 3.2324 },
        // sheet 2.5.3: without a limit of its own, what remains to the key means nothing.
        token: { remaining_credits: 0, used_credits: 3.2324, unlimited_credits: true },
      },
    });
    expect((await call(simulator, 'GET', '/v1/credits', undefined, { key: null })).status).toBe(401);
    expect(simulator.bill('sk-b')).toEqual({ creditsUsed: '0', creditsReserved: '0', remaining: '7.5' });
    expect(simulator.bill().remaining).toBe('9.2676');
    expect(() => simulator.bill('sk-c')).toThrow(RangeError);
  });
});

describe('queries', () => {
  it.each([
    ['a malformed id', 'task%20unified', {}, 400, 'invalid_task_id'],
    ['an id that is not even percent-encoded', '%E0%A4%A', {}, 400, 'invalid_task_id'],
    ['an id of 129 characters', 'x'.repeat(129), {}, 400, 'invalid_task_id'],
    ['an unknown id', 'task-unified-1-abcdefgh', {}, 404, 'task_not_found'],
    ['no key', 'task-unified-1-abcdefgh', { key: null }, 401, 'unauthorized'],
  ])('refuse %s', async (_, id, options, status, code) => {
    const simulator = await start();
    const answer = await query(simulator, id, options);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
  });

  it('show a task to its own account only', async () => {
    const simulator = await start({ keys: [{ key: 'sk-simulator' }, { key: 'sk-b' }] });
    const { id } = (await submit(simulator)).body;
    const answer = await query(simulator, id, { key: 'sk-b' });
    expect([answer.status, answer.body.error.code]).toEqual([403, 'permission_denied']);
    const batch = await call(simulator, 'POST', '/v1/tasks/batch', { task_ids: [id] }, { key: 'sk-b' });
    expect(batch.body.data).toEqual([]);
    expect((await call(simulator, 'GET', '/v1/tasks', undefined, { key: 'sk-b' })).body.total).toBe(0);
  });

  it('list tasks, newest first, filtered and by page', async () => {
    const simulator = await start();
    const first = (await submit(simulator)).body.id;
    const second = (await submit(simulator, { model: 'gpt-image-2-beta' })).body.id;
    simulator.clock.advance(1000);
    const third = (await submit(simulator)).body.id;
    const list = async (search: string) => (await call(simulator, 'GET', `/v1/tasks?${search}`)).body;
    const ids = async (search: string) => (await list(search)).data.map((row: { id: string }) => row.id);

    expect(await ids('')).toEqual([third, second, first]);
    expect(await ids('status=completed&model=gpt-image-2')).toEqual([first]);
    expect(await ids('type=video')).toEqual([]);
    expect(await list('page=2&page_size=2')).toMatchObject({ object: 'list', total: 3, page: 2, page_size: 2 });
    expect((await list('page=2&page_size=2')).data).toEqual([
      {
        id: first,
        model: 'gpt-image-2',
        type: 'image',
        status: 'completed',
        progress: 100,
        created_at: expect.any(Number),
        duration: 1,
        has_results: true,
        result_count: 1,
        has_error: false,
        credits_used: Number(simulator.tasks()[0].creditsUsed),
      },
    ]);
  });

  it('answer a batch without the tasks that nobody knows', async () => {
    const simulator = await start();
    const { id } = (await submit(simulator)).body;
    const answer = await call(simulator, 'POST', '/v1/tasks/batch', { task_ids: [id, 'task-unified-0-aaaaaaaa'] });
    expect(answer.body).toMatchObject({ code: 200, data: [{ id }] });
    expect(answer.body.data).toHaveLength(1);
    const tooMany = await call(simulator, 'POST', '/v1/tasks/batch', { task_ids: Array(51).fill(id) });
    expect(tooMany.status).toBe(400);
  });

  it('answer 404 to a route that does not exist', async () => {
    const simulator = await start();
    expect((await call(simulator, 'GET', '/v2/anything')).status).toBe(404);
    expect((await call(simulator, 'GET', '/_simulator/tasks')).status).toBe(404);
  });
});

it('reset forgets everything but the keys it was started with', async () => {
  const simulator = await start({ keys: [{ key: 'sk-simulator', credits: '50' }] });
  simulator.script({ submit: { status: 500 } });
  simulator.addKey({ key: 'sk-more' });
  await submit(simulator, {}, { key: 'sk-more' });
  simulator.clearScript();
  await submit(simulator);

  simulator.reset();

  expect(simulator.tasks()).toEqual([]);
  expect(simulator.submissions()).toEqual([]);
  expect(simulator.bill()).toEqual({ creditsUsed: '0', creditsReserved: '0', remaining: '50' });
  expect((await submit(simulator, {}, { key: 'sk-more' })).status).toBe(401);
  expect((await submit(simulator)).status).toBe(200);
});

it('counts what clients ask for, by route and status, and not what tests ask for', async () => {
  const simulator = await start({ control: true });
  const { body } = await submit(simulator);
  await submit(simulator, { n: 99 });
  await query(simulator, body.id);
  await query(simulator, body.id);
  await query(simulator, 'task-unified-0-aaaaaaaa');
  await call(simulator, 'GET', '/_simulator/tasks');
  expect(simulator.requests()).toEqual({
    'POST /v1/images/generations 200': 1,
    'POST /v1/images/generations 400': 1,
    'GET /v1/tasks/{id} 200': 2,
    'GET /v1/tasks/{id} 404': 1,
  });
  simulator.reset();
  expect(simulator.requests()).toEqual({});
});
