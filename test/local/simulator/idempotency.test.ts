/** Sheet 3.1: what a repeat of a submission with the same idempotency key answers. */
import type { EvolinkSimulator, SimulatorOptions } from '../../../local/simulator';
import { call, PROMPT, query, start, submit, until } from './support/simulator';

const KEY = 'job-0123456789abcdef';
const post = (simulator: EvolinkSimulator, request: object = {}, idempotencyKey = KEY, apiKey = 'sk-simulator') =>
  submit(simulator, request, { key: apiKey, headers: { 'idempotency-key': idempotencyKey } });

const summary = ({ status, headers, body }: Awaited<ReturnType<typeof post>>) => ({
  status,
  replayed: headers.get('idempotency-replayed'),
  id: body.id,
  code: body.error?.code,
});

describe('a repeat with the same key and the same bytes', () => {
  it('answers 200 with the replay header and the first task, and charges once (sheet 3.1.3)', async () => {
    const simulator = await start();
    const first = await post(simulator);
    const second = await post(simulator);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(summary(second)).toEqual({ status: 200, replayed: 'true', id: first.body.id, code: undefined });
    simulator.clock.advance(1000);
    expect(simulator.tasks()).toHaveLength(1);
    expect(simulator.bill().creditsUsed).toBe(simulator.tasks()[0].creditsUsed);
    expect(simulator.submissions()).toMatchObject([
      { post: 1, taskId: first.body.id },
      { post: 2, taskId: first.body.id, replayed: true },
    ]);
    expect(simulator.submissions()[0].replayed).toBeUndefined();
  });

  it('shows the task in its present state, with links when it has ended (sheet 3.1.3)', async () => {
    const simulator = await start();
    const { id } = (await post(simulator)).body;
    simulator.clock.advance(1000);
    const replay = await post(simulator);
    expect(replay.body).toEqual((await query(simulator, id)).body);
    expect(replay.body).toMatchObject({ status: 'completed', results: [expect.stringContaining('http')] });
  });

  it('finds the task although the first reply was lost or was no task (sheet 3.1.5)', async () => {
    const simulator = await start();
    simulator.script({ match: { post: 1 }, times: 1, submit: { dropReply: true } });
    await expect(post(simulator)).rejects.toThrow();
    expect(summary(await post(simulator))).toMatchObject({ replayed: 'true', id: simulator.tasks()[0].id });
    simulator.script({ match: { post: 1 }, submit: { body: {} } });
    await post(simulator, {}, 'job-another-0123456789');
    expect(summary(await post(simulator, {}, 'job-another-0123456789'))).toMatchObject({ replayed: 'true' });
    expect(simulator.tasks()).toHaveLength(2);
  });

  it('finds the task also with another API key of the account, and not with one of another account', async () => {
    const simulator = await start({
      keys: [{ key: 'sk-simulator', account: 'us' }, { key: 'sk-second', account: 'us' }, { key: 'sk-other' }],
    });
    const { id } = (await post(simulator)).body;
    expect(summary(await post(simulator, {}, KEY, 'sk-second'))).toMatchObject({ replayed: 'true', id });
    expect(summary(await post(simulator, {}, KEY, 'sk-other'))).toMatchObject({ status: 200, replayed: null });
    expect(simulator.tasks()).toHaveLength(2);
  });

  it('makes the task if the first POST never arrived (sheet 3.1.6)', async () => {
    const simulator = await start({ refusalUsesKey: true });
    simulator.script({ match: { post: 1 }, submit: { dropReply: true, createTask: false } });
    await expect(post(simulator)).rejects.toThrow();
    expect(summary(await post(simulator))).toMatchObject({ status: 200, replayed: null });
    expect(simulator.tasks()).toHaveLength(1);
  });
});

describe('a repeat that is no replay', () => {
  it.each([
    ['another prompt', JSON.stringify({ model: 'gpt-image-2', prompt: 'a car' })],
    ['another order of the fields', JSON.stringify({ prompt: PROMPT, model: 'gpt-image-2' })],
    ['another blank', `{"model": "gpt-image-2","prompt":"${PROMPT}"}`],
  ])('answers 409 idempotency_conflict for %s (sheet 3.1.3)', async (_, body) => {
    const simulator = await start();
    await post(simulator);
    const options = { headers: { 'idempotency-key': KEY } };
    const answer = await call(simulator, 'POST', '/v1/images/generations', body, options);
    expect(summary(answer)).toMatchObject({ status: 409, code: 'idempotency_conflict', replayed: null });
    expect(simulator.tasks()).toHaveLength(1);
  });

  it('answers 409 paid_outcome_unknown while the first POST is still being answered (sheet 3.1.3)', async () => {
    const simulator = await start();
    simulator.script({ match: { post: 1 }, submit: { delayMs: 300 } });
    const first = post(simulator);
    await until(() => simulator.tasks().length === 1, 'the first POST has arrived');
    expect(summary(await post(simulator))).toMatchObject({ status: 409, code: 'paid_outcome_unknown' });
    const { id } = (await first).body;
    expect(summary(await post(simulator))).toMatchObject({ status: 200, replayed: 'true', id });
  });

  it('makes one task of many POSTs at once (sheet 10 #3)', async () => {
    const simulator = await start();
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(simulator)));
    expect(simulator.tasks()).toHaveLength(1);
    for (const { status, body } of answers) {
      expect(status === 200 ? body.id : body.error.code).toBe(
        status === 200 ? simulator.tasks()[0].id : 'paid_outcome_unknown',
      );
    }
  });
});

describe('switches', () => {
  it('keys that are ignored make a task of every POST (sheet 9.3 b)', async () => {
    const simulator = await start({ idempotency: 'ignored' });
    const ids = [(await post(simulator)).body.id, (await post(simulator)).body.id];
    expect(new Set(ids).size).toBe(2);
    simulator.behave({ idempotency: 'honoured' });
    const { id } = (await post(simulator)).body;
    expect((await post(simulator)).body.id).toBe(id);
  });

  it.each([
    ['15 minutes', {}, 15 * 60_000],
    ['the time that was asked for', { idempotencyMemoryMs: 24 * 3600_000 }, 24 * 3600_000],
  ])('a key is forgotten after %s (sheet 3.1.7, 9.3 c)', async (_, options: SimulatorOptions, memoryMs) => {
    const simulator = await start(options);
    const { id } = (await post(simulator)).body;
    simulator.clock.advance(memoryMs - 1);
    expect((await post(simulator)).body.id).toBe(id);
    simulator.clock.advance(1);
    expect(summary(await post(simulator))).toMatchObject({ status: 200, replayed: null });
    expect(simulator.tasks()).toHaveLength(2);
  });

  it('a refusal leaves the key free, unless refusals use keys up (sheet 10 #5)', async () => {
    for (const refusalUsesKey of [false, true]) {
      const simulator = await start({ refusalUsesKey, keys: [{ key: 'sk-simulator', credits: '0' }] });
      expect((await post(simulator)).status).toBe(402);
      simulator.setCredits('100');
      const again = summary(await post(simulator));
      const used = { status: 402, code: 'insufficient_quota', replayed: 'true' };
      expect(again).toMatchObject(refusalUsesKey ? used : { status: 200, replayed: null });
      expect(simulator.tasks()).toHaveLength(refusalUsesKey ? 0 : 1);
    }
  });

  it('reset forgets every key and every switch', async () => {
    const simulator = await start();
    await post(simulator);
    simulator.behave({ idempotency: 'ignored' });
    simulator.reset();
    const { id } = (await post(simulator)).body;
    expect((await post(simulator)).body.id).toBe(id);
    expect(simulator.submissions().map((one) => one.post)).toEqual([1, 2]);
  });

  it('refuse what they do not know, and then change nothing', async () => {
    const simulator = await start();
    expect(() => simulator.behave({ idempotency: 'maybe' } as object)).toThrow('idempotency');
    const twoProblems = { batch: false, taskList: { pages: 7 }, taskIds: 'roman' } as object;
    expect(() => simulator.behave(twoProblems)).toThrow(/taskIds.*taskList\.pages/);
    expect((await call(simulator, 'POST', '/v1/tasks/batch', { task_ids: ['a'] })).status).toBe(200);
    await expect(start({ idempotency: 'maybe' } as object)).rejects.toThrow('idempotency');
  });
});

describe('faults of a repeat', () => {
  // sheet 3.1.4, 3.1.6: an admission code that answers a repeat proves nothing about the first POST.
  it.each([
    ['insufficient_quota', 402],
    ['key_expired', 401],
    ['token_daily_quota_exceeded', 402],
    ['paid_outcome_unknown', 409],
    ['rate_limit_exceeded', 429],
    [503, 503],
  ])('can be %p, with the first task behind it (sheet 9.3 d)', async (code, status) => {
    const simulator = await start();
    simulator.script({ match: { post: 2 }, times: 1, submit: { code } });
    const { id } = (await post(simulator)).body;
    expect(summary(await post(simulator))).toMatchObject({ status, code });
    expect(summary(await post(simulator))).toMatchObject({ status: 200, replayed: 'true', id });
    expect(simulator.tasks()).toHaveLength(1);
  });

  it('can be the real state of the API key, which is looked at first (sheet 3.1.4)', async () => {
    const simulator = await start();
    const { id } = (await post(simulator)).body;
    simulator.changeKey('sk-simulator', { state: { is: 'disabled' } });
    expect(summary(await post(simulator))).toMatchObject({ status: 401, code: 'key_disabled' });
    simulator.changeKey('sk-simulator', { state: { is: 'active' } });
    expect(summary(await post(simulator))).toMatchObject({ replayed: 'true', id });
  });

  it('can be a broken or a lost reply', async () => {
    const simulator = await start();
    simulator.script(
      { match: { post: 2 }, submit: { body: '{"id":' } },
      { match: { post: 3 }, submit: { dropReply: true } },
    );
    await post(simulator);
    expect((await post(simulator)).body).toBe('{"id":');
    await expect(post(simulator)).rejects.toThrow();
    expect(summary(await post(simulator)).replayed).toBe('true');
    expect(simulator.tasks()).toHaveLength(1);
  });

  it('never make another task, whatever the rule says', async () => {
    const simulator = await start();
    simulator.script({ match: { post: 2 }, submit: { code: 503, createTask: true } });
    await post(simulator);
    expect((await post(simulator)).status).toBe(503);
    expect(simulator.tasks()).toHaveLength(1);
  });
});

describe('rules and repeats', () => {
  it('a rule about how a task runs is not used up by a repeat of another task', async () => {
    const simulator = await start();
    const submitSlowly = { delayMs: 1 };
    simulator.script(
      { times: 1, task: { images: 1 }, submit: submitSlowly },
      { times: 1, task: { images: 2 }, submit: submitSlowly },
    );
    await post(simulator, { n: 3 });
    await post(simulator, { n: 3 });
    await post(simulator, { n: 3 }, 'job-another-0123456789');
    simulator.clock.advance(1000);
    expect(simulator.tasks().map(({ images }) => images.length)).toEqual([1, 2]);
  });

  it('a rule about replies is for repeats too, so that it can lose every reply of a submission', async () => {
    const simulator = await start();
    simulator.script({ match: { promptIncludes: 'bicycle' }, task: { images: 1 }, submit: { dropReply: true } });
    await expect(post(simulator)).rejects.toThrow();
    await expect(post(simulator)).rejects.toThrow();
    expect(simulator.tasks()).toHaveLength(1);
  });

  it('a POST without a key is always the first one, and always makes a task', async () => {
    const simulator = await start();
    simulator.script({ match: { post: 2 }, submit: { code: 503 } });
    await submit(simulator);
    await submit(simulator);
    expect(simulator.submissions().map((one) => [one.post, one.status])).toEqual([
      [1, 200],
      [1, 200],
    ]);
    expect(simulator.tasks()).toHaveLength(2);
  });

  it.each(['too-short', 'x'.repeat(97), 'job 0123456789abcdef', 'job/0123456789abcdef'])(
    'a key %p is not of the form that the gateway accepts (sheet 3.1.1)',
    async (key) => {
      const simulator = await start();
      const answer = await post(simulator, {}, key);
      expect([answer.status, answer.body.error.param]).toEqual([400, 'Idempotency-Key']);
      expect(simulator.tasks()).toEqual([]);
    },
  );

  it('records X-Evo-Run-Id, which the vendor sends with the same value (sheet 3.1.1)', async () => {
    const simulator = await start();
    await submit(simulator, {}, { headers: { 'idempotency-key': KEY, 'x-evo-run-id': KEY } });
    expect(simulator.submissions()).toMatchObject([{ idempotencyKey: KEY, runId: KEY }]);
  });
});
