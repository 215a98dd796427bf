import { spawnSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { makeWorkFolder, removeLeftovers, WORK_FOLDER } from '../../../lambda/archive/work-folder';

test('what a killed run left is removed, and nothing of another process that lives', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'leftovers-'));
  const own = basename(await makeWorkFolder(folder));
  const dead = `${WORK_FOLDER}${spawnSync('true').pid}-b2`;
  const alive = `${WORK_FOLDER}${process.ppid}-c3`;
  for (const name of [own, dead, alive, `${WORK_FOLDER}nobody`, 'somebody-elses']) {
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, '0'), 'x');
  }

  await removeLeftovers(folder);

  expect(readdirSync(folder).sort()).toEqual([alive, 'somebody-elses'].sort());
  rmSync(folder, { recursive: true });
});
