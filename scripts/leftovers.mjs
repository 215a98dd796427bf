/**
 * Ends what a killed run left behind, and forgets old runs. Normally there is nothing to end: the supervisor of each
 * program does it. Only a run whose supervisor was killed too (`killall -9 node`) leaves a program without an owner.
 */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { isAlive, killGroup, readRecord } from '../local/cloud/process-identity.mjs';

/** Logs of the latest runs are kept for a person to read. */
const KEPT_RUNS = 10;

/** A run this young may not have started its first program yet. */
const YOUNG_MS = 120_000;

/** @param {string} root */
export function endLeftovers(root) {
  const runs = path.join(root, '.local', 'runs');
  if (!existsSync(runs)) return;
  const idle = readdirSync(runs)
    .sort()
    .filter((run) => !isRunning(path.join(runs, run)));
  idle.forEach((run, index) => {
    const old = index < idle.length - KEPT_RUNS;
    rmSync(old ? path.join(runs, run) : path.join(runs, run, 'tmp'), { recursive: true, force: true });
  });
}

/** Whether somebody still owns the run. Programs without an owner are ended on the way. */
function isRunning(run) {
  let running = Date.now() - statSync(run).mtimeMs < YOUNG_MS;
  for (const file of readdirSync(run).filter((name) => name.endsWith('.process.json'))) {
    const record = readRecord(path.join(run, file));
    if (isAlive(record?.launcher) || isAlive(record?.supervisor)) {
      running = true;
      continue;
    }
    if (isAlive(record?.child)) killGroup(record.child.pid, 'SIGKILL');
    rmSync(path.join(run, file), { force: true });
  }
  return running;
}
