import { X509Certificate } from 'node:crypto';
import * as fs from 'node:fs';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { ensureCertificate } from '../../../local/cloud/certificate';

const DAY_MS = 24 * 60 * 60 * 1000;
let dir: string;

beforeEach(() => {
  dir = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'certificate-')), 'tls');
});
afterEach(() => fs.rmSync(path.dirname(dir), { recursive: true, force: true }));

const read = (file: string) => fs.readFileSync(file, 'utf8');

test.each(['localhost', 'abc123.execute-api.localhost', '127.0.0.1'])(
  'is valid for %s, alone as a trust anchor',
  async (host) => {
    const { certPath, keyPath } = await ensureCertificate(dir);
    const server = https.createServer({ cert: read(certPath), key: read(keyPath) }, (_request, reply) =>
      reply.end('hello'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const status = await new Promise((resolve, reject) => {
        const options = { host: '127.0.0.1', port, servername: host === '127.0.0.1' ? '' : host, ca: read(certPath) };
        https
          .get({ ...options, headers: { host }, agent: false }, (reply) => resolve(reply.resume().statusCode))
          .on('error', reject);
      });

      expect(status).toBe(200);
      expect(new X509Certificate(read(certPath)).checkHost('example.com')).toBeUndefined();
    } finally {
      server.close();
    }
  },
);

test('is made once, and its key is for its owner only', async () => {
  const first = await ensureCertificate(dir);
  const before = read(first.certPath);

  const second = await ensureCertificate(dir);

  expect(read(second.certPath)).toBe(before);
  expect(fs.statSync(second.keyPath).mode & 0o077).toBe(0);
});

test('is renewed, with a key that belongs to it, when it is about to expire', async () => {
  const first = await ensureCertificate(dir);
  const before = read(first.certPath);

  const { certPath, keyPath } = await ensureCertificate(dir, new Date(Date.now() + 340 * DAY_MS));

  expect(read(certPath)).not.toBe(before);
  expect(() => https.createServer({ cert: read(certPath), key: read(keyPath) })).not.toThrow();
  expect(new Date(new X509Certificate(read(certPath)).validTo).getTime()).toBeGreaterThan(Date.now() + 600 * DAY_MS);
});
