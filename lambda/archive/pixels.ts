/** The size of a picture, read as a decoder reads it: through the whole file, as far as needed, piece by piece. */
import { NEED_MORE } from 'probe-image-size/lib/common/utils';
import { Parser as IsoMediaParser } from 'probe-image-size/lib/formats/avif';
import { Parser as BmpParser } from 'probe-image-size/lib/formats/bmp';
import { Parser as GifParser } from 'probe-image-size/lib/formats/gif';
import { Parser as JpegParser } from 'probe-image-size/lib/formats/jpeg';
import { Parser as PngParser } from 'probe-image-size/lib/formats/png';
import { Parser as TiffParser } from 'probe-image-size/lib/formats/tiff';
import { Parser as WebpParser } from 'probe-image-size/lib/formats/webp';
import type { ImageKind } from '../../domain/images/signature';
import type { Pixels } from '../../domain/sizes';

/**
 * Only the parser of the file's own kind runs. The package's documented entry for streams runs all of them, and an
 * exception in one would end the process instead of reaching the caller.
 */
const PARSERS: Readonly<Record<ImageKind['name'], typeof JpegParser>> = {
  png: PngParser,
  jpeg: JpegParser,
  webp: WebpParser,
  gif: GifParser,
  avif: IsoMediaParser,
  heic: IsoMediaParser,
  heif: IsoMediaParser,
  bmp: BmpParser,
  tiff: TiffParser,
};

/**
 * Memory does not grow with the file: a piece is dropped when it was read.
 *
 * @param chunks the file from its first byte
 * @returns the pixels as they are coded: an EXIF orientation, which asks a viewer to turn the picture, changes nothing.
 *   Undefined where they can't be read
 * @throws whatever reading the file throws
 */
export async function readPixels(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { name }: Pick<ImageKind, 'name'>,
): Promise<Pixels | undefined> {
  const parser = new PARSERS[name]();
  for await (const chunk of chunks) {
    if (!isWantingMore(parser, chunk)) break;
  }
  const { width = 0, height = 0 } = parser.getResult() ?? {};
  return isEdge(width) && isEdge(height) ? { width, height } : undefined;
}

/** A file that no parser was written for is no reason to lose it: its pixels are unreadable, and nothing else. */
function isWantingMore(parser: InstanceType<typeof JpegParser>, chunk: Uint8Array): boolean {
  try {
    parser.push(chunk);
    return parser.getStatus() === NEED_MORE;
  } catch {
    return false;
  }
}

function isEdge(pixels: number): boolean {
  return Number.isSafeInteger(pixels) && pixels > 0;
}
