/** A receiver of callbacks that answers what the test wants. */
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { endWithTest } from './simulator';

export interface Received {
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

export interface Receiver {
  readonly url: string;
  readonly port: number;
  readonly received: Received[];
}

/** Answers the statuses in turn, then 204; `hang` reads and never answers. */
export async function receive(
  answers: readonly (number | 'hang')[] = [],
  options: { readonly tls?: { key: string; cert: string }; readonly headers?: Record<string, string> } = {},
): Promise<Receiver> {
  const received: Received[] = [];
  const listener: http.RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const answer = answers[received.length] ?? 204;
      received.push({ path: request.url ?? '', headers: request.headers, text: Buffer.concat(chunks).toString() });
      if (answer !== 'hang') response.writeHead(answer, options.headers).end();
    });
  };
  const server = options.tls ? https.createServer(options.tls, listener) : http.createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endWithTest(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const { port } = server.address() as AddressInfo;
  return { url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}/callback`, port, received };
}
