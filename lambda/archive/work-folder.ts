import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a run keeps its files: a folder of this prefix below the temporary folder. */
export const WORK_FOLDER = 'evolink-images-';

/**
 * Lambda keeps /tmp for the next job, also what a run left there that was killed: a few of those would fill it. To be
 * called when nothing else runs, as is so when a function is invoked.
 */
export async function removeLeftovers(folder = tmpdir()): Promise<void> {
  const left = (await readdir(folder)).filter((name) => name.startsWith(WORK_FOLDER));
  await Promise.all(left.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}
