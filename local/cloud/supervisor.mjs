/**
 * Runs a program for the launcher and ends it, with everything that it started, as soon as the launcher is gone:
 * also when the launcher was killed with SIGKILL. The launcher holds the other end of our standard input; the
 * system closes it with the launcher, whatever the reason.
 *
 * Usage: node supervisor.mjs <record file> <command> [arguments …]
 */
import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { identityOf, killGroup } from './process-identity.mjs';

/** Time for an orderly end before the group is killed. */
const GRACE_MS = 3_000;

const [recordFile, command, ...args] = process.argv.slice(2);

// A group of its own: a signal reaches the program's children too, and Ctrl-C in the terminal does not reach them early.
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], detached: true });

child.once('error', (error) => {
  console.error(`cannot start ${command}: ${error.message}`);
  process.exit(127);
});
child.once('spawn', () => {
  // Should this process be killed as well, the next run finds the record and ends what is left.
  const record = { launcher: identityOf(process.ppid), supervisor: identityOf(), child: identityOf(child.pid) };
  writeFileSync(recordFile, JSON.stringify(record));
});
child.once('exit', (code, signal) => {
  killGroup(child.pid, 'SIGKILL');
  rmSync(recordFile, { force: true });
  process.exit(code ?? 128 + constants.signals[signal]);
});

let ending = false;
function end() {
  if (ending) return;
  ending = true;
  killGroup(child.pid, 'SIGTERM');
  setTimeout(() => killGroup(child.pid, 'SIGKILL'), GRACE_MS);
}

process.stdin.on('end', end).on('error', end).resume();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, end);
