import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a run keeps its files: a folder of this prefix and its process's id, below the temporary folder. */
export const WORK_FOLDER = 'evolink-images-';

export function makeWorkFolder(folder = tmpdir()): Promise<string> {
  return mkdtemp(join(folder, `${WORK_FOLDER}${process.pid}-`));
}

/**
 * Lambda keeps /tmp for the next job, also what a run left there that was killed: a few of those would fill it. To be
 * called when nothing else runs in this process, as is so when a function is invoked. Where processes share a temporary
 * folder, as on a local cloud, what belongs to another one that lives is left alone.
 */
export async function removeLeftovers(folder = tmpdir()): Promise<void> {
  const left = (await readdir(folder)).filter((name) => name.startsWith(WORK_FOLDER) && !isInUse(name));
  await Promise.all(left.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

function isInUse(name: string): boolean {
  const owner = Number.parseInt(name.slice(WORK_FOLDER.length), 10);
  if (Number.isNaN(owner) || owner === process.pid) return false;
  try {
    return process.kill(owner, 0);
  } catch (error) {
    // It lives, and is not ours to ask.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
