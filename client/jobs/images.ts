/** What is done with S3: only apps that do it load its SDK. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import type { ArchivedImage } from '../../domain/job';
import { cut } from '../../domain/preview';
import { ImagePipelineError } from './errors/pipeline-error';
import type { Reference } from './reference';

/** What came from S3 is not what the job archived. No file was left behind. */
export class ImageDamagedError extends ImagePipelineError {
  override readonly name = 'ImageDamagedError';
}

/** An image in the archive; every image of a job's output is one. */
export type ImageLocation = Pick<ArchivedImage, 'bucket' | 'key'>;

/** A week: SigV4 signs nothing for longer. */
const MAX_PRESIGN_SECONDS = 604_800;

/**
 * @returns an address that anybody may fetch until then, or until the credentials that signed it end
 * @throws ImagePipelineError for a time that no address can have: S3 would refuse it only when it is fetched
 */
export async function presignImage(s3: S3Client, { bucket, key }: ImageLocation, seconds: number): Promise<string> {
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_PRESIGN_SECONDS) {
    throw new ImagePipelineError(
      `presign: expiresInSeconds must be a whole number from 1 to ${MAX_PRESIGN_SECONDS}, got ${cut(String(seconds))}`,
    );
  }
  const [{ getSignedUrl }, { GetObjectCommand }] = await Promise.all([
    import('@aws-sdk/s3-request-presigner'),
    import('@aws-sdk/client-s3'),
  ]);
  return await getSignedUrl(s3, new GetObjectCommand({ Bucket: bucket, Key: key }), { expiresIn: seconds });
}

/** Writes a file that is whole and has the SHA-256 that the job says, or none at all. */
export async function saveImage(
  s3: S3Client,
  { bucket, key, sha256 }: ArchivedImage,
  file: string,
  signal?: AbortSignal,
): Promise<void> {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3');
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }), { abortSignal: signal });
  await mkdir(dirname(file), { recursive: true });
  const unfinished = `${file}.part`;
  const hash = createHash('sha256');
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  try {
    await pipeline(Body as Readable, meter, createWriteStream(unfinished), { signal });
    const found = hash.digest('hex');
    if (found !== sha256) {
      throw new ImageDamagedError(`s3://${bucket}/${key} has SHA-256 ${found}, the job says ${sha256}`);
    }
    await rename(unfinished, file);
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** @returns its address for `image_urls` */
export async function putReference(
  s3: S3Client,
  bucket: string,
  { key, contentType, bytes, sha256 }: Reference,
  signal?: AbortSignal,
): Promise<string> {
  const { PutObjectCommand } = await import('@aws-sdk/client-s3');
  const put = new PutObjectCommand({
    Bucket: bucket,
    Key: key,
    Body: bytes,
    ContentLength: bytes.length,
    ContentType: contentType,
    ChecksumSHA256: sha256,
  });
  await s3.send(put, { abortSignal: signal });
  return `s3://${bucket}/${key}`;
}
