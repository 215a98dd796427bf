/** The plumbing: an HTTP or HTTPS server that turns calls into replies. Routes know nothing of sockets. */
import { randomBytes } from 'node:crypto';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { ApiError } from './api-error';

export interface Call {
  readonly method: string;
  readonly url: URL;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Reply {
  readonly status: number;
  /** Text and bytes are sent as they are, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Real milliseconds. */
  readonly delayMs?: number;
  /** Destroy the connection instead. */
  readonly drop?: boolean;
  /** Send only so many bytes of what `content-length` promises, then break the connection. */
  readonly truncate?: number;
  /** No `content-length`: the end of the body is only known when it comes. */
  readonly chunked?: boolean;
  /** The body comes in ten pieces over so many real milliseconds. */
  readonly dripMs?: number;
  /** Called when the reply leaves, or when the connection is destroyed in its place. */
  readonly sent?: () => void;
}

const PIECES = 10;

/** A prompt of 32 000 four-byte characters is 384 KB of JSON when it is escaped. */
const LONGEST_BODY = 2 * 1024 * 1024;

export function replyOf(error: ApiError): Reply {
  return { status: error.facts.status, body: error.body, headers: error.headers };
}

export class HttpServer {
  private readonly server: http.Server | https.Server;

  constructor(
    private readonly handle: (call: Call) => Reply | Promise<Reply>,
    private readonly now: () => number,
    private readonly tls?: { readonly key: string; readonly cert: string },
  ) {
    const listener: http.RequestListener = (request, response) => void this.answer(request, response);
    this.server = tls === undefined ? http.createServer(listener) : https.createServer({ ...tls }, listener);
  }

  /** Resolves with the base URL. */
  listen(port: number, host: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, () => {
        this.server.off('error', reject);
        const actual = (this.server.address() as AddressInfo).port;
        resolve(`${this.tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${actual}`);
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private async answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    // A client that hangs up is no fault of ours.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const reply = await this.replyTo(request);
    if (reply.delayMs !== undefined) await delay(reply.delayMs);
    reply.sent?.();
    if (reply.drop === true) request.socket.destroy();
    else this.write(response, reply, request.method === 'HEAD');
  }

  private async replyTo(request: http.IncomingMessage): Promise<Reply> {
    try {
      const url = new URL(request.url ?? '/', 'http://simulator.invalid');
      const body = await readBody(request);
      return await this.handle({ method: request.method ?? 'GET', url, headers: request.headers, body });
    } catch (error) {
      return replyOf(error instanceof ApiError ? error : ApiError.of('internal_error', { message: String(error) }));
    }
  }

  private write(response: http.ServerResponse, reply: Reply, withoutBody: boolean): void {
    const isRaw = typeof reply.body === 'string' || Buffer.isBuffer(reply.body);
    const content = isRaw ? reply.body : JSON.stringify(reply.body ?? {});
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    response.writeHead(reply.status, {
      // The simulated time: clients compare it with `created`.
      date: new Date(this.now()).toUTCString(),
      'x-request-id': `req_${randomBytes(12).toString('hex')}`,
      'content-type': isRaw ? 'text/plain; charset=utf-8' : 'application/json',
      ...(reply.chunked === true ? {} : { 'content-length': String(bytes.length) }),
      ...reply.headers,
    });
    if (withoutBody) response.end();
    else if (reply.truncate !== undefined && reply.truncate < bytes.length) {
      response.write(bytes.subarray(0, reply.truncate), () => response.destroy());
    } else if (reply.dripMs === undefined) response.end(bytes);
    else void drip(response, bytes, reply.dripMs);
  }
}

async function drip(response: http.ServerResponse, bytes: Buffer, totalMs: number): Promise<void> {
  const size = Math.max(1, Math.ceil(bytes.length / PIECES));
  for (let start = 0; start < bytes.length && !response.destroyed; start += size) {
    response.write(bytes.subarray(start, start + size));
    await delay(totalMs / PIECES);
  }
  response.end();
}

async function readBody(request: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    // The rest is read and thrown away, so that the client gets the reply instead of a broken connection.
    if (length <= LONGEST_BODY) chunks.push(chunk);
  }
  if (length > LONGEST_BODY) throw ApiError.of(413);
  return Buffer.concat(chunks);
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
