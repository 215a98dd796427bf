import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { url } from './run-script';

const WATCHER = `import { endWithParent } from ${url('parent.mjs')};
  process.on('SIGTERM', () => { console.log('ended'); process.exit(); });
  endWithParent();
  setInterval(() => {}, 1000);
  console.log('watching');`;

/** Passes its standard output on, so that the test hears the watcher even after the parent is gone. */
const PARENT = `require('node:child_process')
  .spawn(process.execPath, ['--input-type=module', '-e', ${JSON.stringify(WATCHER)}], { stdio: ['ignore', 1, 2] });
  setInterval(() => {}, 1000);`;

test('ends when its parent was killed without a chance to say so', async () => {
  const parent: ChildProcess = spawn(process.execPath, ['-e', PARENT], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (!parent.stdout) throw new Error('no output');
  const lines = createInterface(parent.stdout);
  const heard: string[] = [];
  lines.on('line', (line) => {
    heard.push(line);
    if (line === 'watching') parent.kill('SIGKILL');
  });

  await once(lines, 'close');

  expect(heard).toEqual(['watching', 'ended']);
}, 20_000);

test('npm runs the launcher without a shell between them, which would swallow its signals', () => {
  const { scripts } = JSON.parse(fs.readFileSync(path.resolve(__dirname, '../../package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const launched = Object.values(scripts).filter((script) => script.includes('scripts/run.mjs'));

  expect(launched).toHaveLength(5);
  for (const script of launched) expect(script).toMatch(/^exec (env \w+=\w+ )?node scripts\/run\.mjs \w+/);
});
