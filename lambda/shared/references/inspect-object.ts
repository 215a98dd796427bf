import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { MAX_REFERENCE_BYTES, REFERENCE_SIGNATURE_BYTES, referenceKindOf } from '../../../domain/images/reference';
import type { S3Object } from '../../../domain/s3-url';

/** Why an object is no reference. Apps match on these, as on the codes of an invalid request. */
export type ObjectProblem =
  | 'object_not_readable'
  | 'object_empty'
  | 'object_too_large'
  | 'object_not_an_image'
  | 'object_archived'
  | 'object_in_other_region';

export type Inspection =
  | {
      readonly kind: 'usable';
      /** What the object is by its bytes. */
      readonly contentType: string;
      /** What S3 says that it is. */
      readonly storedContentType?: string;
    }
  | { readonly kind: 'unusable'; readonly code: ObjectProblem; readonly message: string }
  /** S3 gave no answer that says anything about the object. */
  | { readonly kind: 'unavailable'; readonly reason: string };

/**
 * Looks at an object as EvoLink will get it. By a GET of its first bytes and not by a HEAD: a HEAD shows neither that
 * the object may be decrypted nor that it is an image, and costs the same.
 */
export async function inspectObject(
  s3: S3Client,
  { bucket, key }: S3Object,
  abortSignal: AbortSignal,
): Promise<Inspection> {
  const range = `bytes=0-${REFERENCE_SIGNATURE_BYTES - 1}`;
  try {
    const found = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, Range: range }), { abortSignal });
    const start = (await found.Body?.transformToByteArray()) ?? new Uint8Array();
    return judge(found, start);
  } catch (error) {
    return judgeError(error);
  }
}

function judge({ ContentRange, ContentLength, ContentType }: GetObjectCommandOutput, start: Uint8Array): Inspection {
  const bytes = Number(/\/(\d+)$/.exec(ContentRange ?? '')?.[1] ?? ContentLength ?? start.length);
  if (bytes === 0) return EMPTY;
  if (bytes > MAX_REFERENCE_BYTES) {
    const message = `The object has ${bytes} bytes; a reference may have ${MAX_REFERENCE_BYTES}.`;
    return { kind: 'unusable', code: 'object_too_large', message };
  }
  const kind = referenceKindOf(start);
  if (kind) return { kind: 'usable', contentType: kind.contentType, storedContentType: ContentType };
  const message = `The object is no PNG, JPEG or WebP by its first bytes${ContentType ? ` (stored as ${ContentType})` : ''}.`;
  return { kind: 'unusable', code: 'object_not_an_image', message };
}

const EMPTY: Inspection = { kind: 'unusable', code: 'object_empty', message: 'The object is empty.' };

/** By S3's own names where one says more than its status. @see https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
function judgeError(error: unknown): Inspection {
  const { name, status } = factsOf(error);
  const answer = `S3 answers ${name} (${status})`;
  const unusable = (code: ObjectProblem, message: string): Inspection => ({ kind: 'unusable', code, message });
  if (status === undefined || status >= 500 || status === 429 || /throttl|slowdown|timeout|expired/i.test(name)) {
    return { kind: 'unavailable', reason: name };
  }
  if (status === 416) return EMPTY;
  if (name === 'InvalidObjectState') {
    return unusable('object_archived', `${answer}: the object is in an archive and has to be restored first.`);
  }
  if (status === 301 || status === 307 || name === 'AuthorizationHeaderMalformed') {
    return unusable('object_in_other_region', `${answer}: the bucket must be in the region of the pipeline.`);
  }
  // Without the right to list the bucket, which we don't have, S3 tells nobody which of the two it is.
  return unusable('object_not_readable', `${answer}: there is no such object, or the pipeline may not read it.`);
}

/** The message stays out: it may hold addresses. Without a status, S3 did not answer. */
function factsOf(error: unknown): { readonly name: string; readonly status?: number } {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  return { name: name ?? 'UnknownError', status: $metadata?.httpStatusCode };
}
