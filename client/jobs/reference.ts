/** A local picture as a reference: checked, and named by what is in it. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { REFERENCES } from '../../domain/constants';
import { MAX_REFERENCE_BYTES, referenceKindOf } from '../../domain/images/reference';
import { ImagePipelineError } from './errors/pipeline-error';

/** The file can't be a reference. Nothing was uploaded. */
export class InvalidReferenceError extends ImagePipelineError {
  override readonly name = 'InvalidReferenceError';
}

export interface Reference {
  readonly key: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
  /** Base64, for S3 to verify. */
  readonly sha256: string;
}

/**
 * The same picture gets the same key, so that a job which is started again has the same input.
 *
 * @param file a path, or the picture itself
 * @throws InvalidReferenceError
 */
export async function readReference(file: string | Uint8Array): Promise<Reference> {
  const bytes = typeof file === 'string' ? await read(file) : file;
  if (bytes.length > MAX_REFERENCE_BYTES) throw tooLarge(bytes.length);
  const kind = referenceKindOf(bytes);
  if (!kind)
    throw new InvalidReferenceError(
      'A reference must be a PNG, JPEG or WebP image; the first bytes of this file are those of none.',
    );
  const hash = createHash('sha256').update(bytes).digest();
  return {
    key: `${REFERENCES.prefix}${hash.toString('hex')}.${kind.extension}`,
    contentType: kind.contentType,
    bytes,
    sha256: hash.toString('base64'),
  };
}

async function read(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > MAX_REFERENCE_BYTES) throw tooLarge(size);
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof InvalidReferenceError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new InvalidReferenceError(`The picture ${path} can't be read (${code}).`, { cause });
  }
}

function tooLarge(bytes: number): InvalidReferenceError {
  return new InvalidReferenceError(
    `The picture has ${bytes} bytes; EvoLink takes references of up to ${MAX_REFERENCE_BYTES}.`,
  );
}
