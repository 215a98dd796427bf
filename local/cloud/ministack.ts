/** Starts ministack, the local AWS: a single Python process with TLS and with IAM enforced. */
import { createServer } from 'node:net';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOCAL_DIR, ROOT } from '../paths';
import { SupervisedProcess } from './supervised-process';
import { type Trust, trustEnvironment } from './trust';

const START_TIMEOUT_MS = 60_000;
const POLL_MS = 100;
/** The port is found before ministack takes it; another program may be faster. */
const PORT_TRIES = 3;

export interface Ministack {
  /** An address, not a name: with a name the S3 client asks for `<bucket>.localhost`, which does not resolve. */
  readonly endpoint: string;
  stop(): Promise<void>;
}

export interface MinistackOptions {
  readonly runDir: string;
  readonly trust: Trust;
  readonly region: string;
}

export async function startMinistack(options: MinistackOptions): Promise<Ministack> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const child = new SupervisedProcess({
      name: 'ministack',
      command: path.join(LOCAL_DIR, 'venv', 'bin', 'python'),
      args: ['-m', 'ministack.app'],
      cwd: options.runDir,
      env: ministackEnvironment(port, options),
      runDir: options.runDir,
    });
    const endpoint = `https://127.0.0.1:${port}`;
    if (await isHealthy(endpoint, child)) return { endpoint, stop: () => child.stop() };
    await child.stop();
    if (attempt < PORT_TRIES && /address already in use/i.test(child.logTail())) continue;
    throw new Error(`ministack did not start:\n${child.logTail()}\n(full output: ${child.logFile})`);
  }
}

function ministackEnvironment(port: number, { runDir, trust, region }: MinistackOptions): NodeJS.ProcessEnv {
  const node24 = path.join(ROOT, 'node_modules', 'node', 'bin');
  return {
    // Lambdas inherit all of this. So the shell's own settings (profiles, proxies, NODE_OPTIONS, keys) stay out.
    PATH: `${node24}:${process.env.PATH ?? ''}`,
    HOME: process.env.HOME,
    // Nor do the settings in the home folder (`~/.aws`) reach them.
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    LANG: 'C.UTF-8',
    PYTHONUNBUFFERED: '1',
    TMPDIR: path.join(runDir, 'tmp'),
    ...trustEnvironment(trust.bundlePath),
    GATEWAY_PORT: String(port),
    BIND_HOST: '127.0.0.1',
    MINISTACK_HOST: 'localhost',
    MINISTACK_REGION: region,
    AWS_ENDPOINT_URL: `https://127.0.0.1:${port}`,
    USE_SSL: '1',
    MINISTACK_SSL_CERT: trust.certPath,
    MINISTACK_SSL_KEY: trust.keyPath,
    AUTH: 'true',
    LAMBDA_EXECUTOR: 'local',
    LAMBDA_WARM_TTL_SECONDS: '5',
    LAMBDA_ASYNC_RETRY_BASE_SECONDS: '0.2',
    // No listener besides the one on loopback.
    IOT_MTLS_ENABLED: '0',
    SFTP_ENABLED: '0',
  };
}

async function isHealthy(endpoint: string, child: SupervisedProcess): Promise<boolean> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (child.isRunning && Date.now() < deadline) {
    try {
      const reply = await fetch(`${endpoint}/_ministack/health`, { signal: AbortSignal.timeout(5_000) });
      if (reply.ok) return true;
    } catch {
      // Not listening yet.
    }
    await sleep(POLL_MS);
  }
  return false;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
