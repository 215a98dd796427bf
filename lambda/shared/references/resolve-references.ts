import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { FailureName } from '../../../domain/failures';
import type { Problem } from '../../../domain/job';
import { parseS3Url, type S3Object } from '../../../domain/s3-url';
import type { FailureFacts } from '../end-attempt';
import { type Inspection, inspectObject } from './inspect-object';

export interface ReferenceDependencies {
  readonly s3: S3Client;
  /** How long a signed URL is good for. The session that signs it may end sooner, and the URL with it. */
  readonly urlSeconds: number;
  /** For all references of a job together, in milliseconds. @default 10000 */
  readonly patienceMs?: number;
}

export type ResolvedReferences =
  | { readonly kind: 'resolved'; readonly imageUrls?: readonly string[] }
  /** Nothing may be sent; the attempt ends under this name. */
  | { readonly kind: 'failed'; readonly name: FailureName; readonly facts: FailureFacts };

/** A reference of S3 and its place in the request. */
interface ObjectReference {
  readonly index: number;
  readonly url: string;
  readonly object: S3Object;
}

/**
 * Makes of a request's references what EvoLink can fetch: objects of S3 are looked at, all of them, and get a signed
 * URL; others stay as they are. Signed URLs are credentials: they go into the POST, and into the table (`signed-urls.ts`)
 * while it is open whether there is a task.
 */
export async function resolveReferences(
  imageUrls: readonly string[] | undefined,
  dependencies: ReferenceDependencies,
): Promise<ResolvedReferences> {
  const references = (imageUrls ?? []).flatMap((url, index): ObjectReference[] => {
    const object = parseS3Url(url);
    return object ? [{ index, url, object }] : [];
  });
  if (references.length === 0) return { kind: 'resolved', imageUrls };

  const signal = AbortSignal.timeout(dependencies.patienceMs ?? 10_000);
  const inspected = await Promise.all(
    references.map(async (reference) => ({
      ...reference,
      found: await inspectObject(dependencies.s3, reference.object, signal),
    })),
  );
  const failure = failureOf(inspected);
  if (failure) return failure;

  const resolved = [...(imageUrls ?? [])];
  for (const { index, object, found } of inspected) resolved[index] = await sign(object, found, dependencies);
  return { kind: 'resolved', imageUrls: resolved };
}

/** What is wrong for good comes first: waiting for S3 would not mend it. */
function failureOf(
  inspected: readonly (ObjectReference & { readonly found: Inspection })[],
): Extract<ResolvedReferences, { kind: 'failed' }> | undefined {
  const problems = inspected.flatMap(({ index, url, found }): Problem[] =>
    found.kind === 'unusable'
      ? [{ path: `image_urls[${index}]`, code: found.code, message: found.message, got: url }]
      : [],
  );
  const [first] = problems;
  if (first) {
    const others = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
    const message = `${first.path}: ${first.message}${others}`;
    return { kind: 'failed', name: 'ReferenceImageUnusable', facts: { message, problems } };
  }
  const silent = inspected.find(({ found }) => found.kind === 'unavailable');
  if (silent?.found.kind !== 'unavailable') return undefined;
  return {
    kind: 'failed',
    name: 'ReferenceUnavailable',
    facts: { reference: silent.url, reason: silent.found.reason },
  };
}

/** EvoLink may go by the type that S3 answers with, so a missing or wrong one is put right in the URL. */
function sign(
  { bucket, key }: S3Object,
  found: Inspection,
  { s3, urlSeconds }: ReferenceDependencies,
): Promise<string> {
  const mended =
    found.kind === 'usable' && found.storedContentType !== found.contentType
      ? { ResponseContentType: found.contentType }
      : {};
  return getSignedUrl(s3, new GetObjectCommand({ Bucket: bucket, Key: key, ...mended }), { expiresIn: urlSeconds });
}
