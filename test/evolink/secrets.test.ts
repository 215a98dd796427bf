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

const SIGNATURE = 'f'.repeat(64);
const SIGNED_URL = `https://refs.s3.eu-west-1.amazonaws.com/a.png?X-Amz-Credential=ASIA0&X-Amz-Security-Token=tok&X-Amz-Signature=${SIGNATURE}`;
const ESCAPED_URL = encodeURIComponent(SIGNED_URL);

test.each([
  ['whole', `could not fetch ${SIGNED_URL}, gave up`, 'could not fetch https://refs.s3.eu-west-1.amazonaws.com/a.png?'],
  ['in quotes', `could not fetch "${SIGNED_URL}"`, 'could not fetch "https://refs.s3'],
  ['without its beginning', `…${SIGNED_URL.slice(40)} gave 403`, 'gave 403'],
  ['escaped', `at ${ESCAPED_URL} gave 403`, 'gave 403'],
  [
    'signed by another cloud',
    'at https://storage.example.com/a.png?sig=' + SIGNATURE,
    'at https://storage.example.com/a.png?',
  ],
  [
    'our own callback',
    `could not call /callback/attempt-0123456789abcdef/${SIGNATURE.slice(0, 43)}`,
    'could not call /callback/',
  ],
])('a credential in a URL is masked wherever it is quoted: %s', async (_, message, kept) => {
  const body = { error: { code: 'invalid_request', message, type: 't' } };
  const server = await startServer([{ status: 400, body }]);

  const { providerMessage } = await failedSubmit(server.baseUrl);

  expect(providerMessage).toContain(kept);
  for (const secret of [SIGNATURE.slice(0, 43), 'ASIA0', '=tok']) expect(providerMessage).not.toContain(secret);
});

test('a failed task that quotes a signed reference keeps it to itself', async () => {
  const id = 'task-unified-1790000000-a1b2c3d4';
  const error = { code: 'image_processing_error', message: `could not fetch ${SIGNED_URL}`, type: 'task_error' };
  const server = await startServer([{ body: { id, status: 'failed', error } }]);

  const task = await clientFor(server.baseUrl).getTask(id);

  expect(task.error?.code).toBe('image_processing_error');
  expect(task.error?.message).toContain('https://refs.s3');
  expect(JSON.stringify(task)).not.toContain(SIGNATURE);
});
