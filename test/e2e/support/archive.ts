/** The archive as an app reads it. */
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { app, connection } from './clients';

export async function getObject(key: string): Promise<{ bytes: Buffer; contentType?: string }> {
  const { Body, ContentType } = await app.s3.send(
    new GetObjectCommand({ Bucket: connection.outputs.BucketName, Key: key }),
  );
  return { bytes: Buffer.from((await Body?.transformToByteArray()) ?? []), contentType: ContentType };
}

export async function getJson(key: string): Promise<Record<string, unknown>> {
  return JSON.parse((await getObject(key)).bytes.toString('utf8')) as Record<string, unknown>;
}
