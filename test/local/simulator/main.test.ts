import { spawn, type ChildProcess } from 'node:child_process';
import * as path from 'node:path';
import { endWithTest, until } from './support/simulator';

const ROOT = path.resolve(__dirname, '../../..');

function run(...args: string[]) {
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', 'local/simulator/main.ts', ...args], {
    cwd: ROOT,
  });
  const seen = { out: '', err: '', code: undefined as number | null | undefined };
  child.stdout?.on('data', (text) => (seen.out += text));
  child.stderr?.on('data', (text) => (seen.err += text));
  const ended = new Promise<void>((resolve) =>
    child.on('close', (code) => {
      seen.code = code;
      resolve();
    }),
  );
  endWithTest(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, seen, ended };
}

describe('the program', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('serves until %s, and shows no key that somebody chose', async (signal) => {
    const { child, seen, ended } = run('--key', 'sk-chosen', '--credits', '12.5', '--control');
    await until(() => seen.out.includes('Ctrl-C'), 'the program is ready');
    const baseUrl = /http:\/\/127\.0\.0\.1:\d+/.exec(seen.out)![0];

    const credits = await fetch(`${baseUrl}/v1/credits`, { headers: { authorization: 'Bearer sk-chosen' } });
    expect(((await credits.json()) as { data: object }).data).toMatchObject({ user: { remaining_credits: 12.5 } });
    expect((await fetch(`${baseUrl}/_simulator/tasks`)).status).toBe(200);
    expect(seen.out).toContain('curl');
    expect(seen.out).not.toContain('sk-chosen');

    child.kill(signal);
    await ended;
    expect([seen.code, seen.err]).toEqual([0, '']);
  });

  it('explains itself', async () => {
    const { seen, ended } = run('--help');
    await ended;
    expect(seen.code).toBe(0);
    for (const flag of [
      '--port',
      '--key',
      '--credits',
      '--cert',
      '--tls-key',
      '--allow-local-callbacks',
      '--control',
    ]) {
      expect(seen.out).toContain(flag);
    }
  });

  it.each([
    [['--prot', '80'], '--prot'],
    [['--port', '70000'], '70000'],
    [['--credits', 'many'], 'many'],
    [['--cert', 'a.pem'], '--tls-key'],
    [['--cert', 'missing.pem', '--tls-key', 'missing.pem'], 'missing.pem'],
    [['extra'], 'extra'],
  ])('ends with 2 and says what is wrong: %j', async (args, text) => {
    const { seen, ended } = run(...args);
    await ended;
    expect(seen.code).toBe(2);
    expect(seen.err).toContain(text);
    expect(seen.err).not.toContain('    at ');
  });
});
