/** What an address answers to a stranger, over HTTPS, and the ways in which none answers. */
import type { RequestListener } from 'node:http';
import { createServer as createTlsServer, type Server } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { generate } from 'selfsigned';
import { post } from '../../../bin/commands/post';

const TIMEOUT_MS = 5_000;
const closers: (() => void)[] = [];
let tls: { key: string; cert: string };

beforeAll(async () => {
  const made = await generate([{ name: 'commonName', value: 'localhost' }]);
  tls = { key: made.private, cert: made.cert };
});

afterEach(() => closers.splice(0).forEach((close) => close()));

async function listen(server: Server | ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

const serve = (listener: RequestListener) => listen(createTlsServer(tls, listener));

test('a certificate that nobody vouches for is refused, by the code that doctor explains', async () => {
  const asked = jest.fn();
  const port = await serve(asked);

  await expect(post(`https://127.0.0.1:${port}/`, TIMEOUT_MS)).rejects.toMatchObject({
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  });
  expect(asked).not.toHaveBeenCalled();
});

test('names below localhost are this machine, whatever the resolver knows', async () => {
  const port = await serve(() => undefined);

  await expect(post(`https://api.execute-api.localhost:${port}/`, TIMEOUT_MS)).rejects.toMatchObject({
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  });
});

test('somebody who never answers: a time limit of our own', async () => {
  const port = await listen(createServer((socket) => void closers.push(() => socket.destroy())));

  await expect(post(`https://127.0.0.1:${port}/`, 200)).rejects.toMatchObject({ name: 'TimeoutError' });
});

test('nobody there', async () => {
  const server = createServer();
  const port = await listen(server);
  server.close();

  await expect(post(`https://127.0.0.1:${port}/`, TIMEOUT_MS)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
