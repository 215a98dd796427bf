/** `npm start -- --live` as a person runs it, with a real key: here that of a simulator in this process. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { OUT_DIR, ROOT, RUNS_DIR } from '../../local/paths';
import { prepareTrust } from '../../local/cloud/trust';
import { type EvolinkSimulator, startEvolinkSimulator } from '../../local/simulator';
import { stopAndSay } from '../../local/live/at-evolink';
import { connection, endOf, eventually, simulator, startJob } from './support/pipeline';

const KEY = `sk-live-${randomBytes(16).toString('hex')}`;
const RUN = ['scripts/run.mjs', 'start', '--live'];

let evolink: EvolinkSimulator;
let env: NodeJS.ProcessEnv;
/** The run's id is part of its folder's name; other runs have theirs. */
let runsBefore: ReadonlySet<string>;

beforeAll(async () => {
  const { certPath, keyPath } = await prepareTrust();
  evolink = await startEvolinkSimulator({
    tls: { cert: fs.readFileSync(certPath, 'utf8'), key: fs.readFileSync(keyPath, 'utf8') },
    keys: [{ key: KEY, credits: '5' }],
  });
  env = {
    ...process.env,
    // Colours are for a reader's terminal, also that of a CI service.
    NO_COLOR: '1',
    FORCE_COLOR: undefined,
    AWS_ENDPOINT_URL: connection.admin.endpoint,
    AWS_REGION: connection.admin.region,
    AWS_ACCESS_KEY_ID: connection.admin.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: connection.admin.credentials.secretAccessKey,
    EVOLINK_API_KEY: KEY,
    EVOLINK_BASE_URL: evolink.baseUrl,
  };
  runsBefore = new Set(fs.readdirSync(RUNS_DIR));
});
afterAll(() => evolink.close());

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    const options = { cwd: ROOT, env, timeout: 120_000 };
    return { code: 0, ...(await promisify(execFile)(process.execPath, [...RUN, ...args], options)) };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

/** Everything below a folder that holds the key. */
function filesWithKey(folder: string): string[] {
  const files = fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files
    .map(({ parentPath, name }) => path.join(parentPath, name))
    .filter((file) => fs.readFileSync(file).includes(KEY));
}

test('one job: estimated, bought without a callback, saved, and the key is nowhere', async () => {
  const { code, stdout, stderr } = await run('--yes', 'a red bicycle');

  expect(stderr).toBe('');
  expect(code).toBe(0);
  const [task, ...others] = evolink.tasks();
  if (!task) throw new Error('no task');
  expect(others).toEqual([]);
  expect(task.request).toMatchObject({ prompt: 'a red bicycle', size: '3:1', resolution: '1K', quality: 'low', n: 1 });
  expect(task.request).not.toHaveProperty('callback_url');
  const { creditsUsed } = evolink.bill();
  expect(stdout).toContain('5 credits left');
  expect(stdout).toMatch(/at most 0\.\d+ credits/);
  expect(stdout).toContain(`EvoLink charged ${creditsUsed} credits`);
  expect(stdout).toContain(task.id);
  const [, image = ''] = /^Image: (\S+)$/m.exec(stdout) ?? [];
  const bytes = fs.readFileSync(path.join(ROOT, image));
  expect(bytes.subarray(1, 4).toString()).toBe('PNG');

  expect(stdout).not.toContain(KEY);
  const runs = fs.readdirSync(RUNS_DIR).filter((name) => !runsBefore.has(name));
  expect(runs).toHaveLength(1);
  expect(fs.readdirSync(path.join(RUNS_DIR, ...runs))).toContain('cdk-deploy.log');
  expect([RUNS_DIR, OUT_DIR].flatMap(filesWithKey)).toEqual([]);
  // This cloud goes on when the run has ended.
  const { SecretList = [] } = await new SecretsManagerClient(connection.admin).send(new ListSecretsCommand({}));
  const names = SecretList.map(({ Name }) => Name);
  expect(names).toContain(connection.outputs.ApiKeySecretName);
  expect(names).not.toContain(`evolink/api-key-${runs[0]}`);
}, 120_000);

test('nobody there to be asked: refused, and nothing is sent', async () => {
  const before = evolink.tasks().length;

  const { code, stdout, stderr } = await run('a red bicycle');

  expect(code).toBe(2);
  expect(stderr).toContain('give --yes');
  expect(stdout + stderr).not.toContain(KEY);
  expect(evolink.tasks()).toHaveLength(before);
});

test('Ctrl-C while EvoLink works: the job is stopped, and what is paid for is said', async () => {
  await simulator.script({ match: { promptIncludes: 'slow' }, task: { processingMs: 60_000 } });
  const { jobId, executionArn } = await startJob({ prompt: 'slow', size: '3:1', quality: 'low' });
  const task = await eventually(async () => {
    const [found] = await simulator.tasks();
    if (!found) throw new Error('no task');
    return found;
  });

  const said = await stopAndSay(connection, jobId, 'https://api.evolink.ai');

  expect(said).toMatch(/goes on at EvoLink/);
  expect(said).toContain(`https://api.evolink.ai/v1/tasks/${task.id}`);
  expect((await endOf(executionArn))?.status).toBe('ABORTED');
});
