/** Files of each kind of image, as small as they may be: headers by the book, and next to nothing behind them. */
import { deflateSync } from 'node:zlib';
import { chunk, pngOf } from './png';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const u16 = (value: number): Buffer => hex(value.toString(16).padStart(4, '0'));
const u32 = (value: number): Buffer => hex(value.toString(16).padStart(8, '0'));
const reversed = (bytes: Buffer): Buffer => Buffer.from(bytes).reverse();
const u16le = (value: number): Buffer => reversed(u16(value));
const u24le = (value: number): Buffer => reversed(u32(value)).subarray(0, 3);
const u32le = (value: number): Buffer => reversed(u32(value));

interface JpegOptions {
  /** Marker of the frame: 0xc0 baseline, 0xc2 progressive, 0xc9 arithmetic coding. @default 0xc0 */
  readonly frame?: number;
  /** What stands between the start of the file and the frame. */
  readonly before?: Buffer;
  /** Bytes 0xff in front of each marker, besides its own. @default 0 */
  readonly fill?: number;
}

/** ISO/IEC 10918-1: start, frame header, scan header, a few bytes of the scan, end. */
export function jpegOf(width: number, height: number, { frame = 0xc0, before, fill = 0 }: JpegOptions = {}): Buffer {
  const padding = Buffer.alloc(fill, 0xff);
  const header = Buffer.concat([hex('08'), u16(height), u16(width), hex('01 011100')]);
  const scan = Buffer.concat([segment(0xda, hex('01 0100 003f00')), Buffer.alloc(32, 0x55)]);
  return Buffer.concat([
    hex('ffd8'),
    before ?? Buffer.alloc(0),
    padding,
    segment(frame, header),
    padding,
    scan,
    hex('ffd9'),
  ]);
}

/** A marker, the length that counts itself, and the content. */
export function segment(marker: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0xff, marker]), u16(content.length + 2), content]);
}

/** Exif with one entry: how a viewer is to turn the picture, 1 to 8. */
export function exifSegment(orientation: number): Buffer {
  const directory = Buffer.concat([hex('0001 0112 0003 00000001'), u16(orientation), hex('0000 00000000')]);
  return segment(0xe1, Buffer.concat([latin1('Exif\0\0MM\0*'), u32(8), directory]));
}

/** A grey picture of 16 bits a sample, in seven passes (Adam7). */
export function deepInterlacedPng(width: number, height: number): Buffer {
  const header = Buffer.concat([u32(width), u32(height), hex('10 00 00 00 01')]);
  return pngWith(header);
}

/** An animation of one frame: its control chunk stands between the header and the picture. */
export function animatedPng(width: number, height: number): Buffer {
  const header = Buffer.concat([u32(width), u32(height), hex('08 00 00 00 00')]);
  return pngWith(header, chunk('acTL', Buffer.concat([u32(1), u32(0)])));
}

function pngWith(header: Buffer, ...chunks: Buffer[]): Buffer {
  const signature = pngOf(1, 1).subarray(0, 8);
  const data = chunk('IDAT', deflateSync(Buffer.alloc(8)));
  return Buffer.concat([signature, chunk('IHDR', header), ...chunks, data, chunk('IEND', Buffer.alloc(0))]);
}

/** The three forms of https://developers.google.com/speed/webp/docs/riff_container */
export const webp = {
  lossy: (width: number, height: number): Buffer =>
    riff(['VP8 ', Buffer.concat([hex('300100 9d012a'), u16le(width), u16le(height), Buffer.alloc(8)])]),
  lossless: (width: number, height: number): Buffer =>
    riff(['VP8L', Buffer.concat([hex('2f'), u32le(width - 1 + (height - 1) * 2 ** 14), Buffer.alloc(9)])]),
  extended: (width: number, height: number): Buffer =>
    riff(
      ['VP8X', Buffer.concat([hex('10 000000'), u24le(width - 1), u24le(height - 1)])],
      ['ALPH', Buffer.alloc(7)],
      ['VP8 ', Buffer.concat([hex('300100 9d012a'), u16le(width), u16le(height), Buffer.alloc(8)])],
    ),
};

function riff(...chunks: [string, Buffer][]): Buffer {
  const body = chunks.map(([type, data]) =>
    Buffer.concat([latin1(type), u32le(data.length), data, Buffer.alloc(data.length % 2)]),
  );
  const content = Buffer.concat([latin1('WEBP'), ...body]);
  return Buffer.concat([latin1('RIFF'), u32le(content.length), content]);
}

export const gifOf = (width: number, height: number): Buffer =>
  Buffer.concat([latin1('GIF89a'), u16le(width), u16le(height), hex('000000 3b')]);

export function bmpOf(width: number, height: number): Buffer {
  const header = Buffer.concat([u32le(40), u32le(width), u32le(height), hex('0100 1800'), Buffer.alloc(24)]);
  return Buffer.concat([latin1('BM'), u32le(14 + header.length), u32le(0), u32le(14 + header.length), header]);
}

/** Little-endian; the directory stands behind the picture, as encoders like it. */
export function tiffOf(width: number, height: number): Buffer {
  const entry = (tag: number, value: number) => Buffer.concat([u16le(tag), u16le(4), u32le(1), u32le(value)]);
  const directory = Buffer.concat([u16le(2), entry(256, width), entry(257, height), u32le(0)]);
  return Buffer.concat([latin1('II*\0'), u32le(72), Buffer.alloc(64), directory]);
}

/** The boxes that say what an AVIF or HEIC file is and how large, without the coded picture. */
export function isoMediaOf(brand: string, width: number, height: number, compatible: readonly string[] = []): Buffer {
  const box = (type: string, ...content: Buffer[]): Buffer => {
    const body = Buffer.concat(content);
    return Buffer.concat([u32(8 + body.length), latin1(type), body]);
  };
  const brands = [brand, ...compatible, 'mif1'].map(latin1);
  const size = box('ispe', u32(0), u32(width), u32(height));
  return Buffer.concat([
    box('ftyp', latin1(brand), u32(0), ...brands),
    box('meta', u32(0), box('iprp', box('ipco', size))),
    box('mdat', Buffer.alloc(16)),
  ]);
}
