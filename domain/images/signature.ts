/** What a file is by its first bytes. Names, extensions and content types that others state are no proof. */

/** A kind of image that is recognised. */
export interface ImageKind {
  readonly name: 'png' | 'jpeg' | 'webp' | 'gif' | 'avif' | 'heic' | 'heif' | 'bmp' | 'tiff';
  readonly contentType: `image/${string}`;
  /** Of a file of this kind, without the dot. */
  readonly extension: string;
  /** EvoLink takes it as a reference. @see https://docs.evolink.ai/en/api-manual/image-series/gpt-image-2/gpt-image-2-image-generation */
  readonly isReference: boolean;
}

/** Every kind of image that is recognised, with the test of its first bytes (one character is one byte). */
const KINDS: readonly (ImageKind & { readonly matches: (start: string) => boolean })[] = [
  {
    name: 'png',
    contentType: 'image/png',
    extension: 'png',
    isReference: true,
    matches: (start) => start.startsWith('\x89PNG\r\n\x1a\n'),
  },
  {
    name: 'jpeg',
    contentType: 'image/jpeg',
    extension: 'jpg',
    isReference: true,
    matches: (start) => start.startsWith('\xff\xd8\xff'),
  },
  {
    name: 'webp',
    contentType: 'image/webp',
    extension: 'webp',
    isReference: true,
    matches: (start) => start.startsWith('RIFF') && start.startsWith('WEBP', 8),
  },
  {
    name: 'gif',
    contentType: 'image/gif',
    extension: 'gif',
    isReference: false,
    matches: (start) => /^GIF8[79]a/.test(start),
  },
  {
    name: 'avif',
    contentType: 'image/avif',
    extension: 'avif',
    isReference: false,
    matches: (start) => hasBrand(start, ['avif', 'avis', 'avio']),
  },
  {
    name: 'heic',
    contentType: 'image/heic',
    extension: 'heic',
    isReference: false,
    matches: (start) => hasBrand(start, ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs']),
  },
  {
    // The container of the two above, with images of another coding.
    name: 'heif',
    contentType: 'image/heif',
    extension: 'heif',
    isReference: false,
    matches: (start) => hasBrand(start, ['mif1', 'msf1', 'miaf']),
  },
  {
    // Two letters also begin a text; the four bytes that are always zero don't.
    name: 'bmp',
    contentType: 'image/bmp',
    extension: 'bmp',
    isReference: false,
    matches: (start) => start.startsWith('BM') && start.startsWith('\0\0\0\0', 6),
  },
  {
    name: 'tiff',
    contentType: 'image/tiff',
    extension: 'tif',
    isReference: false,
    matches: (start) => ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].some((signature) => start.startsWith(signature)),
  },
];

/**
 * @param start the first bytes of a file: twelve are enough for all kinds but some AVIF and HEIC, whose list of brands
 *   follows them
 * @returns undefined where they belong to no image that is recognised
 */
export function imageKindOf(start: Uint8Array): ImageKind | undefined {
  const text = latin1(start.subarray(0, 256));
  return KINDS.find(({ matches }) => matches(text));
}

/**
 * A file of ISO/IEC 14496-12 begins with a box `ftyp`: its size, its name, the main brand, a version and all brands that
 * the file conforms to.
 */
function hasBrand(start: string, brands: readonly string[]): boolean {
  if (!start.startsWith('ftyp', 4)) return false;
  const size = [...start.slice(0, 4)].reduce((sum, byte) => sum * 256 + byte.charCodeAt(0), 0);
  for (let at = 8; at + 4 <= Math.min(size, start.length); at += at === 8 ? 8 : 4) {
    if (brands.includes(start.slice(at, at + 4))) return true;
  }
  return false;
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
