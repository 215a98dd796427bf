/** EvoLink quotes what it refuses, and errors end in logs: neither may give away key, prompt or callback URL. */
import { inspect } from 'node:util';
import { redactor } from '../../evolink/redact';
import {
  API_KEY,
  CALLBACK_SECRET,
  CALLBACK_URL,
  clientFor,
  failedSubmit,
  IDEMPOTENCY_KEY,
  PROMPT,
  REQUEST,
} from './support/client';
import { closeServers, startRawServer, startServer, unusedPort, type Reply } from './support/servers';

afterEach(closeServers);

const SECRETS = [API_KEY, PROMPT, CALLBACK_URL, CALLBACK_SECRET];
const QUOTED = `key ${API_KEY}, prompt ${PROMPT}, url ${CALLBACK_URL}, path /${CALLBACK_SECRET}`;

const QUOTING: [string, Reply][] = [
  ['message', { status: 400, body: { error: { code: 'invalid_request', message: QUOTED, type: 't' } } }],
  ['code', { status: 400, body: { error: { code: API_KEY, message: 'm', type: 't' } } }],
  ['code with a URL', { status: 403, body: { error: { code: CALLBACK_URL, message: PROMPT, type: 't' } } }],
  ['text as error', { status: 402, body: { error: QUOTED } }],
  ['flat message', { status: 500, body: { message: QUOTED, request_id: API_KEY } }],
  ['header', { status: 429, body: {}, headers: { 'x-request-id': API_KEY } }],
  ['HTML', { status: 502, body: `<html>${QUOTED}</html>` }],
  ['broken success', { status: 200, body: `{"id": ${QUOTED}` }],
  ['redirect', { status: 302, headers: { location: CALLBACK_URL } }],
];

test.each(QUOTING)('a reply that quotes them in its %s', async (_, reply) => {
  const server = await startServer([reply]);

  const error = await failedSubmit(server.baseUrl);

  const shown = inspect(error, { depth: 10 }) + error.message + JSON.stringify(error) + String(error.providerMessage);
  for (const secret of SECRETS) expect(shown).not.toContain(secret);
});

test.each(QUOTING)('the log line of a reply that quotes them in its %s', async (_, reply) => {
  const server = await startServer([reply]);
  const lines: string[] = [];
  const client = clientFor(server.baseUrl, (event) => lines.push(JSON.stringify(event)));

  await client.submit(REQUEST, { idempotencyKey: IDEMPOTENCY_KEY }).catch(() => undefined);

  expect(lines).toHaveLength(1);
  for (const secret of SECRETS) expect(lines.join()).not.toContain(secret);
});

test('a reply that is no HTTP and quotes them', async () => {
  const server = await startRawServer((socket) => socket.end(`garbage ${QUOTED}\r\n\r\n`));

  const error = await failedSubmit(`http://127.0.0.1:${server.port}`);

  const shown = inspect(error, { depth: 10, showHidden: true });
  for (const secret of SECRETS) expect(shown).not.toContain(secret);
});

test('a connection that fails', async () => {
  const error = await failedSubmit(`http://127.0.0.1:${await unusedPort()}`);

  const shown = inspect(error, { depth: 10, showHidden: true });
  for (const secret of SECRETS) expect(shown).not.toContain(secret);
});

test("EvoLink's words are not among the fields that loggers print", async () => {
  const body = { error: { code: 'x', message: 'words', type: 't' } };
  const server = await startServer([{ status: 400, body }]);

  const error = await failedSubmit(server.baseUrl);

  expect(error.providerMessage).toBe('words');
  expect(Object.keys(error)).not.toContain('providerMessage');
  expect(inspect(error)).not.toContain('words');
});

test('a short prompt is not masked: it is an ordinary word', () => {
  const redact = redactor({ apiKey: API_KEY, prompt: 'cat' });

  expect(redact(`category unknown for ${API_KEY}`)).toBe('category unknown for [redacted]');
});
