import { hashCallbackSecret } from '../../../lambda/shared/callback-secret';
import { closeServers } from '../../evolink/support/servers';
import { aJob, aSubmitEvent, PROMPT, TASK_ID } from '../../support/jobs';
import { captureOutput } from '../../support/output';
import { ATTEMPT_ID } from '../../support/pipeline';
import { API_KEY, CALLBACK_BASE_URL, Submissions } from '../../support/submissions';

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
  expect(headers).toMatchObject({ authorization: `Bearer ${API_KEY}`, 'idempotency-key': ATTEMPT_ID });
});

test('the callback address names the attempt and carries a fresh secret, of which only the hash is stored', async () => {
  const pipeline = await Submissions.start();
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

test('a task id that cannot be stored is no reason to fail: the job waits on, and the id stands in the log', async () => {
  let transactions = 0;
  const pipeline = await Submissions.start({
    before: (name) => {
      if (name === 'TransactWriteCommand' && ++transactions === 2) throw new Error('table down');
    },
  });

  await pipeline.submit();

  const attempt = await pipeline.attempt();
  expect(attempt.status).toBe('SUBMITTING');
  expect(attempt.taskId).toBeUndefined();
  expect(pipeline.steps.sent).toEqual([]);
  expect(output.logs()).toContainEqual(expect.objectContaining({ level: 'ERROR', task_id: TASK_ID }));
});

test('a task that is linked to another attempt already is reported as an error', async () => {
  const pipeline = await Submissions.start();
  await pipeline.submit();
  await pipeline.submit({ job: aJob({}, 'job-2') });
  expect(output.logs()).toContainEqual(expect.objectContaining({ level: 'ERROR', job_id: 'job-2', task_id: TASK_ID }));
});
