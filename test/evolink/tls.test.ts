/** The connection as it is in production: HTTPS, with trust that Node itself takes from its environment. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { generate } from 'selfsigned';
import { API_KEY, failedSubmit, IDEMPOTENCY_KEY, REQUEST, TASK_ID } from './support/client';
import { closeServers, startServer } from './support/servers';

afterEach(closeServers);

async function certificate(ip = '127.0.0.1'): Promise<{ key: string; cert: string }> {
  const extensions = [{ name: 'subjectAltName' as const, altNames: [{ type: 7 as const, ip }] }];
  const made = await generate([{ name: 'commonName', value: 'localhost' }], { extensions });
  return { key: made.private, cert: made.cert };
}

const SCRIPT = `
  const { EvolinkClient } = require(process.env.CLIENT);
  const { baseUrl, apiKey, request, idempotencyKey } = JSON.parse(process.env.INPUT);
  const client = new EvolinkClient({ baseUrl, apiKey, version: '1' });
  (async () => {
    const task = await client.submit(request, { idempotencyKey });
    const again = await client.submit(request, { idempotencyKey });
    console.log(JSON.stringify([task.id, again.id]));
  })();
`;

test('a certificate that NODE_EXTRA_CA_CERTS names is trusted, and each POST has its own connection', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'evolink-tls-'));
  try {
    const tls = await certificate();
    await writeFile(join(folder, 'ca.pem'), tls.cert);
    const server = await startServer([{ body: { id: TASK_ID }, headers: { connection: 'keep-alive' } }], tls);
    const input = { baseUrl: server.baseUrl, apiKey: API_KEY, request: REQUEST, idempotencyKey: IDEMPOTENCY_KEY };

    const { stdout } = await promisify(execFile)(process.execPath, ['--require', 'tsx/cjs', '-e', SCRIPT], {
      cwd: resolve(__dirname, '../..'),
      env: {
        ...process.env,
        NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
        CLIENT: resolve(__dirname, '../../evolink/client'),
        INPUT: JSON.stringify(input),
      },
    });

    expect(JSON.parse(stdout)).toEqual([TASK_ID, TASK_ID]);
    expect(server.seen.map(({ connection }) => connection)).toEqual([1, 2]);
  } finally {
    await rm(folder, { recursive: true });
  }
}, 20_000);

test('a certificate that nobody trusts: nothing is sent', async () => {
  const server = await startServer([{ body: { id: TASK_ID } }], await certificate());

  const error = await failedSubmit(server.baseUrl);

  expect(error).toMatchObject({ name: 'EvolinkConnectionError', outcome: 'no_task' });
  expect(error.cause).toMatchObject({ code: expect.stringMatching(/CERT|SIGN/) as string });
  expect(server.seen).toHaveLength(0);
});
