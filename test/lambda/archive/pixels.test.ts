import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { imageKindOf } from '../../../domain/images/signature';
import { readPixels } from '../../../lambda/archive/pixels';
import {
  animatedPng,
  bmpOf,
  deepInterlacedPng,
  exifSegment,
  gifOf,
  isoMediaOf,
  jpegOf,
  segment,
  tiffOf,
  webp,
} from '../../support/pictures';
import { pngOf } from '../../support/png';

/** As it comes from a file, in pieces of so many bytes. */
function* pieces(bytes: Uint8Array, size = bytes.length): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function pixelsOf(bytes: Uint8Array, size?: number) {
  const kind = imageKindOf(bytes);
  if (!kind) throw new Error('no image');
  return readPixels(pieces(bytes, size), kind);
}

/** Markers and a frame of another size as content: only a reader that goes by lengths passes over them. */
const misleading = segment(0xe2, Buffer.concat([jpegOf(11, 7), Buffer.alloc(60_000, 0xff)]));

const PICTURES: [string, Buffer][] = [
  ['PNG', pngOf(300, 200)],
  ['PNG of 16 bits, interlaced', deepInterlacedPng(300, 200)],
  ['animated PNG', animatedPng(300, 200)],
  ['baseline JPEG', jpegOf(300, 200)],
  ['extended JPEG', jpegOf(300, 200, { frame: 0xc1 })],
  ['progressive JPEG', jpegOf(300, 200, { frame: 0xc2 })],
  ['lossless JPEG', jpegOf(300, 200, { frame: 0xc3 })],
  ['JPEG of arithmetic coding', jpegOf(300, 200, { frame: 0xc9 })],
  ['JPEG with fill bytes before its markers', jpegOf(300, 200, { fill: 5 })],
  ['JPEG with Huffman tables before its frame', jpegOf(300, 200, { before: segment(0xc4, Buffer.alloc(29)) })],
  ['JPEG with a thumbnail in its metadata', jpegOf(300, 200, { before: misleading })],
  ['JPEG that is to be turned', jpegOf(300, 200, { before: exifSegment(6) })],
  ['lossy WebP', webp.lossy(300, 200)],
  ['lossless WebP', webp.lossless(300, 200)],
  ['extended WebP', webp.extended(300, 200)],
  ['GIF', gifOf(300, 200)],
  ['AVIF', isoMediaOf('avif', 300, 200)],
  ['HEIC', isoMediaOf('heic', 300, 200)],
  ['BMP', bmpOf(300, 200)],
  ['TIFF', tiffOf(300, 200)],
];

describe.each(PICTURES)('%s', (_, bytes) => {
  test('has its pixels read as they are coded', async () => {
    await expect(pixelsOf(bytes)).resolves.toEqual({ width: 300, height: 200 });
  });

  test.each([1, 7, 64])('also in pieces of %i bytes', async (size) => {
    await expect(pixelsOf(bytes, size)).resolves.toEqual({ width: 300, height: 200 });
  });
});

test('reads a real JPEG with fill bytes before its frame', async () => {
  const bytes = readFileSync(join(__dirname, '../../support/cases/jpeg-with-fill-bytes.jpg'));
  await expect(pixelsOf(bytes)).resolves.toEqual({ width: 768, height: 512 });
});

test('finds the frame of a JPEG behind 80 MB of metadata, keeps nothing of them and reads no further', async () => {
  const metadata = segment(0xe2, Buffer.alloc(65_533, 0xff));
  const frame = jpegOf(300, 200).subarray(2);
  let given = 0;
  function* file() {
    yield Buffer.from('ffd8', 'hex');
    for (; given < 1_250; given++) yield metadata;
    yield frame;
    throw new Error('read too far');
  }
  await expect(readPixels(file(), { name: 'jpeg' })).resolves.toEqual({ width: 300, height: 200 });
  expect(given).toBe(1_250);
});

test.each<[string, Buffer]>([
  ['a JPEG whose height stands behind the picture (DNL)', jpegOf(300, 0)],
  ['a JPEG without a frame', Buffer.from('ffd8ffd9', 'hex')],
  ['a JPEG cut off in its frame', jpegOf(300, 200).subarray(0, 8)],
  ['a JPEG whose metadata go beyond its end', Buffer.from('ffd8ffe1ffff00', 'hex')],
  ['a PNG cut off in its header', pngOf(300, 200).subarray(0, 20)],
  ['a PNG without width', pngOf(0, 200)],
  ['a PNG whose first chunk is another', Buffer.concat([pngOf(3, 2).subarray(0, 8), pngOf(3, 2).subarray(33)])],
  ['a WebP cut off in its header', webp.lossy(300, 200).subarray(0, 24)],
  ['a GIF cut off in its header', gifOf(300, 200).subarray(0, 8)],
  ['an AVIF without its boxes', isoMediaOf('avif', 300, 200).subarray(0, 24)],
  ['a TIFF without a directory', Buffer.from('II*\0\x08\0\0\0', 'latin1')],
])('has no pixels of %s', async (_, bytes) => {
  await expect(pixelsOf(bytes)).resolves.toBeUndefined();
});

test('hands on an error of the file itself: it is not the picture that is damaged', async () => {
  const broken = (async function* () {
    yield pngOf(3, 2).subarray(0, 10);
    throw new Error('EIO');
  })();
  await expect(readPixels(broken, { name: 'png' })).rejects.toThrow('EIO');
});

describe('whatever the bytes are', () => {
  const isWhole = (found: Awaited<ReturnType<typeof readPixels>>) =>
    found === undefined || [found.width, found.height].every((edge) => Number.isSafeInteger(edge) && edge > 0);

  const names = ['png', 'jpeg', 'webp', 'gif', 'avif', 'heic', 'heif', 'bmp', 'tiff'] as const;

  test('there are pixels or none, behind every signature', async () => {
    const anyFile = fc.record({
      name: fc.constantFrom(...names),
      start: fc.constantFrom(...PICTURES.map(([, bytes]) => bytes)),
      kept: fc.nat({ max: 64 }),
      rest: fc.uint8Array({ maxLength: 400 }),
      size: fc.integer({ min: 1, max: 100 }),
    });
    await fc.assert(
      fc.asyncProperty(anyFile, async ({ name, start, kept, rest, size }) => {
        const bytes = Buffer.concat([start.subarray(0, kept), rest]);
        expect(isWhole(await readPixels(pieces(bytes, size), { name }))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('there are pixels or none when some bytes of a good file were changed', async () => {
    const changed = fc.record({
      start: fc.constantFrom(...PICTURES.map(([, bytes]) => bytes.subarray(0, 4_000))),
      changes: fc.array(fc.tuple(fc.nat({ max: 120 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(changed, async ({ start, changes }) => {
        const bytes = Buffer.from(start);
        const kind = imageKindOf(bytes);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        expect(kind && isWhole(await readPixels(pieces(bytes), kind))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
