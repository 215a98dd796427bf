import { FAILURES, retryRule, type FailureName } from '../../../domain/failures';
import { closeServers, unusedPort } from '../../evolink/support/servers';
import { PROMPT, TASK_ID } from '../../support/jobs';
import { captureOutput } from '../../support/output';
import { ATTEMPT_ID } from '../../support/pipeline';
import { slotsOf } from '../../support/queues';
import { API_KEY, CREATED, refusal, Submissions } from '../../support/submissions';

const output = captureOutput();
afterEach(closeServers);

describe('what EvoLink refuses reaches the job by name, without a charge', () => {
  test.each<[string, number, string | number, FailureName]>([
    ['an invalid request', 400, 'invalid_request', 'RequestRefused'],
    ['no channel', 400, 'no_available_channel', 'RequestRefused'],
    ['blocked content', 400, 'content_policy_violation', 'ContentPolicyViolation'],
    ['a bad key', 401, 'unauthorized', 'Unauthorized'],
    ['too few credits', 402, 'insufficient_quota', 'InsufficientCredits'],
    ['a spent key', 402, 'KEY_QUOTA_EXHAUSTED', 'InsufficientCredits'],
    ['a model that the key may not use', 403, 'model_access_denied', 'ModelAccessDenied'],
    ['an unknown route', 404, 404, 'RequestRefused'],
    ['a reference that is too large', 413, 413, 'RequestRefused'],
    ['too many requests', 429, 'rate_limit_exceeded', 'RateLimited'],
    ['an upstream fault', 502, 502, 'ServiceError'],
    ['no service', 503, 503, 'ServiceError'],
  ])('%s (%i %s) is %s', async (_, status, code, name) => {
    const pipeline = await Submissions.start({ replies: [refusal(status, code, { 'x-request-id': 'req-1' })] });

    await pipeline.submit();

    const { error, taskToken, facts } = pipeline.steps.onlyAnswer();
    expect([error, taskToken]).toEqual([name, 'token-1']);
    expect(facts).toMatchObject({
      error: name,
      message: FAILURES[name].meaning,
      charged: 'no',
      job_id: 'job-1',
      attempt: 1,
      provider: { status, code: String(code), message: 'said EvoLink', request_id: 'req-1' },
    });
    expect('retry_after_seconds' in facts).toBe(retryRule(name) !== undefined);
    expect(pipeline.posts()).toHaveLength(1);
    const attempt = await pipeline.attempt();
    expect(attempt).toMatchObject({ status: 'FAILED', creditsUsed: 0, deliveredAt: pipeline.time, failure: { name } });
    expect(pipeline.ledger()).toMatchObject([{ state: 'refunded', creditsUsed: 0, creditsHeld: attempt.creditsHeld }]);
    expect(await pipeline.openAttempts()).toEqual([]);
    for (const hidden of [API_KEY, PROMPT, 'said EvoLink']) expect(output.text()).not.toContain(hidden);
  });
});

test('a connection that was never made is a service error: nothing was sent', async () => {
  const pipeline = await Submissions.start({ baseUrl: `http://127.0.0.1:${await unusedPort()}` });
  await pipeline.submit();
  expect(pipeline.steps.onlyAnswer()).toMatchObject({ error: 'ServiceError', facts: { charged: 'no' } });
});

test('a refusal that a linked task belies does not end the attempt: a further one would pay twice', async () => {
  let linked = false;
  const pipeline: Submissions = await Submissions.start({
    replies: [refusal(503, 503)],
    before: async (name, { TransactItems = [] }) => {
      // The booking of the refusal is on its way; EvoLink's callback is a moment faster.
      if (name !== 'TransactWriteCommand' || (TransactItems as unknown[]).length < 2 || linked) return;
      linked = true;
      await pipeline.table.link(ATTEMPT_ID, TASK_ID, pipeline.time, pipeline.time);
    },
  });

  await pipeline.submit();

  expect(pipeline.steps.sent).toEqual([]);
  expect(pipeline.ledger()).toEqual([]);
  expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTED', taskId: TASK_ID });
  expect(await pipeline.openAttempts()).toEqual([ATTEMPT_ID]);
});

describe('a further attempt', () => {
  test('is promised as long as one is left, and the failed job is not counted before', async () => {
    const pipeline = await Submissions.start({ replies: [refusal(503, 503)] });
    await pipeline.submit({ attempt: 2 });
    expect(pipeline.steps.onlyAnswer().facts.retry_after_seconds).toBeGreaterThanOrEqual(5);
    expect(output.valuesOf('JobsFailed')).toEqual([]);
  });

  test('is not promised by the last one, which counts the failed job', async () => {
    const pipeline = await Submissions.start({ replies: [refusal(503, 503, { 'retry-after': '9' })] });
    await pipeline.submit({ attempt: 3 });
    expect(pipeline.steps.onlyAnswer().facts).not.toHaveProperty('retry_after_seconds');
    expect(output.valuesOf('JobsFailed')).toEqual([
      { value: 1, dimensions: {} },
      { value: 1, dimensions: { ErrorName: 'ServiceError' } },
    ]);
  });

  test.each([
    ['429', 429, '45', 45],
    ['503', 503, '1', 1],
    ['an hour, the longest there is', 429, '3600', 3_600],
  ])('never comes sooner than Retry-After of %s asks for, and little later', async (_, status, header, seconds) => {
    const pipeline = await Submissions.start({ replies: [refusal(status, 'x', { 'retry-after': header })] });
    await pipeline.submit();
    const wait = Number(pipeline.steps.onlyAnswer().facts.retry_after_seconds);
    expect(Number.isInteger(wait)).toBe(true);
    expect(wait).toBeGreaterThanOrEqual(seconds);
    expect(wait).toBeLessThanOrEqual(Math.min(3_600, Math.ceil(seconds * 1.25)));
  });

  test.each(['0', 'Tue, 03 Nov 2020 00:00:00 GMT'])(
    'Retry-After %j takes no brake away: the job and the whole pipeline wait as without it',
    async (header) => {
      const pipeline = await Submissions.start({ replies: [refusal(429, 'x', { 'retry-after': header })] });
      pipeline.maxConcurrentTasks = 3;
      await pipeline.submit();

      expect(Number(pipeline.steps.onlyAnswer().facts.retry_after_seconds)).toBeGreaterThanOrEqual(30);
      expect((await slotsOf(pipeline)).pausedUntil).toBeGreaterThanOrEqual(pipeline.time + 30_000);
    },
  );

  test('without Retry-After waits at least what its name asks for', async () => {
    const pipeline = await Submissions.start({ replies: [refusal(429, 'rate_limit_exceeded')] });
    await pipeline.submit();
    const wait = Number(pipeline.steps.onlyAnswer().facts.retry_after_seconds);
    expect(wait).toBeGreaterThanOrEqual(retryRule('RateLimited')?.waitSeconds ?? NaN);
    expect(wait).toBeLessThanOrEqual(60);
  });
});

describe('the API key', () => {
  const denied = refusal(401, 'unauthorized');

  test('that was rotated is read afresh: two POSTs, the second with the new key', async () => {
    const pipeline = await Submissions.start({ replies: [denied, CREATED], secrets: ['sk-old', 'sk-new'] });
    await pipeline.submit();
    expect(pipeline.posts().map(({ headers }) => headers.authorization)).toEqual(['Bearer sk-old', 'Bearer sk-new']);
    expect((await pipeline.attempt()).status).toBe('SUBMITTED');
    expect(pipeline.steps.sent).toEqual([]);
  });

  test('that is still the same is not tried again', async () => {
    const pipeline = await Submissions.start({ replies: [denied, CREATED] });
    await pipeline.submit();
    expect(pipeline.posts()).toHaveLength(1);
    expect(pipeline.steps.onlyAnswer().error).toBe('Unauthorized');
  });

  test('that is refused again after it was rotated ends the attempt', async () => {
    const pipeline = await Submissions.start({ replies: [denied], secrets: ['sk-old', 'sk-new', 'sk-newer'] });
    await pipeline.submit();
    expect(pipeline.posts()).toHaveLength(2);
    expect(pipeline.steps.onlyAnswer().error).toBe('Unauthorized');
  });

  test.each([
    ['cannot be read', Object.assign(new Error('no'), { name: 'ResourceNotFoundException' })],
    ['is empty', ''],
    ['has no text', undefined],
    ['is no key', 'two words'],
  ])('whose secret %s keeps the job from being sent, and is tried again later', async (_, secret) => {
    const pipeline = await Submissions.start({ secrets: [secret] });
    await pipeline.submit();
    expect(pipeline.posts()).toEqual([]);
    const { error, facts } = pipeline.steps.onlyAnswer();
    expect(error).toBe('ApiKeyUnavailable');
    expect(facts).toMatchObject({ charged: 'no', retry_after_seconds: expect.any(Number) as number });
    expect(facts.message).toMatch(/^The secret \S+ must hold|^The secret \S+, which .* could not be read: \w+\.$/);
    expect(pipeline.ledger()).toMatchObject([{ state: 'refunded' }]);
  });

  test('whose secret cannot be read again after a 401 does not hide that nothing was sent', async () => {
    const pipeline = await Submissions.start({ replies: [denied], secrets: ['sk-old', new Error('throttled')] });
    await pipeline.submit();
    expect(pipeline.posts()).toHaveLength(1);
    expect(pipeline.steps.onlyAnswer()).toMatchObject({ error: 'ApiKeyUnavailable', facts: { charged: 'no' } });
  });
});
