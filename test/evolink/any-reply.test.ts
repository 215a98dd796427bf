/** Whatever comes back, a call gives its result or an EvolinkError: nothing else may reach a handler. */
import fc from 'fast-check';
import type { EvolinkClient } from '../../evolink/client';
import { EvolinkError } from '../../evolink/errors';
import { redactor } from '../../evolink/redact';
import { errorOfReply } from '../../evolink/reply-errors';
import { readCredits } from '../../evolink/read-credits';
import { isTaskId, readSubmittedTask, readTask } from '../../evolink/read-task';
import { readTaskList } from '../../evolink/read-task-list';
import { API_KEY, clientFor, IDEMPOTENCY_KEY, PROMPT, REQUEST, TASK_ID } from './support/client';
import { closeServers, startServer, type Reply } from './support/servers';

afterAll(closeServers);

/** Any JSON, and objects with our field names around any JSON, which get further into the readers. */
const names = ['id', 'status', 'error', 'code', 'message', 'usage', 'results', 'result_data', 'url', 'data', 'user'];
const more = [
  'billing',
  'token',
  'remaining_credits',
  'used_credits',
  'total',
  'page',
  'page_size',
  'created_at',
  'task_info',
];
const { reply: anyBody } = fc.letrec<{ reply: unknown }>((tie) => ({
  reply: fc.oneof(
    { depthSize: 'small' },
    fc.jsonValue(),
    fc.constantFrom(TASK_ID, 'completed', 'failed', 'request_cancelled', 1790000000, API_KEY, PROMPT),
    fc.dictionary(fc.constantFrom(...names, ...more), tie('reply'), { maxKeys: 6 }),
    fc.array(tie('reply'), { maxLength: 3 }),
  ),
}));

const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('a submission reply is a task with a usable id, or nothing', () => {
  fc.assert(
    fc.property(anyBody, (body) => {
      const task = readSubmittedTask(throughJson(body));
      if (task !== undefined) expect(isTaskId(task.id)).toBe(true);
    }),
  );
});

test('a task has the id that was asked for and links that are text', () => {
  fc.assert(
    fc.property(anyBody, (body) => {
      const task = readTask(throughJson(body), TASK_ID, redactor({ apiKey: API_KEY }));
      if (task === undefined) return;
      expect(task.id).toBe(TASK_ID);
      expect(task.results.every((link) => /^https?:/i.test(link))).toBe(true);
      if (task.error !== undefined) expect(['failed', 'cancelled']).toContain(task.status);
    }),
  );
});

test('a list is the page that was asked for, with a total, or nothing', () => {
  const id = fc.string({ minLength: 1 });
  fc.assert(
    fc.property(fc.array(fc.record({ id })), fc.nat(50), fc.nat(50), fc.nat(), (data, page, pageSize, total) => {
      const body = { data, page, page_size: pageSize, total };
      expect(readTaskList(body, { page, pageSize })).toMatchObject({ page, pageSize, total });
      expect(readTaskList(body, { page: page + 1, pageSize })).toBeUndefined();
    }),
  );
  fc.assert(fc.property(anyBody, (body) => void readTaskList(throughJson(body), { page: 1, pageSize: 50 })));
});

test('an amount of credits is plain decimal text that reads back as the same number', () => {
  const amount = fc.double({ noNaN: true, noDefaultInfinity: true });

  fc.assert(
    fc.property(amount, (remaining) => {
      const amounts = { remaining_credits: remaining, used_credits: 0 };
      const credits = readCredits({ data: { user: amounts, token: amounts } });
      expect(credits?.account.remaining).toMatch(/^-?\d+(\.\d+)?$/);
      expect(Number(credits?.account.remaining)).toBe(remaining === 0 ? 0 : remaining);
    }),
  );
  fc.assert(fc.property(anyBody, (body) => void readCredits(throughJson(body))));
});

test('any refusal becomes an EvolinkError whose message is free of key and prompt', () => {
  const redact = redactor({ apiKey: API_KEY, prompt: PROMPT });
  const status = fc.oneof(fc.integer({ min: 300, max: 599 }), fc.constantFrom(400, 402, 409, 429, 502, 503));

  fc.assert(
    fc.property(status, anyBody, (code, body) => {
      const reply = { status: code, headers: {}, body: JSON.stringify(body) };
      const error = errorOfReply(reply, { title: 'POST /x', submission: true, redact });
      expect(error).toBeInstanceOf(EvolinkError);
      expect(['no_task', 'refused', 'unknown']).toContain(error.outcome);
      expect(error.message + JSON.stringify(error)).not.toContain(API_KEY);
      expect(error.message + String(error.providerMessage)).not.toContain(PROMPT);
    }),
  );
});

const CALLS: [string, (client: EvolinkClient) => Promise<unknown>][] = [
  ['submit', (client) => client.submit(REQUEST, { idempotencyKey: IDEMPOTENCY_KEY })],
  ['getTask', (client) => client.getTask(TASK_ID)],
  ['getTasks', (client) => client.getTasks([TASK_ID])],
  ['getModels', (client) => client.getModels()],
  ['listTasks', (client) => client.listTasks()],
  ['getCredits', (client) => client.getCredits()],
];

test.each(CALLS)('%s: any status with any body over the wire', async (_, call) => {
  const replies: Reply[] = [];
  const server = await startServer(replies);
  const client = clientFor(server.baseUrl);
  const status = fc.constantFrom(200, 201, 204, 302, 400, 401, 404, 409, 418, 429, 500, 502, 503, 504, 599);
  const body = fc.oneof(
    anyBody.map((value) => JSON.stringify(value)),
    fc.string(),
  );

  await fc.assert(
    fc.asyncProperty(status, body, async (code, text) => {
      replies.push({ status: code, body: text });
      const outcome = await call(client).catch((error: unknown) => error);
      if (code >= 300 || outcome instanceof Error) expect(outcome).toBeInstanceOf(EvolinkError);
    }),
    { numRuns: 60 },
  );
});
