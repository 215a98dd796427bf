import { open } from 'node:fs/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { Downloaded } from './download';

/**
 * One `PutObject` with a known length and the SHA-256 that was computed on the way in: S3 refuses the object when it
 * received other bytes. Safe to repeat, since key and content stay the same.
 */
export async function storeImage(
  client: S3Client,
  target: { readonly bucket: string; readonly key: string; readonly contentType: string },
  file: string,
  { bytes, sha256 }: Downloaded,
): Promise<void> {
  // Opened before it is sent: an error of a stream that nobody listens to yet would end the process.
  const handle = await open(file);
  const body = handle.createReadStream();
  const abort = new AbortController();
  const unreadable = new Promise<never>((_, reject) => body.once('error', reject));
  const sent = client.send(
    new PutObjectCommand({
      Bucket: target.bucket,
      Key: target.key,
      Body: body,
      ContentLength: bytes,
      ContentType: target.contentType,
      ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
    }),
    { abortSignal: abort.signal },
  );
  try {
    await Promise.race([sent, unreadable]);
  } finally {
    // A request that failed early leaves the file open, and Lambda keeps the process for the next job.
    abort.abort();
    body.destroy();
  }
}

export async function storeManifest(client: S3Client, bucket: string, key: string, manifest: object): Promise<void> {
  await client.send(
    new PutObjectCommand({
      Bucket: bucket,
      Key: key,
      Body: `${JSON.stringify(manifest, null, 2)}\n`,
      ContentType: 'application/json',
      ChecksumAlgorithm: 'SHA256',
    }),
  );
}
