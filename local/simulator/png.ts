/** Writes palette PNGs: one byte per pixel, which is quick to draw and packs into little, at any size. */
import { deflateSync } from 'node:zlib';

export type Rgb = readonly [red: number, green: number, blue: number];

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, value) => {
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** Pixels as indexes into a palette of at most 256 colours. */
export class PaletteImage {
  /** Each row is preceded by its filter byte (0 = none), as the file wants it: packing needs no copy. */
  private readonly rows: Buffer;

  constructor(
    readonly width: number,
    readonly height: number,
    private readonly palette: readonly Rgb[],
  ) {
    this.rows = Buffer.alloc((width + 1) * height);
  }

  /** The pixels of a row, to be changed in place. */
  row(y: number): Uint8Array {
    const start = y * (this.width + 1) + 1;
    return this.rows.subarray(start, start + this.width);
  }

  /** Fills a rectangle; what is outside of the picture is left out. */
  fill(left: number, top: number, width: number, height: number, color: number): void {
    const from = Math.max(0, left);
    const to = Math.min(this.width, left + width);
    const end = Math.min(this.height, top + height);
    if (from >= to) return;
    for (let y = Math.max(0, top); y < end; y++) this.row(y).fill(color, from, to);
  }

  encode(): Buffer {
    const header = Buffer.alloc(13);
    header.writeUInt32BE(this.width, 0);
    header.writeUInt32BE(this.height, 4);
    // 8 bits per pixel, colour type 3 (palette); the rest is 0.
    header.set([8, 3], 8);
    return Buffer.concat([
      SIGNATURE,
      chunk('IHDR', header),
      chunk('PLTE', Buffer.from(this.palette.flat())),
      chunk('IDAT', deflateSync(this.rows, { level: 1 })),
      chunk('IEND', Buffer.alloc(0)),
    ]);
  }
}

function chunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(typed.length + 8);
  framed.writeUInt32BE(data.length, 0);
  typed.copy(framed, 4);
  framed.writeUInt32BE(crc32(typed), typed.length + 4);
  return framed;
}

function crc32(data: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
