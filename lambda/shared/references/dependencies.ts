import { S3Client } from '@aws-sdk/client-s3';
import { requireCount } from '../config';
import type { ReferenceDependencies } from './resolve-references';

/**
 * Longest life of a signed URL, in seconds. It never outlives the session of the function that signs it, and AWS does
 * not say how long Lambda's sessions are: six hours is what it names for roles of machines.
 */
const MAX_URL_SECONDS = 6 * 3_600;

/** A URL for as long as its task may take. */
export function referenceDependencies(): ReferenceDependencies {
  return {
    s3: new S3Client({
      maxAttempts: 3,
      requestHandler: { connectionTimeout: 1_000, requestTimeout: 4_000, throwOnRequestTimeout: true },
      // Otherwise the signed URL asks S3 for a checksum that nobody looks at.
      responseChecksumValidation: 'WHEN_REQUIRED',
    }),
    urlSeconds: Math.min(requireCount('taskTimeoutSeconds'), MAX_URL_SECONDS),
  };
}
