import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectPicture } from '../../../lambda/archive/picture';
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

/** Start, a frame of 300×200, end. */
const JPEG = Buffer.from('ffd8ffe000104a46494600010100000100010000ffc0000b0800c8012c01011100ffd9', 'hex');

/** An extended header of 300×200. */
const WEBP = Buffer.concat([
  Buffer.from('RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0', 'latin1'),
  Buffer.from('00000000' + '2b0100' + 'c70000', 'hex'),
  Buffer.alloc(12),
]);

test.each([
  ['PNG', pngOf(300, 200), 'image/png', 'png'],
  ['JPEG', JPEG, 'image/jpeg', 'jpg'],
  ['WebP', WEBP, 'image/webp', 'webp'],
])('%s is known by its bytes, whatever its name says', async (_, bytes, contentType, extension) => {
  await expect(inspected(bytes)).resolves.toEqual({ contentType, extension, width: 300, height: 200 });
});

test.each([
  ['a GIF', Buffer.from('GIF89a\x2c\x01\xc8\0\0\0\0', 'latin1')],
  ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="300" height="200"></svg>')],
  ['HTML', Buffer.from('<!doctype html><title>Expired</title>')],
  ['JSON', Buffer.from('{"error":"expired"}')],
  ['nothing', Buffer.alloc(0)],
  ['a PNG cut off in its header', pngOf(300, 200).subarray(0, 14)],
])('%s is no picture that we keep', async (_, bytes) => {
  await expect(inspected(bytes)).rejects.toMatchObject({ name: 'ResultNotAnImage' });
});
