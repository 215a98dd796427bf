/** Real processes: what the launcher starts must not outlive it, however it ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runProcess, SupervisedProcess } from '../../../local/cloud/supervised-process';

const ROOT = path.resolve(__dirname, '../../..');
const MODULE = path.join(ROOT, 'local/cloud/supervised-process.ts');
let runDir: string;

/** Ends only by a signal, ignores the polite one, and starts a child of its own. */
const STUBBORN = `
  process.on('SIGTERM', () => {});
  require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log(process.pid)'], { stdio: 'inherit' });
  console.log(process.pid);
  setInterval(() => {}, 1000);`;

beforeEach(() => {
  runDir = fs.mkdtempSync(path.join(os.tmpdir(), 'supervised process-'));
});
afterEach(() => fs.rmSync(runDir, { recursive: true, force: true }));

const options = (script: string, name = 'program') => ({
  name,
  command: process.execPath,
  args: ['-e', script],
  cwd: runDir,
  env: process.env,
  runDir,
});

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function until(condition: () => boolean, timeoutMs = 15_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!condition() && Date.now() < deadline) await sleep(50);
  expect(condition()).toBe(true);
}

/** Process ids that the stubborn program and its child wrote. */
const writtenPids = (name = 'program') => {
  const file = path.join(runDir, `${name}.log`);
  return fs.existsSync(file) ? [...fs.readFileSync(file, 'utf8').matchAll(/^\d+$/gm)].map(([pid]) => Number(pid)) : [];
};

test('stop() ends a stubborn program and its children, and forgets its record', async () => {
  const program = new SupervisedProcess(options(STUBBORN));
  await until(() => writtenPids().length === 2);

  await program.stop();

  await until(() => !writtenPids().some(isAlive));
  expect(program.isRunning).toBe(false);
  expect(fs.readdirSync(runDir)).toEqual(['program.log']);
}, 30_000);

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'nothing outlives a launcher that got %s',
  async (signal) => {
    const script = `
    const { SupervisedProcess } = require(${JSON.stringify(MODULE)});
    new SupervisedProcess({ ...${JSON.stringify(options(STUBBORN))}, env: process.env });
    setInterval(() => {}, 1000);`;
    const launcher: ChildProcess = spawn(process.execPath, ['--require', 'tsx/cjs', '-e', script], {
      cwd: ROOT,
      stdio: 'ignore',
    });
    await until(() => writtenPids().length === 2);

    launcher.kill(signal);
    await once(launcher, 'exit');

    await until(() => !writtenPids().some(isAlive));
  },
  40_000,
);

test('a program that fails shows the end of its log', async () => {
  const failing = runProcess(options(`console.log('first'); console.error('the reason'); process.exit(3)`));

  await expect(failing).rejects.toThrow(/program failed \(exit code 3\):[^]*the reason/);
});

test('a program that does not exist is an error, not a hang', async () => {
  await expect(runProcess({ ...options(''), command: '/nonexistent/program' })).rejects.toThrow('cannot start');
});
