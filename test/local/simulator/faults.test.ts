import fc from 'fast-check';
import { imageSize } from 'image-size';
import type { Rule } from '../../../local/simulator';
import { checkRule } from '../../../local/simulator/rule-check';
import { receive } from './support/receiver';
import { call, complete, query, start, submit, until } from './support/simulator';

describe('rules', () => {
  it('are used in order, each so many times', async () => {
    const simulator = await start();
    simulator.script(
      { label: 'busy', times: 2, submit: { status: 429, headers: { 'retry-after': '7' } } },
      { label: 'broken', times: 1, submit: { status: 503 } },
    );
    const answers = [
      await submit(simulator),
      await submit(simulator),
      await submit(simulator),
      await submit(simulator),
    ];
    expect(answers.map(({ status }) => status)).toEqual([429, 429, 503, 200]);
    expect(answers[0].headers.get('retry-after')).toBe('7');
    expect(simulator.submissions().map(({ rule, fault }) => [rule, fault])).toEqual([
      ['busy', 'reply'],
      ['busy', 'reply'],
      ['broken', 'reply'],
      [undefined, undefined],
    ]);
  });

  it('apply to what they match only', async () => {
    const simulator = await start();
    simulator.script(
      { match: { promptIncludes: 'bicycle', model: 'gpt-image-2-beta' }, submit: { status: 500 } },
      { match: { promptIncludes: 'car' }, submit: { status: 502 } },
    );
    expect((await submit(simulator)).status).toBe(200);
    expect((await submit(simulator, { model: 'gpt-image-2-beta' })).status).toBe(500);
    expect((await submit(simulator, { prompt: 'a car' })).status).toBe(502);
    simulator.clearScript();
    expect((await submit(simulator, { prompt: 'a car' })).status).toBe(200);
  });

  it('leave a malformed request and a wrong key to the normal refusals', async () => {
    const simulator = await start();
    simulator.script({ times: 1, submit: { status: 500 } });
    expect((await submit(simulator, { n: 99 })).status).toBe(400);
    expect((await submit(simulator, {}, { key: 'sk-wrong' })).status).toBe(401);
    expect((await submit(simulator)).status).toBe(500);
  });

  it.each([
    [{ tsak: {} }],
    [{ task: { outcom: 'failed' } }],
    [{ submit: { times: 2 } }],
    [{ submit: { code: 'no_such_code' } }],
    [{ submit: { message: 'no' } }],
    [{ file: { errorFields: { param: 'size' } } }],
    [{ match: { post: 0 } }],
    [{ task: { results: 'nowhere' } }],
    [{ task: { billing: 'refunded' } }],
    [{ task: { tokens: { image: 1 } } }],
    [{ task: { tokens: { text_input: -1 } } }],
    [{ query: 500 }],
    [{ task: { creditsUsed: 'many' } }],
    ['rule'],
    [null],
    [{ constructor: {} }],
  ])('that could not work are refused: %j', (rule) => {
    expect(() => checkRule(rule)).toThrow(/./);
  });

  it('never make the check fail with anything but TypeError or RangeError', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          checkRule(value);
        } catch (error) {
          expect(['TypeError', 'RangeError']).toContain((error as Error).name);
        }
      }),
    );
  });
});

describe('the reply to a submission', () => {
  it.each([
    [400, 'content_policy_violation', 'invalid_request_error'],
    [402, 'insufficient_token_quota', 'insufficient_quota'],
    [409, 'paid_outcome_unknown', 'api_error'],
    [413, 413, 'request_too_large_error'],
    [502, 502, 'upstream_error'],
    [503, 503, 'service_unavailable_error'],
  ])('can be %i %p, with no task and no charge', async (status, code, type) => {
    const simulator = await start();
    simulator.script({ submit: { status, code, message: 'as scripted' } });
    const answer = await submit(simulator);
    expect([answer.status, answer.body]).toEqual([status, { error: { code, type, message: 'as scripted' } }]);
    expect(simulator.tasks()).toEqual([]);
    expect(simulator.bill().creditsReserved).toBe('0');
  });

  it('has the documented code of its status, if the rule gives none', async () => {
    const simulator = await start();
    simulator.script({ submit: { status: 429 } });
    expect((await submit(simulator)).body.error.code).toBe('rate_limit_exceeded');
  });

  it('can be raw text, as from a proxy', async () => {
    const simulator = await start();
    simulator.script({
      submit: { status: 502, body: '<html>bad gateway</html>', headers: { 'content-type': 'text/html' } },
    });
    const answer = await submit(simulator);
    expect([answer.status, answer.body, answer.headers.get('content-type')]).toEqual([
      502,
      '<html>bad gateway</html>',
      'text/html',
    ]);
  });

  it('can be an error although the task was created', async () => {
    const simulator = await start();
    simulator.script({ submit: { status: 500, createTask: true } });
    expect((await submit(simulator)).status).toBe(500);
    expect(simulator.submissions()[0].taskId).toBe(simulator.tasks()[0].id);
  });

  it('can be nonsense with status 200 and a task behind it', async () => {
    const simulator = await start();
    simulator.script({ submit: { status: 200, body: '{"id":' } });
    expect((await submit(simulator)).body).toBe('{"id":');
    expect(simulator.tasks()).toHaveLength(1);
  });

  it.each([
    [true, 1],
    [false, 0],
  ])('can be lost on the way (task created: %p)', async (createTask, tasks) => {
    const simulator = await start();
    simulator.script({ times: 1, submit: { dropReply: true, createTask } });
    await expect(submit(simulator)).rejects.toThrow();
    expect(simulator.tasks()).toHaveLength(tasks);
    expect(simulator.submissions()[0]).toMatchObject({ fault: 'dropped' });
    expect(simulator.submissions()[0].status).toBeUndefined();
  });

  it('can be late', async () => {
    const simulator = await start();
    simulator.script({ submit: { delayMs: 60 } });
    const started = performance.now();
    expect((await submit(simulator)).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThan(50);
  });
});

describe('a task', () => {
  it('can fail with any code', async () => {
    const simulator = await start();
    simulator.script({ task: { outcome: 'failed', errorCode: 'content_policy_violation', errorMessage: 'no\nway' } });
    const { body } = await complete(simulator);
    expect(body.error).toEqual({ code: 'content_policy_violation', message: 'no\nway', type: 'task_error' });
  });

  it.each([
    [{ outcome: 'cancelled' }, 'cancelled', undefined],
    [{ outcome: 'failed', errorCode: 'request_cancelled' }, 'failed', 'request_cancelled'],
  ] as const)('can be cancelled: %j', async (task, status, code) => {
    const simulator = await start();
    simulator.script({ task });
    const { body } = await complete(simulator);
    expect([body.status, body.error?.code]).toEqual([status, code]);
    expect(simulator.bill().remaining).toBe('1000');
  });

  it('can show a status that nobody knows before it ends', async () => {
    const simulator = await start();
    simulator.script({ task: { status: 'queued_upstream', pendingMs: 0, processingMs: 500 } });
    const { id, status } = (await submit(simulator)).body;
    expect(status).toBe('queued_upstream');
    expect((await query(simulator, id)).body.status).toBe('queued_upstream');
    simulator.clock.advance(500);
    expect((await query(simulator, id)).body.status).toBe('completed');
  });

  it('can start as processing', async () => {
    const simulator = await start();
    simulator.script({ task: { pendingMs: 0 } });
    expect((await submit(simulator)).body).toMatchObject({ status: 'processing', progress: 1 });
  });

  it('can take its own time, or for ever', async () => {
    const simulator = await start();
    simulator.script({ times: 1, task: { pendingMs: 10_000, processingMs: 20_000 } }, { task: { never: true } });
    const slow = (await submit(simulator)).body.id;
    const endless = (await submit(simulator)).body.id;
    simulator.clock.advance(29_999);
    expect((await query(simulator, slow)).body.status).toBe('processing');
    simulator.clock.advance(1);
    expect((await query(simulator, slow)).body.status).toBe('completed');
    simulator.clock.advance(7 * 24 * 3600 * 1000);
    expect((await query(simulator, endless)).body).toMatchObject({ status: 'processing', progress: 99 });
    expect(simulator.bill().creditsReserved).not.toBe('0');
  });

  it('can deliver fewer images, which alone are billed', async () => {
    const simulator = await start();
    simulator.script({ task: { images: 1 } });
    const { body } = await complete(simulator, { n: 4, size: '1:1', prompt: 'x'.repeat(80) });
    expect(body.results).toHaveLength(1);
    expect(body.usage).toMatchObject({ credits_reserved: 12.8961, credits_used: 3.2324 });
  });

  it('can deliver a size that was not asked for', async () => {
    const simulator = await start();
    simulator.script({ task: { size: { width: 1254, height: 1254 } } });
    const { body } = await complete(simulator, { size: 'auto' });
    const bytes = Buffer.from(await (await fetch(body.results[0])).arrayBuffer());
    expect(imageSize(bytes)).toMatchObject({ width: 1254, height: 1254 });
  });

  it('can leave its usage out, or show it in another shape, while the bill stays right', async () => {
    const simulator = await start();
    const request = { size: '1:1', quality: 'low', prompt: 'x'.repeat(80) };
    simulator.script(
      { times: 1, task: { omitUsage: true } },
      { times: 1, task: { usage: 'tokens' } },
      { times: 1, task: { usage: { credits_used: 'plenty' } } },
    );
    expect((await complete(simulator, request)).body).not.toHaveProperty('usage');
    expect((await complete(simulator, request)).body.usage).toEqual({
      input_tokens: 27,
      input_tokens_details: { text_tokens: 27, image_tokens: 0 },
      output_tokens: 196,
      output_tokens_details: { image_tokens: 196, text_tokens: 0 },
      total_tokens: 223,
    });
    expect((await complete(simulator, request)).body.usage).toEqual({ credits_used: 'plenty' });
    expect(simulator.tasks().map(({ creditsUsed }) => creditsUsed)).toEqual(['0.3682', '0.3682', '0.3682']);
    expect(simulator.bill().creditsUsed).toBe('1.1046');
  });

  it('can cost something else than the formula says', async () => {
    const simulator = await start();
    simulator.script({ task: { creditsUsed: '60' } });
    expect((await complete(simulator)).body.usage.credits_used).toBe(60);
    expect(simulator.bill().remaining).toBe('940');
  });

  it('can carry fields that nobody knows', async () => {
    const simulator = await start();
    simulator.script({ task: { extra: { trace: { hops: 3 } } } });
    expect((await complete(simulator)).body.trace).toEqual({ hops: 3 });
  });
});

describe('a callback', () => {
  const scripted = async (callback: Rule['callback'], answers: number[] = []) => {
    const receiver = await receive(answers);
    const simulator = await start({ allowLocalCallbacks: true });
    simulator.script({ callback });
    const { id } = (await submit(simulator, { callback_url: receiver.url })).body;
    return { receiver, simulator, id, callbacks: () => simulator.tasks()[0].callbacks };
  };

  it('can stay away', async () => {
    const { receiver, simulator, id } = await scripted({ deliver: 'never' });
    simulator.clock.advance(60_000);
    expect((await query(simulator, id)).body.status).toBe('completed');
    expect(receiver.received).toEqual([]);
  });

  it('can come once more after it was accepted', async () => {
    const { simulator, callbacks } = await scripted({ deliver: 'twice' });
    simulator.clock.advance(1000);
    await until(() => callbacks().length === 2, 'both deliveries are over');
    expect(callbacks().map(({ attempt, status }) => [attempt, status])).toEqual([
      [1, 204],
      [1, 204],
    ]);
  });

  it('can come several times at once', async () => {
    const { receiver, simulator, callbacks } = await scripted({ deliver: 3 });
    simulator.clock.advance(1000);
    await until(() => callbacks().length === 3, 'all deliveries are over');
    expect(receiver.received).toHaveLength(3);
  });

  it('can come before the submission is answered', async () => {
    const { receiver, id, callbacks } = await scripted({ deliver: 'before-reply' });
    expect(callbacks()).toHaveLength(1);
    expect(JSON.parse(receiver.received[0].text)).toMatchObject({ id, status: 'completed' });
  });

  it('can come late', async () => {
    const { receiver, simulator, id, callbacks } = await scripted({ delayMs: 30_000 });
    simulator.clock.advance(30_000);
    expect((await query(simulator, id)).body.status).toBe('completed');
    expect(receiver.received).toEqual([]);
    simulator.clock.advance(30_000);
    await until(() => callbacks().length === 1, 'the callback is delivered');
  });

  it('can come while the task is still worked on, and again at its end', async () => {
    const { receiver, simulator, id, callbacks } = await scripted({ deliver: 'while-processing' });
    simulator.clock.advance(200);
    await until(() => callbacks().length === 1, 'the first callback is delivered');
    expect(JSON.parse(receiver.received[0].text)).toMatchObject({ id, status: 'processing' });
    simulator.clock.advance(1000);
    await until(() => callbacks().length === 2, 'the second callback is delivered');
    expect(JSON.parse(receiver.received[1].text)).toMatchObject({ id, status: 'completed' });
  });

  it('can claim an end that has not come', async () => {
    const { receiver, simulator, id, callbacks } = await scripted({ deliver: 'while-processing', lies: true });
    simulator.clock.advance(200);
    await until(() => callbacks().length === 1, 'the callback is delivered');
    const lie = { id, status: 'completed', results: ['https://example.com/not-ours.png'] };
    expect(JSON.parse(receiver.received[0].text)).toMatchObject(lie);
    expect((await query(simulator, id)).body.status).toBe('processing');
  });

  it.each([
    ['not even JSON', 'not even JSON'],
    ['', ''],
    [{ id: 'task-unified-1-forged00' }, '{"id":"task-unified-1-forged00"}'],
  ])('can say anything: %j', async (body, text) => {
    const { receiver, simulator, callbacks } = await scripted({ body });
    simulator.clock.advance(1000);
    await until(() => callbacks().length === 1, 'the callback is delivered');
    expect(receiver.received[0].text).toBe(text);
  });
});

describe('other replies', () => {
  it('about a task can fail, so many times for each task', async () => {
    const simulator = await start();
    simulator.script({ query: { status: 500, times: 2 } });
    const first = (await submit(simulator)).body.id;
    const second = (await submit(simulator)).body.id;
    const statuses = async (id: string) => [
      (await query(simulator, id)).status,
      (await query(simulator, id)).status,
      (await query(simulator, id)).status,
    ];
    expect(await statuses(first)).toEqual([500, 500, 200]);
    expect(await statuses(second)).toEqual([500, 500, 200]);
  });

  it('follow the rule that took the task, also after it is used up', async () => {
    const simulator = await start();
    simulator.script({ times: 1, task: { images: 1 }, query: { status: 404, code: 'task_not_found', times: 1 } });
    const faulted = (await submit(simulator)).body.id;
    const normal = (await submit(simulator)).body.id;
    expect((await query(simulator, normal)).status).toBe(200);
    expect((await query(simulator, faulted)).body.error.code).toBe('task_not_found');
    expect((await query(simulator, faulted)).status).toBe(200);
  });

  it('can be scripted for one task that exists already, with a limit of uses', async () => {
    const simulator = await start();
    const id = (await submit(simulator)).body.id;
    const other = (await submit(simulator)).body.id;
    simulator.script({ match: { taskId: id }, times: 1, query: { status: 200, body: { id: 'something else' } } });
    expect((await query(simulator, other)).body.id).toBe(other);
    expect((await query(simulator, id)).body).toEqual({ id: 'something else' });
    expect((await query(simulator, id)).body.id).toBe(id);
  });

  it('can be lost', async () => {
    const simulator = await start();
    const { id } = (await submit(simulator)).body;
    simulator.script({ times: 1, query: { dropReply: true } });
    await expect(query(simulator, id)).rejects.toThrow();
    expect((await query(simulator, id)).status).toBe(200);
  });

  it('can be those of the list and of the credits', async () => {
    const simulator = await start();
    simulator.script({ times: 1, list: { status: 500 } }, { times: 1, credits: { status: 402 } });
    expect((await call(simulator, 'GET', '/v1/tasks')).status).toBe(500);
    expect((await call(simulator, 'GET', '/v1/credits')).status).toBe(402);
    expect((await call(simulator, 'GET', '/v1/tasks')).status).toBe(200);
    expect((await call(simulator, 'GET', '/v1/credits')).status).toBe(200);
  });
});

describe('a file', () => {
  const completed = async (file: Rule['file']) => {
    const simulator = await start();
    simulator.script({ file });
    return (await complete(simulator)).body.results[0] as string;
  };

  it('can be refused for a while', async () => {
    const url = await completed({ status: 503, times: 1 });
    expect((await fetch(url)).status).toBe(503);
    expect((await fetch(url)).status).toBe(200);
  });

  it('can have another content type than its bytes', async () => {
    const response = await fetch(await completed({ contentType: 'text/html' }));
    expect(response.headers.get('content-type')).toBe('text/html');
    expect(
      Buffer.from(await response.arrayBuffer())
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
  });

  it('can break off before its end', async () => {
    const response = await fetch(await completed({ truncate: 100 }));
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(100);
    await expect(response.arrayBuffer()).rejects.toThrow();
  });

  it('can come without its length', async () => {
    const response = await fetch(await completed({ chunked: true }));
    expect(response.headers.get('content-length')).toBeNull();
    expect(imageSize(Buffer.from(await response.arrayBuffer())).type).toBe('png');
  });

  it('can come slowly, and whole all the same', async () => {
    const started = performance.now();
    const response = await fetch(await completed({ dripMs: 100 }));
    expect(imageSize(Buffer.from(await response.arrayBuffer())).type).toBe('png');
    // Timers may fire a little early.
    expect(performance.now() - started).toBeGreaterThan(80);
  });

  it('can lead elsewhere', async () => {
    const url = await completed({ status: 302, headers: { location: 'http://169.254.169.254/' } });
    const response = await fetch(url, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([302, 'http://169.254.169.254/']);
  });
});
