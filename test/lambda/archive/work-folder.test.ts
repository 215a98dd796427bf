import { mkdtempSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeLeftovers, WORK_FOLDER } from '../../../lambda/archive/work-folder';

test('what a killed run left is removed, and nothing else', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'leftovers-'));
  for (const name of [`${WORK_FOLDER}a1`, `${WORK_FOLDER}b2`, 'somebody-elses']) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, '0'), 'x');
  }

  await removeLeftovers(folder);

  expect(readdirSync(folder)).toEqual(['somebody-elses']);
  rmSync(folder, { recursive: true });
});
