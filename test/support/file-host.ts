/** EvoLink's file host on loopback: HTTPS with a certificate of its own, or plain HTTP. Each path is answered as the test says. */
import { createServer as createPlainServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { generate } from 'selfsigned';
import type { DownloadOptions } from '../../lambda/archive/download';

/** Signed by itself for the address and for one name below a domain that nobody has. */
export const HOST_NAME = 'files.evolink.test';

export class FileHost {
  readonly seen: IncomingMessage[] = [];
  private readonly routes = new Map<string, RequestListener>();
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    /** To be trusted by who downloads. */
    readonly ca?: string,
  ) {}

  /** A host that does not speak TLS. */
  static async startPlain(): Promise<FileHost> {
    return FileHost.listen(new FileHost(createPlainServer()));
  }

  static async start(): Promise<FileHost> {
    const altNames = [
      { type: 7 as const, ip: '127.0.0.1' },
      { type: 2 as const, value: HOST_NAME },
    ];
    const extensions = [{ name: 'subjectAltName' as const, altNames }];
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], { extensions });
    return FileHost.listen(new FileHost(createServer({ key, cert }), cert));
  }

  private static async listen(host: FileHost): Promise<FileHost> {
    const { server } = host;
    server.on('request', (request, response) => host.answer(request, response));
    server.on('connection', (socket: Socket) => host.sockets.add(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return host;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  /** Serves a connection that was made elsewhere, for a port that speaks both protocols. */
  accept(socket: Socket): void {
    this.server.emit('connection', socket);
  }

  /** Forgets what the last test set up. */
  reset(): void {
    this.routes.clear();
    this.seen.length = 0;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  url(path: string, host = '127.0.0.1'): string {
    return `${this.ca === undefined ? 'http' : 'https'}://${host}:${this.port}${path}`;
  }

  /** Answers a path; the link to it is returned. */
  on(path: string, listener: RequestListener): string {
    this.routes.set(path, listener);
    return this.url(path);
  }

  file(path: string, body: Buffer | string, headers: Record<string, string | number> = {}): string {
    return this.on(path, (_, response) =>
      response.writeHead(200, { 'content-length': Buffer.byteLength(body), ...headers }).end(body),
    );
  }

  status(path: string, status: number, headers: Record<string, string> = {}): string {
    return this.on(path, (_, response) => response.writeHead(status, headers).end());
  }

  redirect(path: string, location: string, status = 302): string {
    return this.status(path, status, { location });
  }

  /** How often a path was asked for. */
  hits(path: string): number {
    return this.seen.filter(({ url }) => url === path).length;
  }

  options(options: Partial<DownloadOptions> = {}): DownloadOptions {
    return { resultHosts: [], allowLoopback: true, userAgent: 'evolink-image-pipeline/1.2.3', ca: this.ca, ...options };
  }

  private answer(...[request, response]: Parameters<RequestListener>): void {
    this.seen.push(request);
    const listener = this.routes.get(request.url ?? '');
    if (listener === undefined) response.writeHead(404).end();
    else listener(request, response);
  }
}
