/** The command line as a process of its own. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(__dirname, '..', '..', '..');

/** Without credentials, region and network. */
async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' };
  try {
    const argv = [join(ROOT, 'bin', 'evolink-images.mjs'), ...args];
    return { code: 0, ...(await promisify(execFile)(process.execPath, argv, { env, timeout: 30_000 })) };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

test('estimate: exit code 0 and JSON on stdout, without AWS', async () => {
  const { code, stdout, stderr } = await run('estimate', '--size', '1:1', '--quality', 'low', '--json');

  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({ output_tokens: 196, credits_upper: '0.3599' });
  expect(code).toBe(0);
}, 40_000);

test('wrong use: exit code 2', async () => {
  const { code, stdout } = await run('estimate', '--n', '0', '--size', '9:8');

  expect(stdout).toBe('');
  expect(code).toBe(2);
}, 40_000);

test('no region: exit code 1 and one line on stderr', async () => {
  const { code, stderr } = await run('resume', '--table', 'attempts');

  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toMatch(/AWS region/);
  expect(code).toBe(1);
}, 40_000);
