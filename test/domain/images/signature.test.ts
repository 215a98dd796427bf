import * as fc from 'fast-check';
import { REFERENCE_SIGNATURE_BYTES, referenceKindOf } from '../../../domain/images/reference';
import { imageKindOf } from '../../../domain/images/signature';
import { animatedPng, bmpOf, deepInterlacedPng, gifOf, isoMediaOf, jpegOf, tiffOf, webp } from '../../support/pictures';
import { pngOf } from '../../support/png';

const text = (content: string) => Buffer.from(content, 'latin1');

test.each<[string, Buffer, string, string]>([
  ['PNG', pngOf(3, 2), 'image/png', 'png'],
  ['interlaced PNG', deepInterlacedPng(3, 2), 'image/png', 'png'],
  ['animated PNG', animatedPng(3, 2), 'image/png', 'png'],
  ['JPEG', jpegOf(3, 2), 'image/jpeg', 'jpg'],
  ['JPEG that begins with fill bytes', jpegOf(3, 2, { fill: 4 }), 'image/jpeg', 'jpg'],
  ['lossy WebP', webp.lossy(3, 2), 'image/webp', 'webp'],
  ['lossless WebP', webp.lossless(3, 2), 'image/webp', 'webp'],
  ['extended WebP', webp.extended(3, 2), 'image/webp', 'webp'],
  ['GIF', gifOf(3, 2), 'image/gif', 'gif'],
  ['GIF of 1987', text('GIF87a\x03\0\x02\0'), 'image/gif', 'gif'],
  ['AVIF', isoMediaOf('avif', 3, 2), 'image/avif', 'avif'],
  ['HEIC', isoMediaOf('heic', 3, 2), 'image/heic', 'heic'],
  ['AVIF whose main brand is the general one', isoMediaOf('mif1', 3, 2, ['avif']), 'image/avif', 'avif'],
  ['HEIC whose main brand is the general one', isoMediaOf('mif1', 3, 2, ['heic']), 'image/heic', 'heic'],
  ['HEIF of another coding', isoMediaOf('mif1', 3, 2), 'image/heif', 'heif'],
  ['BMP', bmpOf(3, 2), 'image/bmp', 'bmp'],
  ['TIFF, little-endian', tiffOf(3, 2), 'image/tiff', 'tif'],
  ['TIFF, big-endian', text('MM\0*\0\0\0\x08'), 'image/tiff', 'tif'],
  ['BigTIFF', text('II+\0\x08\0\0\0'), 'image/tiff', 'tif'],
])('recognises %s by its first bytes', (_, bytes, contentType, extension) => {
  expect(imageKindOf(bytes)).toMatchObject({ contentType, extension });
});

test.each<[string, Buffer]>([
  ['an empty file', Buffer.alloc(0)],
  ['a text that begins with BM', text('BM is short for bitmap')],
  ['a video of the same container', isoMediaOf('isom', 3, 2).subarray(0, 20)],
  ['sound of the same container as WebP', text('RIFF\x24\0\0\0WAVEfmt ')],
  ['two bytes of a JPEG', text('\xff\xd8')],
  ['a PNG whose line ends were changed on the way', text('\x89PNG\n\x1a\n\0')],
])('does not take %s for an image', (_, bytes) => {
  expect(imageKindOf(bytes)).toBeUndefined();
});

test('reads a list of brands no further than its box, whatever size it states', () => {
  const other = isoMediaOf('isom', 3, 2).subarray(0, 16);
  expect(imageKindOf(Buffer.concat([text('\0\0\0\x10'), other.subarray(4), text('avif')]))).toBeUndefined();
  expect(imageKindOf(Buffer.concat([text('\xff\xff\xff\xff'), other.subarray(4)]))).toBeUndefined();
});

test('takes any bytes without an exception', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => expect(() => imageKindOf(bytes)).not.toThrow()));
});

describe('references', () => {
  test.each<[string, Buffer]>([
    ['png', pngOf(3, 2)],
    ['jpeg', jpegOf(3, 2, { fill: 2 })],
    ['webp', webp.extended(3, 2)],
  ])('%s is recognised by the first twelve bytes', (name, bytes) => {
    expect(referenceKindOf(bytes.subarray(0, REFERENCE_SIGNATURE_BYTES))?.name).toBe(name);
  });

  test.each<[string, Buffer]>([
    ['GIF', gifOf(3, 2)],
    ['AVIF', isoMediaOf('avif', 3, 2)],
    ['HEIC', isoMediaOf('heic', 3, 2)],
    ['BMP', bmpOf(3, 2)],
    ['TIFF', tiffOf(3, 2)],
  ])('%s is an image, and none that EvoLink takes', (_, bytes) => {
    expect(imageKindOf(bytes)).toBeDefined();
    expect(referenceKindOf(bytes)).toBeUndefined();
  });
});
