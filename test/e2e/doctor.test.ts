/** The command line's doctor as an operator has it: a process of its own, with the rights that docs/doctor.md lists. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PurgeQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { CreateRoleCommand, AttachRolePolicyCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { assumeRole } from '../../local/cloud/app-role';
import { admin, connection, eventually, settings, simulator, sweepNow, units } from './support/pipeline';

interface Shown {
  readonly healthy: boolean;
  readonly checks: readonly Line[];
  readonly smoke?: { readonly job_id: string; readonly credits_used: string; readonly checks: readonly Line[] };
}

interface Line {
  readonly id: string;
  readonly state: string;
  readonly text: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

const ROOT = join(__dirname, '..', '..');
const BUDGET = 'all-day';
const sqs = new SQSClient(connection.admin);
const QueueUrl = connection.outputs.DeadLetterQueueUrl;
let credentials: Awaited<ReturnType<typeof assumeRole>>;

beforeAll(async () => {
  credentials = await assumeRole(connection.admin, await createOperator());
  // What other tests left behind is none of this one's business.
  await sqs.send(new PurgeQueueCommand({ QueueUrl }));
  await settings.resume();
  await settings.resetBudgetLimit('tenant-capped-day');
});

afterAll(async () => {
  await settings.resume();
  await settings.resetBudgetLimit(BUDGET);
  await sqs.send(new PurgeQueueCommand({ QueueUrl }));
});

/** A role with the policy of the documentation, word by word, and with the policy for apps. */
async function createOperator(): Promise<string> {
  const docs = readFileSync(join(ROOT, 'docs', 'doctor.md'), 'utf8');
  const [, PolicyDocument = ''] = /```json\n([^`]+)```/.exec(docs) ?? [];
  const RoleName = `${connection.stackName}-operator-${Date.now()}`;
  const Statement = [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: '*' } }];
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  const { Role } = await admin.iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
  await admin.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'Doctor', PolicyDocument }));
  await admin.iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: connection.outputs.UsePolicyArn }));
  return Role?.Arn ?? '';
}

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const env = {
    ...process.env,
    AWS_ENDPOINT_URL: connection.admin.endpoint,
    AWS_REGION: connection.admin.region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
  const argv = [join(ROOT, 'bin', 'evolink-images.mjs'), 'doctor', '--stack', connection.stackName, ...args];
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, argv, { env, timeout: 120_000 })) };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

async function doctor(...args: string[]): Promise<Shown> {
  const { stdout, stderr } = await run(...args, '--json');
  if (stdout === '') throw new Error(`no JSON: ${stderr}`);
  return JSON.parse(stdout) as Shown;
}

/** The local cloud's alarms see metrics of every pipeline there, and go by what other tests have done. */
const states = ({ checks }: Shown) =>
  Object.fromEntries(checks.filter(({ id }) => id !== 'alarms').map(({ id, state }) => [id, state]));
const check = ({ checks }: Shown, id: string) => checks.find((line) => line.id === id);

const HEALTHY = {
  version: 'ok',
  key: 'ok',
  prices: 'ok',
  callback: 'ok',
  sweep: 'ok',
  open: 'ok',
  'dead-letters': 'ok',
  budgets: 'ok',
  'emergency-stop': 'ok',
  // Nothing has shown yet whether EvoLink honours idempotency keys.
  idempotency: 'attention',
};

test('a healthy pipeline, and one real job: callback, archive, ledger and metric', async () => {
  await sweepNow();
  const shown = await eventually(async () => {
    const found = await doctor();
    expect(states(found)).toEqual(HEALTHY);
    return found;
  }, 60_000);
  expect(check(shown, 'key')?.facts).toMatchObject({ account: 'read', account_credits: expect.stringMatching(/^\d/) });
  expect(check(shown, 'callback')?.facts).toMatchObject({ url: connection.outputs.CallbackUrl, status: 404 });
  expect(check(shown, 'alarms')?.facts.count).toBeGreaterThan(10);

  const { smoke } = await doctor('--smoke', '--yes');

  expect(smoke?.checks.map(({ id, state }) => [id, state])).toEqual([
    ['job', 'ok'],
    ['image', 'ok'],
    ['found-by', 'ok'],
    ['ledger', 'ok'],
    ['metric', 'ok'],
  ]);
  const [, , foundBy, ledger, metric] = smoke?.checks ?? [];
  expect(foundBy?.facts).toEqual({ found_by: 'callback' });
  expect(ledger?.facts).toMatchObject({ state: 'booked', credits_used: smoke?.credits_used });
  expect(units(String(metric?.facts.credits_arrived))).toBeGreaterThanOrEqual(units(smoke?.credits_used ?? ''));
  const tasks = await simulator.tasks();
  expect(tasks.map(({ request }) => [request.size, request.resolution, request.quality])).toEqual([
    ['3:1', '1K', 'low'],
  ]);
}, 120_000);

test('everything that can be wrong at once: each on a line of its own, and exit code 1', async () => {
  await simulator.revokeKey(connection.simulator.apiKey);
  await settings.pause(new Date(), 'for a test');
  await settings.setBudgetLimit(BUDGET, 0);
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}' }));

  const { code, stdout, stderr } = await run();

  expect(code).toBe(1);
  // Before it there may be a remark of the SDK on the queue's address in the local cloud.
  expect(stderr).toMatch(/^Error: Not healthy: \d problems\.\n$/m);
  expect(stdout).toMatch(/^✗ EvoLink key +EvoLink does not accept it/m);
  expect(stdout).toMatch(/^✗ emergency stop +on since .* \(for a test\)/m);
  expect(stdout).toMatch(/^✗ budgets +all-day 100\.0 %/m);
  expect(stdout).toMatch(/^✗ dead letters +about 1$/m);
  expect(stdout).toMatch(/^✓ callback endpoint/m);
  expect(stdout).not.toContain(connection.simulator.apiKey);
}, 60_000);
