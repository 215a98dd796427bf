import {
  type ReferenceDependencies,
  type ResolvedReferences,
  resolveReferences,
} from '../../../lambda/shared/references/resolve-references';
import { BucketServer } from '../../support/bucket-server';
import { pngOf } from '../../support/png';

const PNG = pngOf(4, 4);
const JPEG = Buffer.from('ffd8ffe000104a4649460001', 'hex');
const WEBP = Buffer.from('RIFF\x24\x00\x00\x00WEBPVP8 ', 'latin1');
const LIMIT = 50_000_000;

let s3: BucketServer;
beforeEach(async () => {
  s3 = await BucketServer.start();
});
afterEach(() => s3.close());

const resolve = (urls: readonly string[] | undefined, more: Partial<ReferenceDependencies> = {}) =>
  resolveReferences(urls, { s3: s3.client, urlSeconds: 900, ...more });

async function urlsOf(urls: readonly string[]): Promise<readonly string[]> {
  const resolved = await resolve(urls);
  if (resolved.kind !== 'resolved' || !resolved.imageUrls) throw new Error(`Expected URLs, got ${resolved.kind}`);
  return resolved.imageUrls;
}

function failed(resolved: ResolvedReferences) {
  if (resolved.kind !== 'failed') throw new Error('Expected a failure');
  return resolved;
}

/** What is wrong with one object. */
async function problemOf(url: string): Promise<string | undefined> {
  const { name, facts } = failed(await resolve([url]));
  expect(name).toBe('ReferenceImageUnusable');
  expect(facts.problems).toHaveLength(1);
  expect(facts.problems?.[0]).toMatchObject({ path: 'image_urls[0]', got: url });
  return facts.problems?.[0]?.code;
}

describe('what is no object of S3', () => {
  test.each([undefined, [], ['https://cdn.example.org/a.png', 'https://cdn.example.org/b.png']])(
    'stays as it is, and S3 is not asked: %j',
    async (urls) => {
      await expect(resolve(urls)).resolves.toEqual({ kind: 'resolved', imageUrls: urls });
      expect(s3.seen).toEqual([]);
    },
  );
});

describe('an object', () => {
  test('becomes a signed URL in its place among the others', async () => {
    const object = s3.put('refs', 'cats/one.png', PNG, 'image/png');

    const [first, second, third] = await urlsOf(['https://cdn.example.org/a.png', object, 'https://cdn.example.org/b']);

    expect([first, third]).toEqual(['https://cdn.example.org/a.png', 'https://cdn.example.org/b']);
    const url = new URL(second ?? '');
    expect(url.pathname).toBe('/refs/cats/one.png');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
      'X-Amz-Expires': '900',
      'X-Amz-SignedHeaders': 'host',
      'X-Amz-Signature': expect.stringMatching(/^[0-9a-f]{64}$/),
      'X-Amz-Security-Token': 'session-token-of-the-bucket-server',
    });
    expect([...url.searchParams.keys()]).not.toContain('response-content-type');
  });

  test.each([
    ['a PNG', PNG, 'image/png'],
    ['a JPEG', JPEG, 'image/jpeg'],
    ['a WebP', WEBP, 'image/webp'],
  ])('that is %s without saying so gets its type in the URL', async (_, body, type) => {
    const [untyped, mistyped] = await urlsOf([
      s3.put('refs', 'a', body),
      s3.put('refs', 'b', body, 'binary/octet-stream'),
    ]);

    for (const url of [untyped, mistyped]) {
      expect(new URL(url ?? '').searchParams.get('response-content-type')).toBe(type);
    }
  });

  test('has a key that is taken literally', async () => {
    const key = 'städte/100%25 a+b?.png#1';
    const [url] = await urlsOf([s3.put('refs', key, PNG)]);

    expect(decodeURIComponent(new URL(url ?? '').pathname)).toBe(`/refs/${key}`);
    expect(s3.seen).toEqual([`GET /refs/${key}`]);
  });

  test('is looked at by its first bytes alone, even where it is as large as it may be', async () => {
    const object = s3.on('refs', 'large.png', (request, response) => {
      expect(request.headers.range).toBe('bytes=0-11');
      response.writeHead(206, { 'content-length': 12, 'content-range': `bytes 0-11/${LIMIT}` });
      response.end(PNG.subarray(0, 12));
    });

    await expect(urlsOf([object])).resolves.toHaveLength(1);
  });
});

describe('an object that is no reference', () => {
  test('a byte too large', async () => {
    const object = s3.on('refs', 'large.png', (_, response) => {
      response.writeHead(206, { 'content-length': 12, 'content-range': `bytes 0-11/${LIMIT + 1}` });
      response.end(PNG.subarray(0, 12));
    });
    expect(await problemOf(object)).toBe('object_too_large');
  });

  test.each([
    ['HTML that is stored as PNG', '<html></html>', 'image/png'],
    ['a GIF', 'GIF89a\x01\x00\x01\x00', 'image/gif'],
    ['RIFF that is no WebP', 'RIFF\x24\x00\x00\x00WAVEfmt ', 'image/webp'],
    ['shorter than any signature', '\x89P', 'image/png'],
  ])('%s', async (_, text, type) => {
    expect(await problemOf(s3.put('refs', 'a.png', Buffer.from(text, 'latin1'), type))).toBe('object_not_an_image');
  });

  test('empty', async () => {
    expect(await problemOf(s3.put('refs', 'a.png', Buffer.alloc(0)))).toBe('object_empty');
  });

  test('missing, which S3 does not tell from forbidden', async () => {
    expect(await problemOf('s3://refs/missing.png')).toBe('object_not_readable');
  });

  test.each([
    [403, 'AccessDenied', 'object_not_readable'],
    [404, 'NoSuchKey', 'object_not_readable'],
    [404, 'NoSuchBucket', 'object_not_readable'],
    [400, 'KMS.DisabledException', 'object_not_readable'],
    [403, 'InvalidObjectState', 'object_archived'],
    [301, 'PermanentRedirect', 'object_in_other_region'],
    [400, 'AuthorizationHeaderMalformed', 'object_in_other_region'],
  ])('%i %s: %s', async (status, code, problem) => {
    expect(await problemOf(s3.refuse('refs', 'a.png', status, code))).toBe(problem);
  });

  test('is reported together with all the others, and nothing is signed', async () => {
    const fine = s3.put('refs', 'fine.png', PNG);
    const text = s3.put('refs', 'text.png', Buffer.from('no picture at all'));
    const throttled = s3.refuse('refs', 'throttled.png', 503, 'SlowDown');

    const { name, facts } = failed(await resolve([fine, text, throttled, 's3://refs/missing.png']));

    expect(name).toBe('ReferenceImageUnusable');
    expect(facts.problems?.map(({ path, code }) => `${path} ${code}`)).toEqual([
      'image_urls[1] object_not_an_image',
      'image_urls[3] object_not_readable',
    ]);
    expect(facts.message).toMatch(/^image_urls\[1\]: .* \(and 1 more\)$/);
  });
});

describe('S3 gives no answer about the object', () => {
  test.each([
    [503, 'SlowDown'],
    [500, 'InternalError'],
    [429, 'TooManyRequests'],
    [400, 'RequestTimeout'],
    [400, 'ExpiredToken'],
    [400, 'KMS.ThrottlingException'],
  ])('%i %s may pass', async (status, code) => {
    const object = s3.refuse('refs', 'a.png', status, code);

    const { name, facts } = failed(await resolve([s3.put('refs', 'fine.png', PNG), object]));

    expect([name, facts.reference]).toEqual(['ReferenceUnavailable', object]);
    expect(facts.problems).toBeUndefined();
  });

  test('silence ends with the time for all references', async () => {
    const silent = Array.from({ length: 3 }, (_, index) => s3.on('refs', `${index}.png`, () => undefined));

    const { name, facts } = failed(await resolve(silent, { patienceMs: 50 }));

    expect([name, facts.reason]).toEqual(['ReferenceUnavailable', 'AbortError']);
  });

  test('a body that breaks off', async () => {
    const object = s3.on('refs', 'a.png', (_, response) => {
      response.writeHead(206, { 'content-length': 12, 'content-range': 'bytes 0-11/1000' });
      response.write('\x89P', () => response.destroy());
    });

    expect(failed(await resolve([object])).name).toBe('ReferenceUnavailable');
  });

  test('no connection', async () => {
    expect(failed(await resolve(['s3://refs/a.png'], { s3: BucketServer.nobody })).name).toBe('ReferenceUnavailable');
  });
});
