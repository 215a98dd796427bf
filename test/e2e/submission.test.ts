/**
 * A submission whose reply says nothing, or the wrong thing: one task for each attempt, every charge in the ledger, every
 * paid image in S3. What EvoLink's own client knows of its answers is played by the simulator.
 */
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { FailureCause } from '../../domain/failure-cause';
import type { RuntimeSettings } from '../../domain/settings';
import { SETTINGS_KEY } from '../../domain/settings';
import { strayIdOf } from '../../lambda/shared/attempts/attempt';
import {
  admin,
  ageSubmission,
  attemptsOf,
  callbackAddress,
  connection,
  type EndedJob,
  eventually,
  forgeCallback,
  forgetIdempotency,
  getJson,
  ledgerOf,
  reconcileNow,
  runJob,
  simulator,
  startJob,
  succeed,
  sweepNow,
  units,
  waitForEnd,
} from './support/pipeline';

const HTML = '<html><body>Bad gateway</body></html>';
const SOON = { 'retry-after': '1' };

const request = (word: string) => ({ prompt: `a bicycle, ${word}`, size: '3:1', quality: 'low' });
const causeOf = ({ cause }: EndedJob): FailureCause => JSON.parse(cause ?? '') as FailureCause;

const submissionsOf = async (word: string) =>
  (await simulator.submissions()).filter(({ prompt }) => prompt?.includes(word));
const tasksOf = async (word: string) => (await simulator.tasks()).filter(({ prompt }) => prompt.includes(word));
const recordsOf = (jobId: string) => ledgerOf((record) => record.jobId === jobId);

async function idempotency(): Promise<RuntimeSettings['idempotency']> {
  const { Item } = await admin.dynamo.send(
    new GetCommand({ TableName: connection.outputs.TableName, Key: { ...SETTINGS_KEY }, ConsistentRead: true }),
  );
  return (Item as RuntimeSettings | undefined)?.idempotency;
}

/** EvoLink's bill of these prompts is what the ledger has for these jobs. */
async function expectBooked(word: string, jobId: string): Promise<void> {
  const charged = (await tasksOf(word)).reduce((sum, { creditsUsed }) => sum + units(creditsUsed), 0);
  const booked = (await recordsOf(jobId)).reduce((sum, { creditsUsed }) => sum + creditsUsed, 0);
  expect(charged).toBeGreaterThan(0);
  expect(booked).toBe(charged);
}

/** Long enough that the repeat, and not the callback, names the task. */
const SLOWLY = { processingMs: 4_000 };

/** A 503 that made a task: the repeat is answered with the replay header. */
async function prove(word: string): Promise<void> {
  await simulator.script({
    match: { promptIncludes: word, post: 1 },
    submit: { status: 503, createTask: true },
    task: SLOWLY,
  });
  await succeed(request(word));
  expect(await idempotency()).toMatchObject({ state: 'proven' });
}

beforeEach(forgetIdempotency);

describe('EvoLink turned the submission away, and made a task all the same', () => {
  test.each([
    ['503 of EvoLink', { status: 503, headers: SOON }],
    ['429', { status: 429, headers: SOON }],
    ['502 of a proxy', { status: 502, body: HTML }],
  ])('%s: the same submission finds the task, which is paid once', async (word, fault) => {
    await simulator.script({
      match: { promptIncludes: word, post: 1 },
      submit: { ...fault, createTask: true },
      task: SLOWLY,
    });

    const output = await succeed(request(word));

    const [first, second, ...others] = await submissionsOf(word);
    expect(others).toEqual([]);
    expect([first?.status, second?.status, second?.replayed]).toEqual([fault.status, 200, true]);
    expect(second?.idempotencyKey).toBe(first?.idempotencyKey);
    const tasks = await tasksOf(word);
    expect(tasks.map(({ id }) => id)).toEqual([output.task_id]);
    expect(output.attempt).toBe(1);
    await expectBooked(word, output.job_id);
    expect(await idempotency()).toMatchObject({ state: 'proven', by: 'replay' });
  });

  test('400 in its own form: the job fails, the task is booked and its image saved beside it', async () => {
    const word = 'refused with a task';
    await simulator.script({ match: { promptIncludes: word }, submit: { status: 400, createTask: true } });

    const job = await runJob(request(word));

    expect(job).toMatchObject({ status: 'FAILED', error: 'RequestRefused' });
    expect(causeOf(job)).toMatchObject({ no_task: 'likely', provider: { status: 400, code: 'invalid_request' } });
    const [task] = await tasksOf(word);
    const parent = callbackAddress(task).attemptId;
    const strayId = strayIdOf(parent, task.id);
    const folder = `default/${new Date().toISOString().slice(0, 10).replaceAll('-', '/')}/${job.jobId}`;
    await eventually(async () => {
      await sweepNow();
      expect(await getJson(`${folder}/stray-${strayId.slice(0, 8)}/manifest.json`)).toMatchObject({
        task_id: task?.id,
        salvaged: true,
        images: [{ width: 1_776, height: 592 }],
      });
    }, 60_000);
    expect(await recordsOf(job.jobId)).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({ state: 'refunded', noTask: 'likely', creditsUsed: 0 }),
        expect.objectContaining({ state: 'booked', strayOf: parent, taskId: task?.id }),
      ]),
    );
    await expectBooked(word, job.jobId);
  });
});

describe('a lost reply', () => {
  test('is settled by a repeat where EvoLink is known to keep its word', async () => {
    const proof = 'proof by a 503';
    await prove(proof);
    const word = 'lost and repeated';
    await simulator.script({
      match: { promptIncludes: word, post: 1 },
      submit: { dropReply: true },
      task: SLOWLY,
    });

    const output = await succeed(request(word));

    expect((await submissionsOf(word)).map(({ replayed }) => replayed === true)).toEqual([false, true]);
    expect((await tasksOf(word)).map(({ id }) => id)).toEqual([output.task_id]);
    await expectBooked(word, output.job_id);
  });

  test('unproven, is not repeated: its callback names the task', async () => {
    const word = 'lost, unproven';
    await simulator.script({ match: { promptIncludes: word }, submit: { dropReply: true } });

    const output = await succeed(request(word));

    expect(await submissionsOf(word)).toHaveLength(1);
    await expectBooked(word, output.job_id);
    expect(await idempotency()).toBeUndefined();
  });

  test('refuted: a second task for one key is booked and saved, and nothing is repeated after that', async () => {
    const proof = 'proof before it lies';
    await prove(proof);
    await simulator.behave({ idempotency: 'ignored' });
    const word = 'two for one key';
    await simulator.script({
      match: { promptIncludes: word, post: 1 },
      submit: { dropReply: true },
      task: SLOWLY,
    });

    const output = await succeed(request(word));

    const tasks = await tasksOf(word);
    expect(tasks).toHaveLength(2);
    const stray = tasks.find(({ id }) => id !== output.task_id);
    await eventually(async () => {
      await sweepNow();
      expect(await recordsOf(output.job_id)).toMatchObject(
        expect.arrayContaining([expect.objectContaining({ state: 'booked', taskId: stray?.id, salvaged: true })]),
      );
    }, 60_000);
    await expectBooked(word, output.job_id);
    expect(await idempotency()).toMatchObject({ state: 'refuted', by: 'second task' });

    const after = 'lost after that';
    await simulator.script({ match: { promptIncludes: after }, submit: { dropReply: true } });
    await succeed(request(after));
    expect(await submissionsOf(after)).toHaveLength(1);
    await simulator.behave({ idempotency: 'honoured' });
  });

  test('in an account of 5,000 tasks, 2,000 of them of another key: ends in minutes, names the task, and salvages it', async () => {
    const { apiKey } = connection.simulator;
    await simulator.addKey({ key: 'sk-neighbour', account: apiKey });
    await simulator.seedTasks({ count: 3_000, key: apiKey, everySeconds: 60 });
    await simulator.seedTasks({ count: 2_000, key: 'sk-neighbour', everySeconds: 60 });
    const word = 'lost among thousands';
    await simulator.script({
      match: { promptIncludes: word },
      submit: { dropReply: true },
      callback: { deliver: 'never' },
    });
    const pagesBefore = (await simulator.requests())['GET /v1/tasks 200'] ?? 0;

    const { jobId, executionArn } = await startJob(request(word));
    const [task] = await eventually(async () => {
      const found = await tasksOf(word);
      expect(found).toMatchObject([{ status: 'completed' }]);
      expect(await attemptsOf(jobId)).toMatchObject([{ status: 'SUBMIT_UNKNOWN' }]);
      return found;
    });
    await ageSubmission(jobId);
    await sweepNow();
    const job = await waitForEnd(executionArn);

    expect(job).toMatchObject({ status: 'FAILED', error: 'SubmitOutcomeUnknown' });
    expect(String(causeOf(job).candidates)).toContain(task?.id);
    // It stops at the first page that is older than the POST.
    expect(((await simulator.requests())['GET /v1/tasks 200'] ?? 0) - pagesBefore).toBeLessThanOrEqual(2);
    expect(await recordsOf(jobId)).toMatchObject([{ state: 'unknown', creditsUsed: 0 }]);

    const { attemptId, secret } = callbackAddress(task);
    expect((await forgeCallback(attemptId, secret, { id: task?.id })).status).toBe(204);
    await eventually(async () => {
      await sweepNow();
      expect(await attemptsOf(jobId)).toMatchObject([{ status: 'COMPLETED', archivedAt: expect.any(Number) }]);
    }, 60_000);
    await expectBooked(word, jobId);
  });
});

test('a key that expired (402) is not an empty account: the secret is read again, and the new key pays once', async () => {
  const secrets = new SecretsManagerClient(connection.admin);
  const { apiKey } = connection.simulator;
  const store = (SecretString: string) =>
    secrets.send(new PutSecretValueCommand({ SecretId: connection.outputs.ApiKeySecretName, SecretString }));
  await succeed(request('a warm function holds the old key'));
  await simulator.addKey({ key: 'sk-renewed', account: apiKey });
  await simulator.changeKey(apiKey, { state: { is: 'expired', status: 402 } });
  try {
    const word = 'the key has expired';
    const failed = await runJob(request(word));
    expect(failed).toMatchObject({ status: 'FAILED', error: 'Unauthorized' });
    expect(causeOf(failed)).toMatchObject({ no_task: 'proven', provider: { status: 402, code: 'key_expired' } });

    await store('sk-renewed');
    const after = 'the key was renewed';
    const output = await succeed(request(after));
    const submissions = await submissionsOf(after);
    expect(submissions.at(-1)).toMatchObject({ status: 200 });
    expect(new Set(submissions.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(submissions.length);
    expect((await tasksOf(after)).map(({ id }) => id)).toEqual([output.task_id]);
    await expectBooked(after, output.job_id);
  } finally {
    await store(apiKey);
    await simulator.changeKey(apiKey, { state: { is: 'active' } });
    // What a warm function holds is the renewed key, which goes on being one of this account.
  }
});

test('a failed task whose refund stays open is not tried again, and reconcile closes it once EvoLink proves it', async () => {
  const word = 'refund open';
  await simulator.script({
    match: { promptIncludes: word },
    task: { outcome: 'failed', errorCode: 'service_error', billing: 'refund_pending' },
  });

  const job = await runJob(request(word));

  expect(job).toMatchObject({ status: 'FAILED', error: 'ServiceError' });
  expect(causeOf(job)).toMatchObject({ charged: 'unknown', refund: 'open', attempt: 1 });
  expect(causeOf(job).retry_after_seconds).toBeUndefined();
  expect(await tasksOf(word)).toHaveLength(1);
  const [open] = await recordsOf(job.jobId);
  expect(open).toMatchObject({ state: 'refund open', creditsUsed: 0 });
  expect(open?.creditsOpen).toBeGreaterThan(0);

  await reconcileNow();
  expect(await recordsOf(job.jobId)).toMatchObject([{ state: 'refund open' }]);
  await simulator.completeRefunds();
  await reconcileNow();
  expect(await recordsOf(job.jobId)).toMatchObject([{ state: 'refunded', refundClosedAt: expect.any(Number) }]);
});

test('ids of every form that EvoLink takes are linked, queried and archived', async () => {
  for (const taskIds of ['uuid', 'direct', 'short', 'punctuated', 'long'] as const) {
    const word = `ids that are ${taskIds}`;
    await simulator.script({ match: { promptIncludes: word }, task: { taskIds } });
    const output = await succeed(request(word));
    expect((await tasksOf(word)).map(({ id }) => id)).toEqual([output.task_id]);
  }
});
