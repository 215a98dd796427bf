/** S3 as its own client sees it: a server on loopback with what a test has stored, and the faults that it asks for. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Client } from '@aws-sdk/client-s3';

const CREDENTIALS = {
  accessKeyId: 'ASIAEXAMPLEKEYID0001',
  secretAccessKey: 'example-secret-key-of-the-bucket-server',
  sessionToken: 'session-token-of-the-bucket-server',
};

interface StoredObject {
  readonly body: Buffer;
  readonly contentType?: string;
}

type Answer = StoredObject | ((request: IncomingMessage, response: ServerResponse) => void);

export class BucketServer {
  /** For what must not touch S3 at all: nobody listens there. */
  static readonly nobody = clientOf('http://127.0.0.1:1');

  readonly client: S3Client;
  /** `GET /bucket/key`, in the order of arrival. */
  readonly seen: string[] = [];
  private readonly answers = new Map<string, Answer>();

  private constructor(private readonly server: Server) {
    this.client = clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (request, response) => this.answer(request, response));
  }

  static async start(): Promise<BucketServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new BucketServer(server);
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  /** @returns the object's address */
  put(bucket: string, key: string, body: Buffer, contentType?: string): string {
    this.answers.set(`/${bucket}/${key}`, { body, contentType });
    return `s3://${bucket}/${key}`;
  }

  /** An object that takes another answer than its bytes. */
  on(bucket: string, key: string, answer: (request: IncomingMessage, response: ServerResponse) => void): string {
    this.answers.set(`/${bucket}/${key}`, answer);
    return `s3://${bucket}/${key}`;
  }

  /** An object for which S3 answers with one of its errors. */
  refuse(bucket: string, key: string, status: number, code: string): string {
    return this.on(bucket, key, (_, response) => refusal(response, status, code));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent(new URL(request.url ?? '', 'http://s3').pathname);
    this.seen.push(`${request.method} ${path}`);
    const answer = this.answers.get(path);
    // Without the right to list, S3 does not say that there is no such object.
    if (!answer) return refusal(response, 403, 'AccessDenied');
    if (typeof answer === 'function') return answer(request, response);
    const [from, to] = rangeOf(request);
    if (answer.body.length <= from) return refusal(response, 416, 'InvalidRange');
    const part = answer.body.subarray(from, to + 1);
    response.writeHead(206, {
      'content-length': part.length,
      'content-range': `bytes ${from}-${from + part.length - 1}/${answer.body.length}`,
      ...(answer.contentType ? { 'content-type': answer.contentType } : {}),
    });
    response.end(part);
  }
}

function rangeOf({ headers }: IncomingMessage): [from: number, to: number] {
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
  // A look at a reference must never fetch it whole.
  if (from === undefined || to === undefined) throw new Error('asked for more than the beginning of an object');
  return [Number(from), Number(to)];
}

function refusal(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>said S3</Message></Error>`);
}

function clientOf(endpoint: string): S3Client {
  return new S3Client({
    endpoint,
    region: 'eu-west-1',
    forcePathStyle: true,
    credentials: CREDENTIALS,
    maxAttempts: 1,
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
}
