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
    [null, undefined],
  ])('the error %j of a failed task is read as %j', async (error, expected) => {
    expect((await taskOf({ id: TASK_ID, status: 'failed', error })).error).toEqual(expected);
  });

  test('an error beside another status is no error', async () => {
    const error = { code: 'service_error', message: 'first try' };

    expect((await taskOf({ id: TASK_ID, status: 'processing', error })).error).toBeUndefined();
  });

  test.each([
    ['results', { results: [LINK] }, [LINK]],
    ['results with other things in it', { results: [null, 5, LINK, { url: 'x' }, ''] }, [LINK]],
    ['result_data.url', { result_data: [{ url: LINK }, 7] }, [LINK]],
    ['result_data.image_url', { results: [], result_data: [{ image_url: LINK }] }, [LINK]],
    ['nothing', {}, []],
    ['other types', { results: LINK, result_data: { url: LINK } }, []],
  ])('links come from %s', async (_, fields, links) => {
    expect((await taskOf({ id: TASK_ID, status: 'completed', ...fields })).results).toEqual(links);
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

    expect(error).toMatchObject({ name: 'EvolinkUnreadableReplyError', safeToRepeat: true });
  });

  test.each(['', 'x', '../credits', 'task-unified-', 'task-unified-a b', `task-unified-${'x'.repeat(300)}`])(
    'the id %j is refused without asking EvoLink',
    async (id) => {
      const server = await startServer([{ body: COMPLETED }]);

      const error = await failureOf(clientFor(server.baseUrl).getTask(id));

      expect(error).toMatchObject({ name: 'EvolinkInvalidRequestError', code: 'invalid_task_id' });
      expect(server.seen).toHaveLength(0);
    },
  );

  test('an id cannot leave its place in the path', async () => {
    const server = await startServer([{ body: {} }]);

    await clientFor(server.baseUrl).getTask('task-unified-/../../credits?x#y');

    expect(server.seen[0]?.url).toBe('/v1/tasks/task-unified-%2F..%2F..%2Fcredits%3Fx%23y');
  });

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
    const options = { model: 'gpt-image-2', status: 'processing', type: 'image', page: 2, pageSize: 20 };

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

  test('without filters asks for the plain list', async () => {
    const server = await startServer([{ body: { data: [] } }]);

    const list = await clientFor(server.baseUrl).listTasks();

    expect(server.seen[0]?.url).toBe('/v1/tasks');
    expect(list).toMatchObject({ total: 0, page: 1, entries: [] });
  });

  test.each([
    ['a full page means that there may be more', 2, 5],
    ['a page that is not full is the last one', 3, 5],
  ])('without a total, %s', async (_, pageSize, total) => {
    const data = [{ id: 'a' }, { id: 'b' }];
    const server = await startServer([{ body: { data } }]);

    expect((await clientFor(server.baseUrl).listTasks({ page: 2, pageSize })).total).toBe(total);
  });

  test.each([
    [1790000000, 1790000000],
    ['1790000000', 1790000000],
    [1790000000123, 1790000000.123],
    ['2026-09-21T14:13:20Z', 1790000000],
    ['yesterday', undefined],
    [null, undefined],
  ])('created_at %j is read as %j', async (createdAt, seconds) => {
    const server = await startServer([{ body: { data: [{ id: TASK_ID, created_at: createdAt }] } }]);

    expect((await clientFor(server.baseUrl).listTasks()).entries[0]?.createdAt).toBe(seconds);
  });

  test.each([
    ['no list', { total: 0 }],
    ['a line without id', { data: [{ id: TASK_ID }, { model: 'gpt-image-2' }] }],
    ['a line that is no object', { data: ['x'] }],
  ])('a reply with %s is refused: a lost task could hide in it', async (_, body) => {
    const server = await startServer([{ body }]);

    const error = await failureOf(clientFor(server.baseUrl).listTasks());

    expect(error.name).toBe('EvolinkUnreadableReplyError');
  });
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

  test.each([
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
