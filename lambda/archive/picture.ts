import { imageSizeFromFile } from 'image-size/fromFile';
import { ArchiveError } from './errors';

export interface Picture {
  readonly contentType: string;
  readonly extension: string;
  readonly width: number;
  readonly height: number;
}

const KINDS: Readonly<Record<string, { contentType: string; extension: string }>> = {
  png: { contentType: 'image/png', extension: 'png' },
  jpg: { contentType: 'image/jpeg', extension: 'jpg' },
  webp: { contentType: 'image/webp', extension: 'webp' },
};

/**
 * What a downloaded file really is: kind and pixels are read from its bytes, since neither the link nor the host's
 * content type is a promise.
 *
 * @throws ArchiveError `ResultNotAnImage`
 */
export async function inspectPicture(file: string): Promise<Picture> {
  let found: { type?: string; width: number; height: number };
  try {
    found = await imageSizeFromFile(file);
  } catch (cause) {
    throw new ArchiveError('ResultNotAnImage', 'the file is no image that we know', { cause });
  }
  const kind = KINDS[found.type ?? ''];
  if (kind === undefined) {
    throw new ArchiveError('ResultNotAnImage', `the file is ${found.type ?? 'unknown'}, expected png, jpeg or webp`);
  }
  return { ...kind, width: found.width, height: found.height };
}
