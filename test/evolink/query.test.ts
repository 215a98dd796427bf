import type { EvolinkCallEvent } from '../../evolink/client';
import { API_KEY, clientFor, failureOf, TASK_ID } from './support/client';
import { closeServers, startServer } from './support/servers';

afterEach(closeServers);

const LINK = 'https://files.evolink.ai/a/file_1.png';
const USAGE = { billing_rule: 'per_token', credits_used: 3.2323, cost: { credits: 3.2323, usd: 0.048 }, extra: [1] };
const COMPLETED = {
  created: 1790000000,
  id: TASK_ID,
  model: 'gpt-image-2',
  status: 'completed',
  progress: 100,
  results: [LINK],
  result_data: [{ url: LINK }],
  usage: USAGE,
  something_new: { a: 1 },
};

async function taskOf(body: unknown) {
  const server = await startServer([{ body }]);
  return clientFor(server.baseUrl).getTask(TASK_ID);
}

describe('getTask', () => {
  test('asks with the key and reads a completed task', async () => {
    const server = await startServer([{ body: COMPLETED, headers: { 'x-request-id': 'req-1' } }]);

    const task = await clientFor(server.baseUrl).getTask(TASK_ID);

    expect(server.seen[0]).toMatchObject({
      method: 'GET',
      url: `/v1/tasks/${TASK_ID}`,
      headers: { authorization: `Bearer ${API_KEY}`, 'user-agent': 'evolink-image-pipeline/1.2.3' },
    });
    expect(task).toEqual({
      id: TASK_ID,
      status: 'completed',
      rawStatus: 'completed',
      progress: 100,
      model: 'gpt-image-2',
      billingRule: 'per_token',
      results: [LINK],
      usage: USAGE,
      requestId: 'req-1',
    });
  });

  test.each([
    ['pending', 'pending'],
    ['processing', 'processing'],
    ['failed', 'failed'],
    ['cancelled', 'cancelled'],
    ['canceled', 'cancelled'],
    ['COMPLETED', 'completed'],
    ['paused', 'unknown'],
    ['constructor', 'unknown'],
    ['', 'unknown'],
  ])('status %j is read as %s, with the text kept', async (rawStatus, status) => {
    expect(await taskOf({ id: TASK_ID, status: rawStatus })).toMatchObject({ status, rawStatus });
  });

  test('a failed task with the code request_cancelled is a cancelled one', async () => {
    const error = { code: 'request_cancelled', message: 'm', type: 'task_error' };

    const task = await taskOf({ id: TASK_ID, status: 'failed', error });

    expect(task).toMatchObject({ status: 'cancelled', rawStatus: 'failed', error: { code: 'request_cancelled' } });
  });

  test.each([
    [
      { code: 'service_error', message: 'a\nb' },
      { code: 'service_error', message: 'a\nb' },
    ],
    [
      { code: 500, message: 'm' },
      { code: '500', message: 'm' },
    ],
    [{ message: 'm' }, { code: '', message: 'm' }],
    ['m', { code: '', message: 'm' }],
    [null, { code: 'unknown_error', message: '' }],
    [undefined, { code: 'unknown_error', message: '' }],
  ])('the error %j of a failed task is read as %j', async (error, expected) => {
    expect((await taskOf({ id: TASK_ID, status: 'failed', error })).error).toEqual(expected);
  });

  test('an error beside another status is no error', async () => {
    const error = { code: 'service_error', message: 'first try' };

    expect((await taskOf({ id: TASK_ID, status: 'processing', error })).error).toBeUndefined();
  });

  const OTHER = 'https://files.evolink.ai/a/file_2.png';

  /** Fact sheet 2.2 and 9.6: the union of both fields, whatever shape they have. */
  test.each([
    ['results', { results: [LINK] }, [LINK]],
    ['results with other things in it', { results: [null, 5, LINK, { url: 'x' }, ''] }, [LINK]],
    ['result_data.url', { result_data: [{ url: LINK }, 7] }, [LINK]],
    ['result_data.image_url', { results: [], result_data: [{ image_url: LINK }] }, [LINK]],
    ['result_data as one object', { result_data: { image_url: LINK } }, [LINK]],
    ['a field of any other name', { result_data: [{ download_link: LINK }] }, [LINK]],
    ['both fields, partly different', { results: [LINK], result_data: [{ url: LINK }, { url: OTHER }] }, [LINK, OTHER]],
    ['the same link twice', { results: [LINK, LINK] }, [LINK]],
    ['text in result_data', { result_data: [LINK, OTHER] }, [LINK, OTHER]],
    ['a string in results', { results: LINK }, [LINK]],
    ['objects in results', { results: [{ url: LINK }] }, [LINK]],
    ['http: links', { results: ['http://files.evolink.ai/a.png'] }, ['http://files.evolink.ai/a.png']],
    ['no title that is a URL', { result_data: [{ title: OTHER, tags: [OTHER], url: LINK }] }, [LINK]],
    ['nothing', {}, []],
    ['no other scheme', { results: ['ftp://x/y', 'data:image/png;base64,AA'] }, []],
  ])('links come from %s', async (_, fields, links) => {
    expect((await taskOf({ id: TASK_ID, status: 'completed', ...fields })).results).toEqual(links);
  });

  test('results nested without end are read without exhausting the stack', async () => {
    const nested = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;

    const task = await taskOf(`{"id":"${TASK_ID}","status":"completed","results":${nested}}`).catch(
      (error: Error) => error,
    );

    expect(task instanceof Error ? task.name : task.results).toEqual([]);
  });

  test('the billing block is kept as it is', async () => {
    const billing = { refund_scope: 'account_balance', charge_status: 'charged', charged_credits: 3.2323 };
    expect((await taskOf({ id: TASK_ID, status: 'completed', billing })).billing).toEqual(billing);
  });

  test.each([{ credits_used: '1' }, 'free', [1], 0])('the usage %j is kept as it is', async (usage) => {
    expect((await taskOf({ id: TASK_ID, status: 'completed', usage })).usage).toEqual(usage);
  });

  test('a reply without id is taken for the task that was asked for', async () => {
    expect(await taskOf({ status: 'pending' })).toMatchObject({ id: TASK_ID, status: 'pending' });
  });

  test.each([
    ['another task', { ...COMPLETED, id: 'task-unified-1-zzzzzzzz' }],
    ['a list', [COMPLETED]],
    ['null', 'null'],
    ['no JSON', 'oops'],
  ])('a reply that is %s is refused', async (_, body) => {
    const server = await startServer([{ body }]);

    const error = await failureOf(clientFor(server.baseUrl).getTask(TASK_ID));

    expect(error).toMatchObject({ name: 'EvolinkUnreadableReplyError' });
  });

  /** Fact sheet 2.1: 1 to 128 of A-Z a-z 0-9 . _ : -. */
  test.each([
    ...['x', 'task_img_1', '0f8fad5b-d9cb-469f-a165-70867728950e', 'a.b:c', 'task-direct-0', 'x'.repeat(128)],
  ])('the id %j is asked for', async (id) => {
    const server = await startServer([{ body: { id, status: 'pending' } }]);

    expect((await clientFor(server.baseUrl).getTask(id)).id).toBe(id);
    expect(server.seen[0]?.url).toBe(`/v1/tasks/${encodeURIComponent(id)}`);
  });

  test.each(['', '.', '..', '../credits', 'a/b', 'a b', 'ä', `${'x'.repeat(129)}`])(
    'the id %j is refused without asking EvoLink',
    async (id) => {
      const server = await startServer([{ body: COMPLETED }]);

      const error = await failureOf(clientFor(server.baseUrl).getTask(id));

      expect(error).toMatchObject({ name: 'EvolinkInvalidRequestError', code: 'invalid_task_id' });
      expect(server.seen).toHaveLength(0);
    },
  );

  test('the log names the route without the id', async () => {
    const events: EvolinkCallEvent[] = [];
    const server = await startServer([{ body: COMPLETED }]);

    await clientFor(server.baseUrl, (event) => events.push(event)).getTask(TASK_ID);

    expect(events).toMatchObject([{ method: 'GET', route: '/v1/tasks/{id}', status: 200 }]);
    expect(JSON.stringify(events)).not.toContain(TASK_ID);
  });
});

describe('listTasks', () => {
  test('sends the filters and reads a page', async () => {
    const body = {
      object: 'list',
      total: 41,
      page: 2,
      page_size: 20,
      data: [
        { id: TASK_ID, model: 'gpt-image-2', status: 'processing', created_at: 1790000000, has_results: false },
        { id: 'other-1', status: 'odd' },
      ],
    };
    const server = await startServer([{ body, headers: { date: 'Mon, 21 Sep 2026 14:13:20 GMT' } }]);
    const options = { model: 'gpt-image-2', status: 'processing', type: 'image', page: 2, pageSize: 20 } as const;

    const list = await clientFor(server.baseUrl).listTasks(options);

    expect(server.seen[0]?.url).toBe('/v1/tasks?model=gpt-image-2&status=processing&type=image&page=2&page_size=20');
    expect(list).toEqual({
      total: 41,
      page: 2,
      pageSize: 20,
      serverTime: 1_790_000_000_000,
      entries: [
        { id: TASK_ID, model: 'gpt-image-2', status: 'processing', createdAt: 1790000000 },
        { id: 'other-1', status: 'unknown' },
      ],
    });
  });

  test('without filters asks for the newest twenty', async () => {
    const server = await startServer([{ body: { data: [], total: 0 } }]);

    const list = await clientFor(server.baseUrl).listTasks();

    expect(server.seen[0]?.url).toBe('/v1/tasks?page=1&page_size=20');
    expect(list).toMatchObject({ total: 0, page: 1, entries: [] });
  });

  test.each([
    [1790000000, 1790000000],
    ['1790000000', 1790000000],
    [1790000000123, 1790000000.123],
    ['2026-09-21T14:13:20Z', 1790000000],
    ['yesterday', undefined],
    [null, undefined],
  ])('created_at %j is read as %j', async (createdAt, seconds) => {
    const server = await startServer([{ body: { total: 1, data: [{ id: TASK_ID, created_at: createdAt }] } }]);

    expect((await clientFor(server.baseUrl).listTasks()).entries[0]?.createdAt).toBe(seconds);
  });

  test.each([
    ['no list', { total: 0 }],
    ['a line without id', { total: 2, data: [{ id: TASK_ID }, { model: 'gpt-image-2' }] }],
    ['a line that is no object', { total: 1, data: ['x'] }],
    ['no total', { data: [] }],
    ['a total that is no count', { total: -1, data: [] }],
    ['another page', { total: 0, page: 2, data: [] }],
    ['another page size', { total: 0, page_size: 100, data: [] }],
  ])('a reply with %s is refused: a lost task could hide in it', async (_, body) => {
    const server = await startServer([{ body }]);

    const error = await failureOf(clientFor(server.baseUrl).listTasks());

    expect(error.name).toBe('EvolinkUnreadableReplyError');
  });
});

describe('getTasks', () => {
  test('asks for all in one call and reads those that are there', async () => {
    const other = 'task_img_2';
    const body = { code: 200, data: [COMPLETED, { id: 'foreign', status: 'completed' }, 'x', null] };
    const server = await startServer([{ body }]);

    const tasks = await clientFor(server.baseUrl).getTasks([TASK_ID, other]);

    expect(server.seen[0]).toMatchObject({ method: 'POST', url: '/v1/tasks/batch' });
    expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual({ task_ids: [TASK_ID, other] });
    expect(tasks).toMatchObject([{ id: TASK_ID, status: 'completed', results: [LINK] }]);
  });

  test('an answer without a list is read as an empty one', async () => {
    const server = await startServer([{ body: { code: 200 } }]);
    expect(await clientFor(server.baseUrl).getTasks([TASK_ID])).toEqual([]);
  });

  test.each([
    ['51 ids', Array.from({ length: 51 }, (_, index) => `id-${index}`)],
    ['an id that can be none', ['../credits']],
  ])('%s are refused without asking EvoLink', async (_, ids) => {
    const server = await startServer([{ body: {} }]);
    await expect(clientFor(server.baseUrl).getTasks(ids)).rejects.toThrow(TypeError);
    expect(server.seen).toHaveLength(0);
  });

  test('its failure says nothing about a submission', async () => {
    const server = await startServer([{ status: 503, body: 'down' }]);
    expect((await failureOf(clientFor(server.baseUrl).getTasks([TASK_ID]))).outcome).toBeUndefined();
  });
});

test('getModels reads the ids of the models that the key may use', async () => {
  const server = await startServer([{ body: { data: [{ id: 'gpt-image-2' }, { id: 'gpt-image-2.5-flare' }, {}] } }]);
  expect(await clientFor(server.baseUrl).getModels()).toEqual(['gpt-image-2', 'gpt-image-2.5-flare']);
});

describe('getCredits', () => {
  const reply = (remaining: unknown, token: unknown = { remaining_credits: 5, used_credits: 1 }) => ({
    success: true,
    message: '',
    data: { user: { remaining_credits: remaining, used_credits: 7.25 }, token },
  });

  async function creditsOf(body: unknown) {
    const server = await startServer([{ body }]);
    const credits = await clientFor(server.baseUrl).getCredits();
    expect(server.seen[0]?.url).toBe('/v1/credits');
    return credits;
  }

  test('reads account and key', async () => {
    expect(await creditsOf(reply(987.6543))).toEqual({
      account: { remaining: '987.6543', used: '7.25' },
      key: { remaining: '5', used: '1', unlimited: false },
    });
  });

  test.each([
    ['12345678901.2345', '12345678901.2345'],
    ['0.0001', '0.0001'],
    ['-0.3682', '-0.3682'],
    ['1e-7', '0.0000001'],
    ['1.25e-8', '0.0000000125'],
    ['1e21', '1000000000000000000000'],
    ['"55.58049360"', '55.58049360'],
  ])('the amount %s is %s', async (written, read) => {
    const body = JSON.stringify(reply('AMOUNT')).replace('"AMOUNT"', written);

    expect((await creditsOf(body)).account.remaining).toBe(read);
  });

  test('an unlimited key has nothing remaining to tell', async () => {
    const credits = await creditsOf(reply(1, { used_credits: 3, unlimited_credits: true }));

    expect(credits.key).toEqual({ remaining: '0', used: '3', unlimited: true });
  });

  test('a daily limit of the key is read; 0 means that there is none', async () => {
    const token = { remaining_credits: 5, used_credits: 1, daily_limit_credits: 50, daily_used_credits: 12.5 };
    const credits = await creditsOf(reply(1, { ...token, reset_timezone: 'UTC' }));
    expect(credits.key.daily).toEqual({ limit: '50', used: '12.5', timeZone: 'UTC' });
    expect((await creditsOf(reply(1, { ...token, daily_limit_credits: 0 }))).key.daily).toBeUndefined();
  });

  test.each([
    ['success: false', { ...reply(1), success: false }],
    ['no amount', reply(undefined)],
    ['no number', reply('many')],
    ['an exponent in a text', reply('1e3')],
    ['too large a number', JSON.stringify(reply('AMOUNT')).replace('"AMOUNT"', '1e999')],
    ['a key without amounts', reply(1, {})],
    ['no data', { success: false, message: 'no' }],
  ])('a reply with %s is refused', async (_, body) => {
    const server = await startServer([{ body }]);

    const error = await failureOf(clientFor(server.baseUrl).getCredits());

    expect(error.name).toBe('EvolinkUnreadableReplyError');
  });
});
