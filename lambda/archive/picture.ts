import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { imageKindOf } from '../../domain/images/signature';
import { textKindOf } from '../../domain/images/text';
import type { Pixels } from '../../domain/sizes';
import { ArchiveError } from './errors';
import { readPixels } from './pixels';

export interface Picture {
  readonly contentType: string;
  readonly extension: string;
  /** As they are coded. Absent where they can't be read. */
  readonly pixels?: Pixels;
}

export const UNKNOWN_CONTENT_TYPE = 'application/octet-stream';

/** Bytes that nobody can place are stored for a person to look at: they are paid for. */
const UNKNOWN: Picture = { contentType: UNKNOWN_CONTENT_TYPE, extension: 'bin' };

/** Enough to tell a text from other bytes. */
const START_BYTES = 4_096;

/**
 * What a downloaded file really is: kind and pixels are read from its bytes, since neither the link nor the host's
 * content type is a promise. Only what is clearly something else is refused: a page or an error in place of the image.
 *
 * @throws ArchiveError `ResultNotAnImage`
 */
export async function inspectPicture(file: string): Promise<Picture> {
  const start = await readStart(file);
  const kind = imageKindOf(start);
  if (kind !== undefined) {
    const { contentType, extension } = kind;
    return { contentType, extension, pixels: await readPixels(createReadStream(file), kind) };
  }
  const text = textKindOf(start);
  if (text === undefined) return UNKNOWN;
  // What kind it is and nothing of what it says: a page may quote the link.
  throw new ArchiveError('ResultNotAnImage', `the link delivers no image: the file is ${text}`);
}

async function readStart(file: string): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(START_BYTES), 0, START_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
