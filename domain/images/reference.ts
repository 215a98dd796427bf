/** What EvoLink takes as a reference, by size and kind of the file. */
import { type ImageKind, imageKindOf } from './signature';

/** EvoLink's limit of 50 MB, read as decimal megabytes: it does not say which it means. */
export const MAX_REFERENCE_BYTES = 50_000_000;

/** How many bytes of a file tell whether it is a kind that EvoLink takes. */
export const REFERENCE_SIGNATURE_BYTES = 12;

/**
 * @param start the first bytes of a file, {@link REFERENCE_SIGNATURE_BYTES} or more
 * @returns undefined where they belong to no kind of image that EvoLink takes as a reference
 */
export function referenceKindOf(start: Uint8Array): ImageKind | undefined {
  const kind = imageKindOf(start);
  return kind?.isReference ? kind : undefined;
}
