import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { runScript, url } from './run-script';

const NOBODY = { pid: 1, started: 'another time' };
const LONG_AGO = new Date(Date.now() - 3_600_000);
let root: string;

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'leftovers '));
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

function run(name: string, record?: object): string {
  const dir = path.join(root, '.local/runs', name);
  fs.mkdirSync(path.join(dir, 'tmp'), { recursive: true });
  if (record) fs.writeFileSync(path.join(dir, 'program.process.json'), JSON.stringify(record));
  fs.utimesSync(dir, LONG_AGO, LONG_AGO);
  return dir;
}

const identityOf = async (pid: number | undefined) =>
  JSON.parse(
    await runScript(
      `import { identityOf } from ${url('../local/cloud/process-identity.mjs')}; console.log(JSON.stringify(identityOf(${pid})))`,
    ),
  ) as object;

const endLeftovers = () =>
  runScript(`import { endLeftovers } from ${url('leftovers.mjs')}; endLeftovers(${JSON.stringify(root)})`);

test('a program whose launcher and supervisor are gone is ended', async () => {
  const program = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
  const dir = run('1', { launcher: NOBODY, supervisor: NOBODY, child: await identityOf(program.pid) });
  const exit = once(program, 'exit');

  await endLeftovers();

  expect((await exit)[1]).toBe('SIGKILL');
  expect(fs.readdirSync(dir)).toEqual([]);
}, 20_000);

test('another process that got the same id later is left alone', async () => {
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
  run('1', { launcher: NOBODY, supervisor: NOBODY, child: { pid: other.pid, started: 'another time' } });

  await endLeftovers();

  expect(other.exitCode ?? other.signalCode).toBeNull();
  other.kill('SIGKILL');
  await once(other, 'exit');
}, 20_000);

test('a run that still has its launcher is left alone', async () => {
  const dir = run('1', { launcher: await identityOf(process.pid), supervisor: NOBODY, child: NOBODY });

  await endLeftovers();

  expect(fs.readdirSync(dir).sort()).toEqual(['program.process.json', 'tmp']);
});

test('old runs are forgotten, the logs of the latest ten are kept', async () => {
  for (let index = 0; index < 13; index++) fs.writeFileSync(path.join(run(`run-${10 + index}`), 'ministack.log'), '');
  const dirs = () => fs.readdirSync(path.join(root, '.local/runs'));
  for (const dir of dirs()) fs.utimesSync(path.join(root, '.local/runs', dir), LONG_AGO, LONG_AGO);

  await endLeftovers();

  expect(dirs()).toEqual(Array.from({ length: 10 }, (_, index) => `run-${13 + index}`));
  expect(fs.readdirSync(path.join(root, '.local/runs/run-22'))).toEqual(['ministack.log']);
});
