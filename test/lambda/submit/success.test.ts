import { hashCallbackSecret } from '../../../lambda/shared/callback-secret';
import { closeServers } from '../../evolink/support/servers';
import { aJob, aSubmitEvent, OTHER_TASK_ID, PROMPT, TASK_ID } from '../../support/jobs';
import { captureOutput } from '../../support/output';
import { ATTEMPT_ID } from '../../support/pipeline';
import { API_KEY, CALLBACK_BASE_URL, CREATED, Submissions } from '../../support/submissions';

const output = captureOutput();
afterEach(closeServers);

test('claims, submits once, links the task, and lets the job wait', async () => {
  const pipeline = await Submissions.start();

  await pipeline.submit();

  expect(pipeline.posts()).toHaveLength(1);
  expect(await pipeline.attempt()).toMatchObject({
    status: 'SUBMITTED',
    taskId: TASK_ID,
    taskToken: 'token-1',
    submittedAt: pipeline.time,
    nextCheckAt: pipeline.time + 120_000,
  });
  expect(pipeline.steps.sent).toEqual([]);
  expect(output.metrics()).toEqual([]);
});

test('sends the validated request with the key and a callback address, and nothing else', async () => {
  const pipeline = await Submissions.start();
  const job = aJob({ n: 2, image_urls: ['https://cdn.example.org/ref.png'] });

  await pipeline.submit({ job });

  const [{ body, headers } = { body: {}, headers: {} }] = pipeline.posts();
  expect(body).toEqual({ ...job.request, callback_url: expect.any(String) as string });
  expect(headers).toMatchObject({ authorization: `Bearer ${API_KEY}` });
});

test('the attempt keeps which version of the key it was sent with, and nothing of the key', async () => {
  const pipeline = await Submissions.start();
  await pipeline.submit();
  expect(await pipeline.attempt()).toMatchObject({ keyVersion: 'version-1' });
  expect(JSON.stringify(pipeline.memory.items())).not.toContain(API_KEY);
});

test('the idempotency key is one of the attempt, and another one in another pipeline with the same job id', async () => {
  const keys = await Promise.all(
    ['here', 'elsewhere'].map(async () => {
      const pipeline = await Submissions.start();
      await pipeline.submit();
      return String(pipeline.posts()[0]?.headers['idempotency-key']);
    }),
  );

  for (const key of keys) {
    expect(key).toMatch(/^[A-Za-z0-9._-]{16,96}$/);
    expect(key.startsWith(ATTEMPT_ID)).toBe(true);
  }
  expect(new Set(keys).size).toBe(2);
});

test('the callback address names the attempt and carries a fresh secret; once the task is known only its hash is stored', async () => {
  const pipeline = await Submissions.start({ replies: [CREATED, { body: { id: OTHER_TASK_ID } }] });
  await pipeline.submit();
  await pipeline.submit({ job: aJob({}, 'job-2') });

  const urls = pipeline.posts().map(({ body }) => String(body.callback_url));
  const secrets = urls.map((url) => url.split('/').at(-1) ?? '');
  expect(urls[0]).toBe(`${CALLBACK_BASE_URL}/callback/${ATTEMPT_ID}/${secrets[0]}`);
  expect(secrets[0]).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(secrets[1]).not.toBe(secrets[0]);
  expect((await pipeline.attempt()).callbackSecretHash).toBe(hashCallbackSecret(secrets[0] ?? ''));
  for (const secret of secrets) expect(JSON.stringify(pipeline.memory.items())).not.toContain(secret);
});

test('token and hash are stored before EvoLink hears of the job', async () => {
  const order: string[] = [];
  const pipeline = await Submissions.start({
    before: (name) => order.push(`${name} after ${pipeline.posts().length} posts`),
  });
  await pipeline.submit();
  expect(order.indexOf('TransactWriteCommand after 0 posts')).toBeGreaterThanOrEqual(0);
  expect(order.at(-1)).toBe('TransactWriteCommand after 1 posts');
});

test('without a callback endpoint none is promised to EvoLink: the sweep finds the task', async () => {
  const pipeline = await Submissions.start({ callbackBaseUrl: '' });
  await pipeline.submit();
  expect(pipeline.posts()[0]?.body).not.toHaveProperty('callback_url');
  expect(await pipeline.openAttempts()).toEqual([ATTEMPT_ID]);
});

test('neither key, prompt, callback secret nor task token is ever logged', async () => {
  const pipeline = await Submissions.start();
  const event = aSubmitEvent({ taskToken: 'AQCEAAAAKgAAAAMAAAAA-secret-token' });
  await pipeline.submit(event);

  const secret = String(pipeline.posts()[0]?.body.callback_url).split('/').at(-1) ?? '';
  const text = output.text();
  expect(text).toContain(TASK_ID);
  for (const hidden of [API_KEY, PROMPT, secret, hashCallbackSecret(secret), event.taskToken]) {
    expect(text).not.toContain(hidden);
  }
});

describe('a task id that cannot be linked is no reason to fail', () => {
  const away = (names: readonly string[]) => {
    let isSent = false;
    return (name: string) => {
      if (isSent && names.includes(name)) throw new Error('table down');
      isSent ||= name === 'TransactWriteCommand';
    };
  };

  test('it is kept on the row, and the sweep links it, also where no callback can come', async () => {
    const pipeline = await Submissions.start({ before: away(['TransactWriteCommand']), callbackBaseUrl: '' });

    await pipeline.submit();

    expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTING', hintedTaskId: TASK_ID });
    expect((await pipeline.attempt()).taskId).toBeUndefined();
    expect(pipeline.steps.sent).toEqual([]);
    expect(output.valuesOf('AttemptsLost')).toEqual([]);
  });

  test('where nothing can be written the job waits on for its callback; the id stands in the log, and an alarm says so', async () => {
    const pipeline = await Submissions.start({ before: away(['TransactWriteCommand', 'UpdateCommand']) });

    await pipeline.submit();

    const attempt = await pipeline.attempt();
    expect(attempt.status).toBe('SUBMITTING');
    expect(attempt.hintedTaskId).toBeUndefined();
    expect(pipeline.steps.sent).toEqual([]);
    expect(output.logs()).toContainEqual(expect.objectContaining({ level: 'ERROR', task_id: TASK_ID }));
    expect(output.valuesOf('AttemptsLost')).toHaveLength(1);
  });
});

test('a task that is linked to another attempt already is reported as an error', async () => {
  const pipeline = await Submissions.start();
  await pipeline.submit();
  await pipeline.submit({ job: aJob({}, 'job-2') });
  expect(output.logs()).toContainEqual(expect.objectContaining({ level: 'ERROR', job_id: 'job-2', task_id: TASK_ID }));
  expect(output.valuesOf('AttemptsLost')).toHaveLength(1);
});
