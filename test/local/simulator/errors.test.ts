/** Sheet 4: every documented error, by its code alone, with and without a task behind it. */
import { ADMISSION_CODES, QUERY_ERRORS, SUBMIT_ERRORS, TASK_FAILURE_CODES } from '../../../local/simulator';
import { call, complete, query, start, submit } from './support/simulator';

const unique = (errors: typeof SUBMIT_ERRORS) =>
  errors.filter(({ code }, index) => errors.findIndex((other) => other.code === code) === index);

it('the catalogue has the codes and statuses of sheet 4.1 and 3.1.4', () => {
  const codes = (status: number) => SUBMIT_ERRORS.filter((row) => row.status === status).map(({ code }) => code);
  expect(codes(400)).toEqual([
    ...['invalid_request', 'invalid_parameter', 'invalid_parameters', 'invalid_media_url'],
    ...['content_policy_violation', 'content_filter', 'sensitive_content', 'moderation_blocked'],
    ...['input_moderation_failed', 'no_available_channel', 'model_unavailable', 'channel_selection_failed'],
  ]);
  expect(codes(401)).toEqual(['unauthorized', 'invalid_token', 'key_disabled', 'key_expired']);
  expect(codes(403)).toEqual(['model_access_denied', 'ip_restricted', 'key_model_not_allowed', 'user_disabled']);
  expect(codes(409).sort()).toEqual(['idempotency_conflict', 'paid_outcome_unknown']);
  expect([404, 413, 415, 429, 500, 502, 503].flatMap(codes)).toEqual([
    ...[404, 413, 415, 'rate_limit_exceeded', 'internal_error', 502, 503, 'service_unavailable'],
  ]);
  expect(codes(402)).toEqual(ADMISSION_CODES.slice(0, 8));
  for (const code of ADMISSION_CODES) expect(SUBMIT_ERRORS.map((row) => row.code)).toContain(code);
});

describe.each(unique(SUBMIT_ERRORS))(
  'a submission refused with $code (sheet 4.1)',
  ({ status, code, type, message }) => {
    it.each([
      [false, 0],
      [true, 1],
    ])('with a task behind it: %p (sheet 9.10)', async (createTask, tasks) => {
      const simulator = await start();
      simulator.script({ submit: { code, createTask } });
      const answer = await submit(simulator);
      expect([answer.status, answer.body]).toEqual([status, { error: { code, type, message } }]);
      expect(simulator.tasks()).toHaveLength(tasks);
      expect(simulator.submissions()).toMatchObject([{ status, code, fault: 'reply' }]);
      expect(simulator.submissions()[0].taskId).toBe(simulator.tasks()[0]?.id);
      simulator.clock.advance(1000);
      expect(simulator.bill().creditsUsed).toBe(simulator.tasks()[0]?.creditsUsed ?? '0');
    });
  },
);

it('a code can be sent with another status than the documented one', async () => {
  const simulator = await start();
  simulator.script({ submit: { code: 'key_expired', status: 403 } });
  const answer = await submit(simulator);
  expect([answer.status, answer.body.error.type]).toEqual([403, 'authentication_error']);
});

it('an error can carry further fields (sheet 4.1)', async () => {
  const simulator = await start();
  const errorFields = {
    request_id: 'req_1',
    param: 'n',
    min: 1,
    max: 10,
    allowed_values: ['low'],
    action_url: 'https://evolink.ai/dashboard',
  };
  simulator.script({ submit: { code: 'invalid_parameter', errorFields, message: 'no' } });
  expect((await submit(simulator)).body.error).toEqual({
    code: 'invalid_parameter',
    type: 'invalid_request_error',
    message: 'no',
    ...errorFields,
  });
});

it.each(QUERY_ERRORS)('a query can fail with $code (sheet 4.2)', async ({ status, code, type, message }) => {
  const simulator = await start();
  simulator.script({ query: { code, times: 1 } });
  const { id } = (await submit(simulator)).body;
  const answer = await query(simulator, id);
  expect([answer.status, answer.body]).toEqual([status, { error: { code, type, message } }]);
  expect((await query(simulator, id)).status).toBe(200);
});

it.each([502, 503])('a query can fail with %i, which only the pages of other routes document', async (code) => {
  const simulator = await start();
  simulator.script({ query: { code } });
  const { id } = (await submit(simulator)).body;
  expect((await query(simulator, id)).status).toBe(code);
});

it.each(TASK_FAILURE_CODES)('a task can fail with %s (sheet 4.3)', async (errorCode) => {
  const simulator = await start();
  simulator.script({ task: { outcome: 'failed', errorCode } });
  const { body } = await complete(simulator);
  expect(body).toMatchObject({ status: 'failed', error: { code: errorCode, type: 'task_error' } });
});

it('a query can be slower than a client waits (sheet 9.10)', async () => {
  const simulator = await start();
  simulator.script({ query: { delayMs: 10_000 } });
  const { id } = (await submit(simulator)).body;
  const signal = AbortSignal.timeout(100);
  const headers = { authorization: 'Bearer sk-simulator' };
  await expect(fetch(`${simulator.baseUrl}/v1/tasks/${id}`, { headers, signal })).rejects.toThrow(/timeout/);
});

it('every route that reads can be faulted by a code alone', async () => {
  const simulator = await start();
  const part = { code: 'rate_limit_exceeded' };
  simulator.script({ times: 4, list: part, batch: part, credits: part, models: part });
  for (const [method, path, body] of [
    ['GET', '/v1/tasks'],
    ['POST', '/v1/tasks/batch', { task_ids: ['a'] }],
    ['GET', '/v1/credits'],
    ['GET', '/v1/models'],
  ] as const) {
    expect((await call(simulator, method, path, body)).status).toBe(429);
  }
});
