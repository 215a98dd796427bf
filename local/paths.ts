import * as fs from 'node:fs';
import * as path from 'node:path';

/** The repository. Everything that the local cloud writes stays inside it, in `.local/` and `out/`, both git-ignored. */
export const ROOT = path.resolve(__dirname, '..');

export const LOCAL_DIR = path.join(ROOT, '.local');

/** One folder per run: logs, outputs of the deployment, a folder for temporary files. */
export const RUNS_DIR = path.join(LOCAL_DIR, 'runs');

/** Archived images, downloaded for a person to look at. */
export const OUT_DIR = path.join(ROOT, 'out');

/** Readable, sorts by time, and unique enough for runs that start in the same second. */
export function newRunId(now = new Date()): string {
  const stamp = now.toISOString().slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
  return `${stamp}-${process.pid.toString(36)}`;
}

export function makeRunDir(runId: string): string {
  const dir = path.join(RUNS_DIR, runId);
  fs.mkdirSync(path.join(dir, 'tmp'), { recursive: true });
  return dir;
}
