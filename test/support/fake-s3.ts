import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { S3Client } from '@aws-sdk/client-s3';

export interface StoredObject {
  readonly bucket: string;
  readonly key: string;
  readonly contentType?: string;
  readonly body: Buffer;
  /** Base64, where the client sent one: verified, as by S3. */
  readonly sha256?: string;
}

interface PutInput {
  readonly Bucket: string;
  readonly Key: string;
  readonly Body: string | Uint8Array | Readable;
  readonly ContentLength?: number;
  readonly ContentType?: string;
  readonly ChecksumSHA256?: string;
}

/** S3 as the archive uses it: takes whole objects, and refuses one whose length or checksum is not what was said. */
export class FakeS3 {
  readonly client: S3Client;
  /** In the order of their arrival, overwritten ones included. */
  readonly objects: StoredObject[] = [];

  constructor(private readonly before?: (key: string) => unknown) {
    this.client = Object.create(S3Client.prototype, {
      send: { value: (command: { input: PutInput; constructor: { name: string } }) => this.take(command) },
    }) as S3Client;
  }

  keys(): string[] {
    return this.objects.map(({ key }) => key);
  }

  private async take({ input, constructor }: { input: PutInput; constructor: { name: string } }): Promise<object> {
    if (constructor.name === 'PutObjectCommand') return this.put(input);
    if (constructor.name === 'GetObjectCommand') return this.get(input);
    throw new Error(`the fake S3 does not know ${constructor.name} yet`);
  }

  private get({ Bucket, Key }: PutInput): object {
    const found = this.objects.findLast(({ bucket, key }) => bucket === Bucket && key === Key);
    // Without the right to list, S3 does not say that there is none.
    if (!found) throw refused('AccessDenied');
    return { Body: Readable.from([found.body]), ContentType: found.contentType };
  }

  private async put(input: PutInput): Promise<object> {
    await this.before?.(input.Key);
    const chunks: Buffer[] = [];
    if (typeof input.Body === 'string' || input.Body instanceof Uint8Array) chunks.push(Buffer.from(input.Body));
    else for await (const chunk of input.Body as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const sha256 = createHash('sha256').update(body).digest('base64');
    if (input.ContentLength !== undefined && input.ContentLength !== body.length) throw refused('IncompleteBody');
    if (input.ChecksumSHA256 !== undefined && input.ChecksumSHA256 !== sha256) throw refused('BadDigest');
    const { Bucket: bucket, Key: key, ContentType: contentType, ChecksumSHA256 } = input;
    this.objects.push({ bucket, key, contentType, body, sha256: ChecksumSHA256 });
    return {};
  }
}

function refused(name: string): Error {
  return Object.assign(new Error(name), { name });
}
