import { EvolinkClient, type EvolinkCallEvent } from '../../evolink/client';
import type { SubmitRequest } from '../../evolink/types';
import { API_KEY, clientFor, failureOf, IDEMPOTENCY_KEY, REQUEST, TASK_ID } from './support/client';
import { closeServers, startServer } from './support/servers';

afterEach(closeServers);

const CREATED = {
  created: 1790000000,
  id: TASK_ID,
  model: 'gpt-image-2',
  object: 'image.generation.task',
  progress: 0,
  status: 'pending',
  type: 'image',
  task_info: { can_cancel: true, estimated_time: 100 },
  usage: { billing_rule: 'per_token', credits_reserved: 3.2241, user_group: 'default' },
};

test('sends one POST with key, user agent, idempotency key and the eight documented fields', async () => {
  const server = await startServer([{ body: CREATED }]);

  await clientFor(server.baseUrl).submit(REQUEST, { idempotencyKey: IDEMPOTENCY_KEY });

  expect(server.seen).toHaveLength(1);
  expect(server.seen[0]).toMatchObject({
    method: 'POST',
    url: '/v1/images/generations',
    headers: {
      authorization: `Bearer ${API_KEY}`,
      'content-type': 'application/json',
      'user-agent': 'evolink-image-pipeline/1.2.3',
      'idempotency-key': IDEMPOTENCY_KEY,
      'x-evo-run-id': IDEMPOTENCY_KEY,
    },
  });
  expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual(REQUEST);
});

test('sends no field that the documented eight do not name, and none without a value', async () => {
  const server = await startServer([{ body: CREATED }]);
  const request = { model: 'gpt-image-2', prompt: 'x', size: undefined, tenant: 'red' } as SubmitRequest;

  await clientFor(server.baseUrl).submit(request, { idempotencyKey: IDEMPOTENCY_KEY });

  expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual({ model: 'gpt-image-2', prompt: 'x' });
});

/** Fact sheet 3.1.3: a repeat must be equal to the byte, and is answered with a header. */
test('a repeat with an equal request sends the same bytes, and says whether EvoLink knew the key', async () => {
  const server = await startServer([{ body: CREATED }, { body: CREATED, headers: { 'Idempotency-Replayed': 'true' } }]);
  const client = clientFor(server.baseUrl);

  const first = await client.submit(REQUEST, { idempotencyKey: IDEMPOTENCY_KEY });
  const reordered = Object.fromEntries(Object.entries(REQUEST).reverse()) as unknown as SubmitRequest;
  const second = await client.submit(reordered, { idempotencyKey: IDEMPOTENCY_KEY });

  expect(server.seen[1]?.body).toBe(server.seen[0]?.body);
  expect([first.replayed, second.replayed]).toEqual([undefined, true]);
});

test('passes a prompt of 32 000 four-byte characters unharmed', async () => {
  const server = await startServer([{ body: CREATED }]);
  const prompt = '𠜎'.repeat(32_000);

  await clientFor(server.baseUrl).submit({ ...REQUEST, prompt }, { idempotencyKey: IDEMPOTENCY_KEY });

  expect(Number(server.seen[0]?.headers['content-length'])).toBeGreaterThan(128_000);
  expect((JSON.parse(server.seen[0]?.body ?? '') as SubmitRequest).prompt === prompt).toBe(true);
});

test('reads the task, the clock of the server and the request id', async () => {
  const headers = { date: 'Mon, 21 Sep 2026 14:13:20 GMT', 'x-request-id': 'req-1' };
  const server = await startServer([{ body: CREATED, headers }]);

  const task = await clientFor(server.baseUrl).submit(REQUEST, { idempotencyKey: IDEMPOTENCY_KEY });

  expect(task).toEqual({
    id: TASK_ID,
    status: 'pending',
    model: 'gpt-image-2',
    estimatedSeconds: 100,
    billingRule: 'per_token',
    serverTime: 1_790_000_000_000,
    requestId: 'req-1',
  });
});

test.each([
  ['only an id', { id: TASK_ID }, 'unknown'],
  ['an unknown status', { id: TASK_ID, status: 'queued-somewhere' }, 'unknown'],
  ['already processing', { id: TASK_ID, status: 'processing', progress: 1 }, 'processing'],
  ['fields of other types', { id: TASK_ID, status: 7, usage: 'none', task_info: [], model: null }, 'unknown'],
])('accepts a reply with %s: the id is what counts', async (_, body, status) => {
  const server = await startServer([{ body, status: 201 }]);

  const task = await clientFor(server.baseUrl).submit(REQUEST, { idempotencyKey: IDEMPOTENCY_KEY });

  expect(task).toMatchObject({ id: TASK_ID, status });
});

test('logs one event without body, headers or ids', async () => {
  const events: EvolinkCallEvent[] = [];
  const server = await startServer([{ body: CREATED, headers: { 'x-oneapi-request-id': 'req-2' } }]);

  await clientFor(server.baseUrl, (event) => events.push(event)).submit(REQUEST, { idempotencyKey: IDEMPOTENCY_KEY });

  expect(events).toEqual([
    {
      event: 'evolink_call',
      method: 'POST',
      route: '/v1/images/generations',
      status: 200,
      requestId: 'req-2',
      ms: expect.any(Number) as number,
      error: undefined,
    },
  ]);
});

test('a logger that throws does not lose the task', async () => {
  const server = await startServer([{ body: CREATED }]);
  const client = clientFor(server.baseUrl, () => {
    throw new Error('disk full');
  });

  await expect(client.submit(REQUEST, { idempotencyKey: IDEMPOTENCY_KEY })).resolves.toMatchObject({ id: TASK_ID });
});

test('logs the name of the error of a failed call', async () => {
  const events: EvolinkCallEvent[] = [];
  const server = await startServer([{ status: 402, body: {} }]);

  await failureOf(
    clientFor(server.baseUrl, (event) => events.push(event)).submit(REQUEST, { idempotencyKey: IDEMPOTENCY_KEY }),
  );

  expect(events).toMatchObject([{ status: 402, error: 'EvolinkInsufficientCreditsError' }]);
});

test.each(['short', 'has spaces in it, and commas', 'x'.repeat(97), 'line\nbreak-line-break'])(
  'refuses the idempotency key %j before anything is sent',
  async (idempotencyKey) => {
    const server = await startServer([{ body: CREATED }]);

    await expect(clientFor(server.baseUrl).submit(REQUEST, { idempotencyKey })).rejects.toThrow(TypeError);
    expect(server.seen).toHaveLength(0);
  },
);

test.each([
  ['http to another machine', 'http://api.evolink.ai'],
  ['another protocol', 'ftp://127.0.0.1'],
  ['a query', 'https://api.evolink.ai?x=1'],
  ['credentials', 'https://me:pw@api.evolink.ai'],
  ['no URL', 'api.evolink.ai'],
])('refuses a base URL with %s', (_, baseUrl) => {
  expect(() => clientFor(baseUrl)).toThrow(TypeError);
});

test.each(['', 'sk-with-newline\n', 'sk with space', 'sk-ключ'])(
  'refuses the key %j without repeating it',
  (apiKey) => {
    const create = () => new EvolinkClient({ baseUrl: 'https://api.evolink.ai', apiKey, version: '1' });

    expect(create).toThrow(new TypeError('apiKey must be printable ASCII without spaces'));
  },
);

test('keeps a path of the base URL as prefix', async () => {
  const server = await startServer([{ body: CREATED }]);

  await clientFor(`${server.baseUrl}/gateway/`).submit(REQUEST, { idempotencyKey: IDEMPOTENCY_KEY });

  expect(server.seen[0]?.url).toBe('/gateway/v1/images/generations');
});
