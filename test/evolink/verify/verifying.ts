/** A run of the verification against a simulated EvoLink, with waits cut short. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { verify, ReportFolder, type Report, type VerifyOptions } from '../../../evolink/verify';
import { startEvolinkSimulator, type EvolinkSimulator, type SimulatorOptions } from '../../../local/simulator';

export const API_KEY = 'sk-verify-0123456789abcdef';

export interface Verified {
  readonly report: Report;
  readonly simulator: EvolinkSimulator;
  readonly folder: string;
  /** Name and text of everything in the folder. */
  readonly files: Readonly<Record<string, string>>;
  /** State and what was seen, by assumption. */
  readonly rows: Readonly<Record<string, { readonly state: string; readonly seen: string }>>;
}

const folders: string[] = [];
const simulators: EvolinkSimulator[] = [];

/** To be called after each test. */
export async function cleanUp(): Promise<void> {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  for (const server of servers.splice(0)) server.close();
  await Promise.all(simulators.splice(0).map((simulator) => simulator.close()));
}

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'evolink-verify-'));
  folders.push(folder);
  return folder;
}

export async function simulated(options: SimulatorOptions = {}): Promise<EvolinkSimulator> {
  const keys = [{ key: API_KEY, account: 'acct-5f3c', credits: '777.1234' }];
  const simulator = await startEvolinkSimulator({ keys, timing: { pendingMs: 10, processingMs: 20 }, ...options });
  simulators.push(simulator);
  return simulator;
}

/** @param prepare scripts the simulator */
export async function verified(
  options: SimulatorOptions = {},
  prepare: (simulator: EvolinkSimulator) => void = () => undefined,
  changes: Partial<VerifyOptions> = {},
): Promise<Verified> {
  const simulator = await simulated(options);
  prepare(simulator);
  const folder = newFolder();
  const report = await verify({ ...optionsFor(simulator, folder), ...changes });
  const rows = Object.fromEntries(report.rows.map(({ id, state, seen }) => [id, { state, seen }]));
  return { report, simulator, folder, files: filesIn(folder), rows };
}

export function optionsFor({ baseUrl }: EvolinkSimulator, folder: string): VerifyOptions {
  return {
    baseUrl,
    apiKey: API_KEY,
    version: '1.2.3',
    paid: true,
    folder: new ReportFolder(folder, API_KEY),
    sleep: (milliseconds, signal) => delay(Math.min(milliseconds, 25), undefined, { signal }),
    now: () => new Date(),
  };
}

export function filesIn(folder: string): Record<string, string> {
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'latin1')]));
}

export interface Passed {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

const servers: Server[] = [];

/**
 * In front of a simulator, for what it can't be scripted to do.
 *
 * @param change what is passed on instead; a number answers with this status and no body
 * @returns its base URL
 */
export async function between(
  { baseUrl }: EvolinkSimulator,
  change: (request: Passed) => Passed | number,
): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
      const { authorization = '', 'idempotency-key': key = '' } = incoming.headers;
      const headers = {
        authorization,
        'content-type': 'application/json',
        ...(key !== '' && { 'idempotency-key': String(key) }),
      };
      const changed = change({ path: incoming.url ?? '', headers, body: Buffer.concat(chunks).toString() });
      if (typeof changed === 'number') return void outgoing.writeHead(changed).end();
      const { method = 'GET' } = incoming;
      const body = method === 'GET' ? undefined : changed.body;
      const reply = await fetch(`${baseUrl}${changed.path}`, { method, headers: changed.headers, body });
      const replayed = reply.headers.get('idempotency-replayed');
      outgoing.writeHead(reply.status, replayed === null ? {} : { 'idempotency-replayed': replayed });
      outgoing.end(await reply.text());
    })();
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
