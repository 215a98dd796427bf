/** `s3://bucket/key` among the references: an object of one of the pipeline's reference buckets, as its key is written. */
import { hasLoneSurrogate } from '../preview';
import { parseS3Url } from '../s3-url';
import { utf8Bytes } from '../tokens';
import type { Findings } from './problems';
import { checkExtension } from './reference-extension';

/** S3's own limit. */
const MAX_KEY_BYTES = 1_024;

const FORM =
  'An object of S3 is written as s3://bucket/key: the key as it is, without % escapes, at most 1024 bytes, without control characters and without . or .. between slashes.';

/**
 * Where nobody knows the buckets, as in an estimate, none is refused.
 *
 * @returns what two ways to write the same object have in common, or undefined when it names none
 */
export function checkS3Url(
  path: string,
  text: string,
  buckets: readonly string[] | undefined,
  findings: Findings,
): string | undefined {
  const object = parseS3Url(text);
  if (!object || !isUsableKey(object.key)) {
    findings.refuse(path, 's3_url_invalid', FORM, text);
    return undefined;
  }
  const { bucket, key } = object;
  if (buckets && !buckets.includes(bucket)) findings.refuse(path, 's3_bucket_not_allowed', allowed(buckets), text);
  checkExtension(key, (code, message) => findings.refuse(path, code, message, text));
  return `s3://${bucket}/${key}`;
}

/** A client that fetches the signed URL may resolve `.` and `..`, and then asks for another object than was signed. */
function isUsableKey(key: string): boolean {
  if (key.endsWith('/') || utf8Bytes(key) > MAX_KEY_BYTES) return false;
  if (/\p{Cc}/u.test(key) || hasLoneSurrogate(key)) return false;
  return !key.split('/').some((segment) => segment === '.' || segment === '..');
}

function allowed(buckets: readonly string[]): string {
  if (buckets.length === 0) return 'This pipeline takes no references from S3: it has no reference buckets.';
  return `References may come from these buckets: ${buckets.join(', ')}.`;
}
