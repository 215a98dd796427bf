/** Real servers on loopback, scripted by each test. Call {@link closeServers} after each. */
import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  /** Which connection it came on, counted from 1. */
  readonly connection: number;
}

export interface HttpServer {
  readonly baseUrl: string;
  readonly seen: Seen[];
  /** Ends every connection that is open now, as an idle time-out of the server would. */
  dropConnections(): void;
}

export interface RawServer {
  readonly port: number;
  /** All that came in, over all connections. */
  received(): string;
}

const open: { close(): void }[] = [];

export function closeServers(): void {
  for (const server of open.splice(0)) server.close();
}

export interface Reply {
  status?: number;
  headers?: http.OutgoingHttpHeaders;
  body?: unknown;
}

/** A reply, or how it is made from the body of the request. */
export type Answer = Reply | ((body: string) => Reply);

/** Answers each request in turn; the last reply repeats. A body that is no string is sent as JSON. */
export async function startServer(replies: Answer[], tls?: { key: string; cert: string }): Promise<HttpServer> {
  const seen: Seen[] = [];
  const connections = new Map<net.Socket, number>();
  const handler: http.RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const answer = replies[Math.min(seen.length, replies.length - 1)];
      const body = Buffer.concat(chunks).toString();
      const reply = typeof answer === 'function' ? answer(body) : answer;
      const { method = '', url = '', headers } = request;
      const connection = connections.get(request.socket) ?? 0;
      seen.push({ method, url, headers, body, connection });
      response.writeHead(reply?.status ?? 200, { 'content-type': 'application/json', ...reply?.headers });
      response.end(typeof reply?.body === 'string' ? reply.body : JSON.stringify(reply?.body ?? {}));
    });
  };
  const server = tls ? https.createServer(tls, handler) : http.createServer(handler);
  server.on(tls ? 'secureConnection' : 'connection', (socket: net.Socket) => {
    connections.set(socket, connections.size + 1);
  });
  const port = await listen(server);
  const dropConnections = () => connections.forEach((_, socket) => socket.destroy());
  open.push({
    close: () => {
      server.close();
      dropConnections();
    },
  });
  return { baseUrl: `http${tls ? 's' : ''}://127.0.0.1:${port}`, seen, dropConnections };
}

/** A server below HTTP: gets the socket and all that came over it so far, at each arrival of bytes. */
export async function startRawServer(onData: (socket: net.Socket, received: string) => void): Promise<RawServer> {
  const all: string[] = [];
  const sockets: net.Socket[] = [];
  const server = net.createServer((socket) => {
    const mine = all.push('') - 1;
    sockets.push(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      all[mine] += chunk.toString('latin1');
      onData(socket, all[mine] ?? '');
    });
  });
  const port = await listen(server);
  open.push({
    close: () => {
      server.close();
      sockets.forEach((socket) => socket.destroy());
    },
  });
  return { port, received: () => all.join('') };
}

/** A port on which nobody listens. */
export async function unusedPort(): Promise<number> {
  const server = net.createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listen(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as net.AddressInfo).port;
}
