import { FAILURES, type FailureName } from '../../../domain/failures';
import { EvolinkClient, EvolinkConnectionError, EvolinkUnauthorizedError } from '../../../evolink';
import { attemptKey } from '../../../lambda/shared/attempts/items';
import { closeServers, unusedPort, type Reply } from '../../evolink/support/servers';
import { PROMPT, TASK_ID } from '../../support/jobs';
import { captureOutput } from '../../support/output';
import { ATTEMPT_ID } from '../../support/pipeline';
import { API_KEY, CREATED, refusal, Submissions } from '../../support/submissions';

const output = captureOutput();
afterEach(closeServers);

const ENDS: [string, number, string | number, FailureName, 'proven' | 'likely'][] = [
  ['an invalid request', 400, 'invalid_request', 'RequestRefused', 'likely'],
  ['blocked content', 400, 'content_policy_violation', 'ContentPolicyViolation', 'likely'],
  ['blocked content, at a status of a fault', 500, 'moderation_blocked', 'ContentPolicyViolation', 'likely'],
  ['a bad key', 401, 'unauthorized', 'Unauthorized', 'likely'],
  ['a disabled key', 402, 'key_disabled', 'Unauthorized', 'proven'],
  ['too few credits', 402, 'insufficient_quota', 'InsufficientCredits', 'proven'],
  ['a code of 402 that proves nothing', 402, 'quota_exceeded', 'InsufficientCredits', 'likely'],
  ['a spent key', 402, 'KEY_QUOTA_EXHAUSTED', 'KeyLimitReached', 'proven'],
  ['a model that the key may not use', 403, 'key_model_not_allowed', 'ModelAccessDenied', 'proven'],
  ['a model that nobody may use', 403, 'model_access_denied', 'ModelAccessDenied', 'likely'],
  ['an unknown route', 404, 404, 'RequestRefused', 'likely'],
  ['a reference that is too large', 413, 413, 'RequestRefused', 'likely'],
  ['a media format', 415, 'unsupported', 'RequestRefused', 'likely'],
];

describe('what EvoLink refuses reaches the job by name, without a charge or another attempt', () => {
  test.each(ENDS)('%s (%i %s) is %s; that there is no task is %s', async (_, status, code, name, noTask) => {
    const pipeline = await Submissions.start({ replies: [refusal(status, code, { 'x-request-id': 'req-1' })] });

    await pipeline.submit();

    const { error, taskToken, facts } = pipeline.steps.onlyAnswer();
    expect([error, taskToken]).toEqual([name, 'token-1']);
    expect(facts).toMatchObject({
      error: name,
      message: FAILURES[name].meaning,
      charged: 'no',
      no_task: noTask,
      job_id: 'job-1',
      attempt: 1,
      provider: { status, code: String(code), message: 'said EvoLink', request_id: 'req-1' },
    });
    expect(facts).not.toHaveProperty('retry_after_seconds');
    expect(pipeline.posts()).toHaveLength(1);
    const attempt = await pipeline.attempt();
    expect(attempt).toMatchObject({ status: 'FAILED', creditsUsed: 0, deliveredAt: pipeline.time, failure: { name } });
    expect(pipeline.ledger()).toMatchObject([{ state: 'refunded', creditsUsed: 0, noTask }]);
    expect(await pipeline.openAttempts()).toEqual([]);
    for (const hidden of [API_KEY, PROMPT, 'said EvoLink']) expect(output.text()).not.toContain(hidden);
  });

  test.each(ENDS)('%s (%i %s) is counted as a failed job', async (_, status, code, name) => {
    const pipeline = await Submissions.start({ replies: [refusal(status, code)] });
    await pipeline.submit();
    expect(output.valuesOf('JobsFailed')).toContainEqual({ value: 1, dimensions: { ErrorName: name } });
  });

  test('after the end nothing is kept of what a repeat would need', async () => {
    const pipeline = await Submissions.start({ replies: [refusal(400, 'invalid_request')] });
    await pipeline.submit();
    expect(await pipeline.attempt()).not.toHaveProperty('submission');
    expect(await pipeline.attempt()).not.toHaveProperty('submitError');
  });
});

describe('a limit of the key', () => {
  const limited = (code: string, error: object = {}): Reply => ({
    status: 402,
    body: { error: { code, message: 'no', type: 'insufficient_quota', ...error } },
  });

  test.each(['key_daily_quota_exhausted', 'token_daily_quota_exceeded'])(
    'per day (%s): until midnight of the zone that EvoLink names',
    async (code) => {
      const pipeline = await Submissions.start({ replies: [limited(code, { reset_timezone: 'Asia/Shanghai' })] });
      pipeline.time = Date.parse('2026-11-03T12:00:00Z');
      await pipeline.submit();
      expect(pipeline.steps.onlyAnswer()).toMatchObject({
        error: 'KeyLimitReached',
        facts: { limit: 'daily', resets_at: '2026-11-03T16:00:00.000Z' },
      });
    },
  );

  test.each([undefined, 'Mars/Olympus'])('per day, with the zone %j: until when is not known', async (zone) => {
    const pipeline = await Submissions.start({
      replies: [limited('key_daily_quota_exhausted', { reset_timezone: zone })],
    });
    await pipeline.submit();
    const { facts } = pipeline.steps.onlyAnswer();
    expect(facts).toMatchObject({ limit: 'daily' });
    expect(facts).not.toHaveProperty('resets_at');
  });

  test.each(['key_quota_exhausted', 'insufficient_token_quota'])('in total (%s)', async (code) => {
    const pipeline = await Submissions.start({ replies: [limited(code, { reset_timezone: 'UTC' })] });
    await pipeline.submit();
    const { error, facts } = pipeline.steps.onlyAnswer();
    expect([error, facts.limit]).toEqual(['KeyLimitReached', 'total']);
    expect(facts).not.toHaveProperty('resets_at');
  });
});

describe('a connection that was never made', () => {
  const unreachable = async () => Submissions.start({ baseUrl: `http://127.0.0.1:${await unusedPort()}` });

  test('is a service error: nothing was sent, so another attempt may be', async () => {
    const pipeline = await unreachable();
    await pipeline.submit({ attempt: 2 });
    const { error, facts } = pipeline.steps.onlyAnswer();
    expect(error).toBe('ServiceError');
    expect(facts).toMatchObject({ charged: 'no', no_task: 'proven' });
    expect(facts.retry_after_seconds).toBeGreaterThanOrEqual(5);
    expect(output.valuesOf('JobsFailed')).toEqual([]);
  });

  test('leaves no further attempt after the last one, which counts the failed job', async () => {
    const pipeline = await unreachable();
    await pipeline.submit({ attempt: 3 });
    expect(pipeline.steps.onlyAnswer().facts).not.toHaveProperty('retry_after_seconds');
    expect(output.valuesOf('JobsFailed')).toEqual([
      { value: 1, dimensions: {} },
      { value: 1, dimensions: { ErrorName: 'ServiceError' } },
    ]);
  });
});

test('a refusal that a linked task belies does not end the attempt: a further one would pay twice', async () => {
  let linked = false;
  const pipeline: Submissions = await Submissions.start({
    replies: [refusal(403, 'model_access_denied')],
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

describe('the API key', () => {
  const denied = refusal(401, 'unauthorized');

  test.each<[string, Reply]>([
    ['401 in its own form', denied],
    ['key_disabled', refusal(402, 'key_disabled')],
    ['key_expired', refusal(403, 'key_expired')],
  ])('refused with %s is read afresh; with another key it is another submission', async (_, reply) => {
    const pipeline = await Submissions.start({ replies: [reply, CREATED], secrets: ['sk-old', 'sk-new'] });
    await pipeline.submit();
    expect(pipeline.posts().map(({ headers }) => headers.authorization)).toEqual(['Bearer sk-old', 'Bearer sk-new']);
    const keys = pipeline.posts().map(({ headers }) => headers['idempotency-key']);
    expect(new Set(keys).size).toBe(2);
    expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTED', keyVersion: 'version-2', keyChanged: true });
    expect(pipeline.steps.sent).toEqual([]);
  });

  test('is on record before the POST that is made with it', async () => {
    const seen: unknown[] = [];
    const onPost = (reply: Reply) => () => {
      const row = pipeline.memory.item(attemptKey(ATTEMPT_ID));
      seen.push([row?.keyVersion, row?.keyChanged]);
      return reply;
    };
    const pipeline: Submissions = await Submissions.start({
      replies: [onPost(denied), onPost(CREATED)],
      secrets: ['sk-old', 'sk-new'],
    });
    await pipeline.submit();
    expect(seen).toEqual([
      ['version-1', undefined],
      ['version-2', true],
    ]);
  });

  test("that a proxy's 401 refuses is not read again: such a POST may have arrived", async () => {
    const pipeline = await Submissions.start({
      replies: [{ status: 401, body: '<html>' }, CREATED],
      secrets: ['sk-old', 'sk-new'],
    });
    await pipeline.submit();
    expect(pipeline.posts()).toHaveLength(1);
    expect((await pipeline.attempt()).status).toBe('SUBMIT_UNKNOWN');
  });

  test('is not tried with another one when a callback has named the task meanwhile', async () => {
    const pipeline: Submissions = await Submissions.start({
      replies: [denied, CREATED],
      secrets: ['sk-old', 'sk-new'],
      before: async (name) => {
        if (name !== 'UpdateCommand' || (await pipeline.attempt()).taskId !== undefined) return;
        await pipeline.table.link(ATTEMPT_ID, TASK_ID, pipeline.time, pipeline.time);
      },
    });
    await pipeline.submit();
    expect(pipeline.posts()).toHaveLength(1);
    expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTED', taskId: TASK_ID });
    expect(pipeline.steps.sent).toEqual([]);
  });

  test('whose successor meets no connection ends without another attempt: the first POST proves nothing', async () => {
    const pipeline: Submissions = await Submissions.start({ replies: [denied], secrets: ['sk-old', 'sk-new'] });
    const post = jest.spyOn(EvolinkClient.prototype, 'submit');
    const unsent = new EvolinkConnectionError('refused', { outcome: 'no_task' });
    post.mockRejectedValueOnce(new EvolinkUnauthorizedError('401', { status: 401, outcome: 'refused' }));
    post.mockRejectedValueOnce(unsent);

    await pipeline.submit();

    post.mockRestore();
    const { error, facts } = pipeline.steps.onlyAnswer();
    expect([error, facts.no_task]).toEqual(['ServiceError', 'likely']);
    expect(facts).not.toHaveProperty('retry_after_seconds');
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

  test('whose secret cannot be read again after a 401 does not hide what EvoLink said', async () => {
    const pipeline = await Submissions.start({ replies: [denied], secrets: ['sk-old', new Error('throttled')] });
    await pipeline.submit();
    expect(pipeline.posts()).toHaveLength(1);
    expect(pipeline.steps.onlyAnswer()).toMatchObject({ error: 'Unauthorized', facts: { charged: 'no' } });
  });
});
