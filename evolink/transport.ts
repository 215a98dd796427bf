/**
 * One HTTP exchange, and precise knowledge of how far it came.
 *
 * Why not `fetch`: a submission costs money, so we must know whether any of it was sent. `fetch` reports a refused
 * connection, a failed TLS handshake and a reset after sending alike, and it keeps connections for later calls: a Lambda
 * frozen in between would write its POST into a dead one and get a reset that proves nothing. With `node:https` each
 * call has a connection of its own, and the request is written only once that connection stands.
 */
import * as http from 'node:http';
import * as https from 'node:https';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** `https:`, or `http:` for a server on this machine. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Time for everything: name, connection, TLS, request and the whole reply. Milliseconds. */
  readonly timeoutMs: number;
  /** Largest reply body that is read, in bytes. */
  readonly maxReplyBytes: number;
}

export interface HttpReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** Why an exchange gave no reply. `connect`: nothing was sent; every other reason: the request was (partly) sent. */
export type TransportFault = 'connect' | 'timeout' | 'lost' | 'too_large';

export class TransportError extends Error {
  override readonly name = 'TransportError';

  constructor(
    readonly fault: TransportFault,
    cause: unknown,
  ) {
    super(`No reply: ${fault}`, { cause });
  }
}

// No keep-alive: a connection serves one exchange. Sessions of TLS are still resumed, so a repeated call stays quick.
const AGENTS = { 'http:': new http.Agent({ keepAlive: false }), 'https:': new https.Agent({ keepAlive: false }) };

/**
 * Sends a request once and reads the whole reply, whatever its status. Redirects are not followed, nothing is retried.
 * @throws {@link TransportError}
 */
export function exchange(request: HttpRequest): Promise<HttpReply> {
  const secure = request.url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    let sent = false;
    let answered = false;
    const outgoing = (secure ? https : http).request(request.url, {
      method: request.method,
      headers: request.headers,
      agent: secure ? AGENTS['https:'] : AGENTS['http:'],
    });

    const fail = (fault: TransportFault, cause: Error) => {
      clearTimeout(timer);
      // A parser error carries the raw bytes of the reply, which may quote the prompt.
      Reflect.deleteProperty(cause, 'rawPacket');
      reject(new TransportError(sent ? fault : 'connect', cause));
      outgoing.destroy();
    };
    const timer = setTimeout(
      () => fail('timeout', new Error(`Not finished within ${request.timeoutMs} ms`)),
      request.timeoutMs,
    );

    outgoing.once('socket', (socket) => {
      socket.once(secure ? 'secureConnect' : 'connect', () => {
        // Until here not even the request line was written.
        sent = true;
        outgoing.end(request.body);
      });
    });
    // Once a reply has begun, only reading it decides: EvoLink may refuse a request before it took all of it.
    outgoing.on('error', (error) => {
      if (!answered) fail('lost', error);
    });
    outgoing.once('close', () => {
      if (!answered) fail('lost', new Error('The connection ended without a reply'));
    });
    outgoing.once('response', (incoming) => {
      answered = true;
      readBody(incoming, request.maxReplyBytes).then(
        (body) => {
          clearTimeout(timer);
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body });
        },
        (error: Error) => fail(error instanceof ReplyTooLarge ? 'too_large' : 'lost', error),
      );
    });
  });
}

class ReplyTooLarge extends Error {}

/** Rejects when the connection ends before the body does: a part of a reply is no reply. */
async function readBody(incoming: http.IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new ReplyTooLarge(`More than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  // Drops a byte order mark, which JSON.parse would stumble over.
  return new TextDecoder().decode(Buffer.concat(chunks));
}
