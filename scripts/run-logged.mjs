/**
 * Runs a program quietly: its output goes to a log file, and its end is shown only when it fails. It ends when we do,
 * also when we are killed: an installation that went on alone would get in the way of the next one.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isAlive, killGroup, readRecord } from '../local/cloud/process-identity.mjs';
import { UserError } from '../local/report.mjs';

const SHOWN_LINES = 15;
const POLL_MS = 100;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const SUPERVISOR = fileURLToPath(new URL('../local/cloud/supervisor.mjs', import.meta.url));

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd: string, log: string, hints?: [RegExp, string][] }} options hints: advice for output that we know
 */
export async function runLogged(command, args, { cwd, log, hints = [] }) {
  mkdirSync(path.dirname(log), { recursive: true });
  appendFileSync(log, `\n$ ${[command, ...args].join(' ')}\n`);
  const record = `${log}.process.json`;
  await endPrevious(record);
  const supervised = [SUPERVISOR, record, command, ...args];
  const child = spawn(process.execPath, supervised, { cwd, stdio: 'pipe', detached: true });
  child.stdin.on('error', () => {});
  let tail = '';
  const keep = (chunk) => {
    appendFileSync(log, chunk);
    tail = (tail + chunk).slice(-20_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let interruptedBy;
  const interrupt = (signal) => {
    interruptedBy = signal;
    child.stdin.end();
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  const outcome = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  for (const signal of SIGNALS) process.off(signal, interrupt);
  if (interruptedBy) process.exit(128 + constants.signals[interruptedBy]);
  if (outcome === 0) return;
  const shown = tail.trimEnd().split('\n').slice(-SHOWN_LINES).join('\n');
  const advice = hints.filter(([pattern]) => pattern.test(tail)).map(([, hint]) => `\n→ ${hint}`);
  const name = [path.basename(command), ...args.slice(0, 3)].join(' ');
  throw new UserError(`${name} failed (${outcome}):\n${shown}\n(full output: ${log})${advice.join('')}`);
}

/** The same program of a run that was killed a moment ago may still be ending. */
async function endPrevious(recordFile) {
  const previous = readRecord(recordFile);
  while (isAlive(previous?.supervisor)) await sleep(POLL_MS);
  if (isAlive(previous?.child)) killGroup(previous.child.pid, 'SIGKILL');
}
