import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectPicture } from '../../../lambda/archive/picture';
import { gifOf, isoMediaOf, jpegOf, segment, webp } from '../../support/pictures';
import { pngOf } from '../../support/png';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'picture-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function inspected(bytes: Buffer) {
  const file = join(folder, 'x.png');
  await writeFile(file, bytes);
  return inspectPicture(file);
}

const PIXELS = { width: 300, height: 200 };
const metadata = Buffer.concat(Array.from({ length: 20 }, () => segment(0xe2, Buffer.alloc(65_533))));

test.each([
  ['PNG', pngOf(300, 200), 'image/png', 'png'],
  ['JPEG', jpegOf(300, 200), 'image/jpeg', 'jpg'],
  ['JPEG with fill bytes', jpegOf(300, 200, { fill: 3 }), 'image/jpeg', 'jpg'],
  ['JPEG with 1.3 MB of metadata', jpegOf(300, 200, { before: metadata }), 'image/jpeg', 'jpg'],
  ['WebP', webp.extended(300, 200), 'image/webp', 'webp'],
  ['GIF', gifOf(300, 200), 'image/gif', 'gif'],
  ['AVIF', isoMediaOf('avif', 300, 200), 'image/avif', 'avif'],
])('%s is known by its bytes, whatever its name says', async (_, bytes, contentType, extension) => {
  await expect(inspected(bytes)).resolves.toEqual({ contentType, extension, pixels: PIXELS });
});

test.each([
  ['a JPEG without a height', jpegOf(300, 0), 'image/jpeg', 'jpg'],
  ['a PNG cut off in its header', pngOf(300, 200).subarray(0, 14), 'image/png', 'png'],
  ['bytes of no known kind', Buffer.from('ff0a00fe', 'hex'), 'application/octet-stream', 'bin'],
])('%s is kept, without pixels', async (_, bytes, contentType, extension) => {
  await expect(inspected(bytes)).resolves.toEqual({ contentType, extension });
});

test.each([
  ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200"></svg>'), 'XML'],
  ['a page', Buffer.from('<!doctype html><title>secret</title>'), 'HTML'],
  ['an error', Buffer.from('{"error":"secret"}'), 'JSON'],
  ['a sentence', Buffer.from('secret'), 'text'],
  ['nothing', Buffer.alloc(0), 'empty'],
])('%s is refused by its kind, of which nothing is quoted', async (_, bytes, kind) => {
  await expect(inspected(bytes)).rejects.toMatchObject({
    name: 'ResultNotAnImage',
    message: `the link delivers no image: the file is ${kind}`,
  });
});
