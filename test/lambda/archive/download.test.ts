import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { download, type DownloadOptions } from '../../../lambda/archive/download';
import { ArchiveError } from '../../../lambda/archive/errors';
import { FileHost, HOST_NAME } from '../../support/file-host';
import { pngOf } from '../../support/png';

let host: FileHost;
let folder: string;

beforeAll(async () => {
  host = await FileHost.start();
  folder = await mkdtemp(join(tmpdir(), 'download-test-'));
});
afterEach(() => host.reset());
afterAll(async () => {
  host.close();
  await rm(folder, { recursive: true, force: true });
});

const file = () => join(folder, 'image');
const fetched = (url: string, options: Partial<DownloadOptions> = {}) => download(url, file(), host.options(options));

async function failureOf(url: string, options: Partial<DownloadOptions> = {}): Promise<ArchiveError> {
  const error: unknown = await fetched(url, options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ArchiveError)) throw new Error('Expected an ArchiveError', { cause: error });
  // Whoever has the link can fetch the image.
  expect(error.message).not.toContain('/secret-link');
  return error;
}

describe('a file', () => {
  test('is saved as it came, hashed on the way', async () => {
    const body = pngOf(64, 48);
    const result = await fetched(host.file('/a.png', body));
    expect(result).toEqual({ bytes: body.length, sha256: createHash('sha256').update(body).digest('hex') });
    expect(await readFile(file())).toEqual(body);
  });

  test('is asked for with our own User-Agent and without any credentials', async () => {
    await fetched(host.file('/a.png', 'x'));
    const { headers } = host.seen[0] ?? {};
    expect(headers?.['user-agent']).toBe('evolink-image-pipeline/1.2.3');
    expect(headers).not.toHaveProperty('authorization');
    expect(headers).not.toHaveProperty('cookie');
  });

  test('without an announced length is taken', async () => {
    const url = host.on('/chunked', (_, response) => {
      response.write('abc');
      response.end('def');
    });
    await expect(fetched(url)).resolves.toMatchObject({ bytes: 6 });
  });

  test('is written anew by a second download', async () => {
    await fetched(host.file('/long', 'x'.repeat(1_000)));
    await fetched(host.file('/short', 'y'));
    expect(await readFile(file(), 'utf8')).toBe('y');
  });

  test('of exactly the limit is taken', async () => {
    await expect(fetched(host.file('/a', 'x'.repeat(100)), { maxBytes: 100 })).resolves.toMatchObject({ bytes: 100 });
  });
});

describe('what is no file', () => {
  test.each([403, 404, 410])('%i: the link has expired', async (status) => {
    expect((await failureOf(host.status('/secret-link', status))).name).toBe('ResultExpired');
  });

  test.each([204, 206, 400, 401, 429, 500, 502, 503])('%i: unavailable, which may pass', async (status) => {
    expect((await failureOf(host.status('/secret-link', status))).name).toBe('ResultUnavailable');
  });

  test('a body that breaks off', async () => {
    const url = host.on('/secret-link', (_, response) => {
      response.writeHead(200, { 'content-length': 1_000 });
      response.write('x'.repeat(10), () => response.destroy());
    });
    expect((await failureOf(url)).name).toBe('ResultUnavailable');
  });

  test('a body without length that breaks off', async () => {
    const url = host.on('/secret-link', (_, response) => {
      response.write('x'.repeat(10), () => response.destroy());
    });
    expect((await failureOf(url)).name).toBe('ResultUnavailable');
  });

  test('nobody listens', async () => {
    const other = await FileHost.start();
    const url = other.url('/secret-link');
    other.close();
    expect((await failureOf(url)).name).toBe('ResultUnavailable');
  });

  test('a certificate that nobody trusts', async () => {
    expect((await failureOf(host.file('/secret-link', 'x'), { ca: undefined })).name).toBe('ResultUnavailable');
    expect(host.seen).toEqual([]);
  });
});

describe('limits', () => {
  test('a length above the limit is refused before it is read', async () => {
    const url = host.on('/secret-link', (_, response) => response.writeHead(200, { 'content-length': 101 }).write('x'));
    expect((await failureOf(url, { maxBytes: 100, idleMs: 60_000 })).name).toBe('ResultTooLarge');
  });

  test('more than the limit without announcing it is refused while it is read', async () => {
    const url = host.on('/secret-link', (_, response) => {
      const write = () => response.write('x'.repeat(60)) && setImmediate(write);
      write();
    });
    expect((await failureOf(url, { maxBytes: 100 })).name).toBe('ResultTooLarge');
  });

  test('silence before the reply', async () => {
    const url = host.on('/secret-link', () => undefined);
    expect((await failureOf(url, { idleMs: 50 })).name).toBe('ResultUnavailable');
  });

  test('silence within the body', async () => {
    const url = host.on('/secret-link', (_, response) => response.write('x'));
    expect((await failureOf(url, { idleMs: 50 })).name).toBe('ResultUnavailable');
  });

  test('a drip that never falls silent ends with the time for all', async () => {
    const url = host.on('/secret-link', (_, response) => {
      const drip = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(drip));
    });
    const started = performance.now();
    expect((await failureOf(url, { idleMs: 5_000, totalMs: 150 })).name).toBe('ResultUnavailable');
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  test('the time for all counts every redirect', async () => {
    const hop = (path: string, to: string) =>
      host.on(path, (_, response) => void setTimeout(() => response.writeHead(302, { location: to }).end(), 100));
    hop('/secret-link/2', '/secret-link/3');
    hop('/secret-link/3', '/secret-link/4');
    const url = hop('/secret-link/1', '/secret-link/2');
    expect((await failureOf(url, { totalMs: 150 })).name).toBe('ResultUnavailable');
    expect(host.hits('/secret-link/4')).toBe(0);
  });
});

describe('redirects', () => {
  test.each([301, 302, 303, 307, 308])('%i is followed, also by a relative path', async (status) => {
    host.file('/b.png', 'image');
    const url = host.redirect('/a.png', '/b.png', status);
    await expect(fetched(url)).resolves.toMatchObject({ bytes: 5 });
  });

  test('three are followed, a fourth is not, nor a loop', async () => {
    host.file('/4', 'image');
    host.redirect('/3', '/4');
    host.redirect('/2', '/3');
    const three = host.redirect('/1', '/2');
    await expect(fetched(three)).resolves.toMatchObject({ bytes: 5 });
    expect((await failureOf(host.redirect('/0', '/1'))).name).toBe('ResultUnavailable');
    expect((await failureOf(host.redirect('/secret-link', '/secret-link'))).name).toBe('ResultUnavailable');
    expect(host.hits('/secret-link')).toBe(4);
  });

  test.each([
    ['http', 'http://127.0.0.1/secret-link'],
    ["a cloud's metadata", 'https://169.254.169.254/secret-link'],
    ['a private network', 'https://10.0.0.1/secret-link'],
    ['a private network in IPv6', 'https://[fd00::1]/secret-link'],
    ['a file', 'file:///secret-link'],
    ['credentials', 'https://user:pass@127.0.0.1/secret-link'],
  ])('to %s is blocked', async (_, location) => {
    expect((await failureOf(host.redirect('/secret-link', location))).name).toBe('ResultBlocked');
  });

  test('to a host that is not allowed is blocked, though the first one is', async () => {
    const url = host.redirect('/secret-link', `https://${HOST_NAME}/secret-link`);
    expect((await failureOf(url, { resultHosts: ['127.0.0.1'] })).name).toBe('ResultBlocked');
  });

  test('to nonsense is no reason to crash', async () => {
    expect((await failureOf(host.redirect('/secret-link', 'https://['))).name).toBe('ResultUnavailable');
  });
});

describe('the address behind a name', () => {
  const resolving =
    (...addresses: string[]): DownloadOptions['resolve'] =>
    (_, __, callback) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );

  test('is used as it was checked', async () => {
    host.file('/a.png', 'image');
    const url = host.url('/a.png', HOST_NAME);
    await expect(fetched(url, { resolve: resolving('127.0.0.1') })).resolves.toMatchObject({ bytes: 5 });
  });

  test('is checked on this very connection: loopback is refused in a cloud', async () => {
    host.file('/secret-link', 'image');
    const url = host.url('/secret-link', HOST_NAME);
    const error = await failureOf(url, { resolve: resolving('127.0.0.1'), allowLoopback: false });
    expect(error.name).toBe('ResultBlocked');
    expect(host.seen).toEqual([]);
  });

  test('is refused when any of several is private', async () => {
    const url = host.url('/secret-link', HOST_NAME);
    const error = await failureOf(url, { resolve: resolving('127.0.0.1', '192.168.0.1') });
    expect(error.name).toBe('ResultBlocked');
  });

  test('is asked for once: what a second lookup would say (rebinding) is never heard', async () => {
    host.file('/a.png', 'image');
    let asked = 0;
    const rebinding: DownloadOptions['resolve'] = (_, __, callback) =>
      callback(null, [{ address: ++asked === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }]);

    await expect(fetched(host.url('/a.png', HOST_NAME), { resolve: rebinding })).resolves.toMatchObject({ bytes: 5 });
    expect(asked).toBe(1);
  });

  test('is checked anew after a redirect, also of the same name', async () => {
    host.redirect('/a.png', '/secret-link');
    host.file('/secret-link', 'image');
    let asked = 0;
    const rebinding: DownloadOptions['resolve'] = (_, __, callback) =>
      callback(null, [{ address: ++asked === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 }]);

    expect((await failureOf(host.url('/a.png', HOST_NAME), { resolve: rebinding })).name).toBe('ResultBlocked');
    expect([asked, host.hits('/secret-link')]).toEqual([2, 0]);
  });

  test('is refused where a redirect leads to a name of a private network', async () => {
    const url = host.redirect('/a.png', `https://${HOST_NAME}:${host.port}/secret-link`);
    const error = await failureOf(url, { resolve: resolving('fd00:ec2::254') });
    expect(error.name).toBe('ResultBlocked');
    expect(host.hits('/secret-link')).toBe(0);
  });

  test('that does not exist is unavailable', async () => {
    const missing = Object.assign(new Error('no'), { code: 'ENOTFOUND' });
    const resolve: DownloadOptions['resolve'] = (_, __, callback) => callback(missing, []);
    const error = await failureOf(host.url('/secret-link', HOST_NAME), { resolve });
    expect(error.name).toBe('ResultUnavailable');
    expect(error.message).toContain('ENOTFOUND');
  });
});
