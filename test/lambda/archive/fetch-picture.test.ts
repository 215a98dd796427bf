import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DownloadOptions } from '../../../lambda/archive/download';
import { fetchPicture } from '../../../lambda/archive/fetch-picture';
import { FileHost, HOST_NAME } from '../../support/file-host';
import { pngOf } from '../../support/png';

let secure: FileHost;
let plain: FileHost;
let folder: string;

beforeAll(async () => {
  secure = await FileHost.start();
  plain = await FileHost.startPlain();
  folder = await mkdtemp(join(tmpdir(), 'fetch-picture-test-'));
});
afterEach(() => {
  secure.reset();
  plain.reset();
});
afterAll(async () => {
  secure.close();
  plain.close();
  await rm(folder, { recursive: true, force: true });
});

const PICTURE = pngOf(30, 20);
const file = () => join(folder, 'image');
const fetched = (link: string, options: Partial<DownloadOptions> = {}) =>
  fetchPicture(link, file(), secure.options(options));

const resolving =
  (address: string): DownloadOptions['resolve'] =>
  (_, __, callback) =>
    callback(null, [{ address, family: 4 }]);

/** The secure host's link, as EvoLink would write it in the clear. */
const inTheClear = (link: string) => link.replace('https:', 'http:');

test('an https link is fetched over https alone', async () => {
  await expect(fetched(secure.file('/a.png', PICTURE))).resolves.toMatchObject({
    overHttp: false,
    bytes: PICTURE.length,
    picture: { contentType: 'image/png', pixels: { width: 30, height: 20 } },
  });
});

test('an https link that gives nothing is never tried over http', async () => {
  const link = plain.file('/secret-link', PICTURE).replace('http:', 'https:');
  await expect(fetched(link)).rejects.toMatchObject({ name: 'ResultUnavailable' });
  expect(plain.seen).toEqual([]);
});

test('an http link is fetched over https where its host speaks it', async () => {
  const link = inTheClear(secure.file('/a.png', PICTURE));
  await expect(fetched(link)).resolves.toMatchObject({ overHttp: false, bytes: PICTURE.length });
  expect(secure.hits('/a.png')).toBe(1);
});

test('an http link is fetched in the clear where its host speaks no TLS', async () => {
  await expect(fetched(plain.file('/a.png', PICTURE))).resolves.toMatchObject({ overHttp: true });
  expect(await readFile(file())).toEqual(PICTURE);
  const { headers } = plain.seen[0] ?? {};
  expect(headers?.['user-agent']).toBe('evolink-image-pipeline/1.2.3');
  expect(headers).not.toHaveProperty('authorization');
  expect(headers).not.toHaveProperty('cookie');
});

describe('a link whose host answers otherwise over https', () => {
  let both: Server;
  const link = () => `http://127.0.0.1:${(both.address() as AddressInfo).port}/secret-link`;

  beforeAll(async () => {
    // A TLS record of the handshake begins with 22, a request of HTTP with a letter.
    both = createServer((socket) =>
      socket.once('data', (start) => {
        socket.pause();
        socket.unshift(start);
        (start[0] === 22 ? secure : plain).accept(socket);
        process.nextTick(() => socket.resume());
      }),
    );
    await new Promise<void>((resolve) => both.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => both.close());

  test.each<[string, () => string]>([
    ['404', () => secure.status('/secret-link', 404)],
    ['403', () => secure.status('/secret-link', 403)],
    ['500', () => secure.status('/secret-link', 500)],
    ['a page', () => secure.file('/secret-link', '<!doctype html><title>Welcome</title>')],
    ['a redirect to http', () => secure.redirect('/secret-link', 'http://127.0.0.1/x')],
  ])('%s: it is fetched in the clear', async (_, arrange) => {
    arrange();
    plain.file('/secret-link', PICTURE);
    await expect(fetched(link())).resolves.toMatchObject({ overHttp: true, bytes: PICTURE.length });
    expect(secure.hits('/secret-link')).toBe(1);
  });

  test('too large a file: nothing else is asked for', async () => {
    secure.file('/secret-link', 'x'.repeat(101));
    plain.file('/secret-link', PICTURE);
    await expect(fetched(link(), { maxBytes: 100 })).rejects.toMatchObject({ name: 'ResultTooLarge' });
    expect(plain.seen).toEqual([]);
  });

  test('neither gives it: the failure is that of the link itself, and both are told without the link', async () => {
    secure.status('/secret-link', 500);
    plain.status('/secret-link', 410);
    await expect(fetched(link())).rejects.toMatchObject({
      name: 'ResultExpired',
      message: 'over http: the link answers 410; over https before: the file host answers 500',
    });
  });

  test('the time limit is one for both', async () => {
    secure.on('/secret-link', () => undefined);
    plain.file('/secret-link', PICTURE);
    await expect(fetched(link(), { totalMs: 150 })).rejects.toMatchObject({ name: 'ResultUnavailable' });
  });

  test('silence over https leaves time for the link itself', async () => {
    secure.on('/secret-link', () => undefined);
    plain.file('/secret-link', PICTURE);
    await expect(fetched(link(), { idleMs: 100, totalMs: 5_000 })).resolves.toMatchObject({ overHttp: true });
  });
});

describe('in the clear, the guards are those of every link', () => {
  test('limits on size and silence', async () => {
    const large = plain.file('/large', 'x'.repeat(101));
    await expect(fetched(large, { maxBytes: 100 })).rejects.toMatchObject({ name: 'ResultTooLarge' });
    const silent = plain.on('/silent', () => undefined);
    await expect(fetched(silent, { idleMs: 50 })).rejects.toMatchObject({ name: 'ResultUnavailable' });
  });

  test('public addresses only, as text and behind a name', async () => {
    const options = { allowLoopback: false };
    await expect(fetched(plain.file('/a', PICTURE), options)).rejects.toMatchObject({ name: 'ResultBlocked' });
    const named = { ...options, resolve: resolving('127.0.0.1') };
    await expect(fetched(plain.url('/a', HOST_NAME), named)).rejects.toMatchObject({ name: 'ResultBlocked' });
    expect(plain.seen).toEqual([]);
  });

  test('allowed hosts only', async () => {
    const options = { resultHosts: ['evolink.ai'] };
    await expect(fetched(plain.file('/a', PICTURE), options)).rejects.toMatchObject({ name: 'ResultBlocked' });
    expect(plain.seen).toEqual([]);
  });

  test('a redirect is followed within http and to https, and from there never back', async () => {
    plain.file('/b', PICTURE);
    await expect(fetched(plain.redirect('/a', '/b'))).resolves.toMatchObject({ overHttp: true });

    secure.file('/b', PICTURE);
    await expect(fetched(plain.redirect('/a', secure.url('/b')))).resolves.toMatchObject({ overHttp: true });

    secure.redirect('/b', plain.url('/c'));
    plain.file('/c', PICTURE);
    await expect(fetched(plain.redirect('/a', secure.url('/b')))).rejects.toMatchObject({ name: 'ResultBlocked' });
    expect(plain.hits('/c')).toBe(0);
  });

  test('a page is no image', async () => {
    await expect(fetched(plain.file('/a', '<html></html>'))).rejects.toMatchObject({ name: 'ResultNotAnImage' });
  });
});
