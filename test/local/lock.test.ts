import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { runScript, startScript, url } from './run-script';

let folder: string;
let file: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lock '));
  file = path.join(folder, 'setup.lock');
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

/** Takes the lock, appends to a log at the start and the end of its turn. */
const turn = (name: string) => `
  import { withLock } from ${url('lock.mjs')};
  import { appendFileSync } from 'node:fs';
  const log = (text) => appendFileSync(${JSON.stringify(path.join(folder, 'log'))}, text + '\\n');
  await withLock(${JSON.stringify(file)}, async () => {
    log('${name} in');
    await new Promise((wake) => setTimeout(wake, 150));
    log('${name} out');
  });`;

const log = () => fs.readFileSync(path.join(folder, 'log'), 'utf8').trim().split('\n');

test('runs that start at once take turns, and the lock is gone in the end', async () => {
  const names = ['a', 'b', 'c', 'd'];

  await Promise.all(names.map((name) => runScript(turn(name))));

  const order = log()
    .filter((line) => line.endsWith('in'))
    .map((line) => line[0]);
  expect([...order].sort()).toEqual(names);
  expect(log()).toEqual(order.flatMap((name) => [`${name} in`, `${name} out`]));
  expect(fs.readdirSync(folder)).toEqual(['log']);
}, 30_000);

test('runs that find the lock of a killed one still take turns', async () => {
  const holder = startScript(`
    import { withLock } from ${url('lock.mjs')};
    await withLock(${JSON.stringify(file)}, () => new Promise(() => { console.log('held'); setInterval(() => {}, 1000); }));`);
  if (holder.stdout) await once(holder.stdout, 'data');
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  expect(fs.existsSync(file)).toBe(true);

  await Promise.all(['a', 'b', 'c'].map((name) => runScript(turn(name))));

  const order = log()
    .filter((line) => line.endsWith('in'))
    .map((line) => line[0]);
  expect(log()).toEqual(order.flatMap((name) => [`${name} in`, `${name} out`]));
  expect(fs.readdirSync(folder)).toEqual(['log']);
}, 30_000);

test.each([
  ['a process id that is in use again', JSON.stringify({ pid: process.pid, started: 'another time', nonce: '1' })],
  ['no readable holder', 'garbage'],
])('a lock with %s is taken over', async (_what, content) => {
  fs.writeFileSync(file, content);

  await runScript(turn('a'));

  expect(log()).toEqual(['a in', 'a out']);
});

test('a failure inside gives the lock back and is passed on', async () => {
  const failing = runScript(`
    import { withLock } from ${url('lock.mjs')};
    await withLock(${JSON.stringify(file)}, async () => { throw new Error('the reason'); });`);

  await expect(failing).rejects.toThrow('the reason');
  expect(fs.existsSync(file)).toBe(false);
});
