/** Reference images in a bucket of the platform team, as the pipeline is told by its settings. */
import { BucketAlreadyOwnedByYou, CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { admin } from './clients';

/** Creates a bucket, or finds it where another run on a shared cloud has left it. */
export async function createBucket(bucket: string): Promise<void> {
  await admin.s3.send(new CreateBucketCommand({ Bucket: bucket })).catch((error: unknown) => {
    if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
  });
}

/** @returns the object's address as a request names it */
export async function putReference(bucket: string, key: string, body: Buffer, contentType: string): Promise<string> {
  await admin.s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: contentType }));
  return `s3://${bucket}/${key}`;
}
