/** What each refusal of EvoLink, and each answer of something in between, says about a submission. */
import * as errors from '../../evolink/errors';
import { clientFor, failedSubmit, failureOf, TASK_ID } from './support/client';
import { closeServers, startServer } from './support/servers';

afterEach(closeServers);

const own = (code: unknown, type = 'some_error') => ({ error: { code, message: 'words of EvoLink', type } });
const HTML = '<html><body>Bad gateway</body></html>';

const refused = { outcome: 'refused', safeToRepeat: true };
const unknown = { outcome: 'unknown', safeToRepeat: false };

test.each([
  [400, own('invalid_request'), 'EvolinkInvalidRequestError', refused],
  [400, own('no_available_channel'), 'EvolinkInvalidRequestError', refused],
  [400, HTML, 'EvolinkInvalidRequestError', refused],
  [400, own('content_policy_violation'), 'EvolinkContentPolicyError', refused],
  [400, own('Content_Policy_Violation'), 'EvolinkContentPolicyError', refused],
  [400, own('moderation_blocked'), 'EvolinkContentPolicyError', refused],
  [401, own('unauthorized'), 'EvolinkUnauthorizedError', refused],
  [401, own('KEY_EXPIRED'), 'EvolinkUnauthorizedError', refused],
  [402, own('insufficient_quota'), 'EvolinkInsufficientCreditsError', refused],
  [402, own('insufficient_user_quota'), 'EvolinkInsufficientCreditsError', refused],
  [402, own('KEY_QUOTA_EXHAUSTED'), 'EvolinkInsufficientCreditsError', refused],
  [402, own('token_daily_quota_exceeded'), 'EvolinkInsufficientCreditsError', refused],
  [403, own('model_access_denied'), 'EvolinkAccessDeniedError', refused],
  [404, own(404), 'EvolinkNotFoundError', refused],
  [408, own(408), 'EvolinkUnexpectedStatusError', unknown],
  [409, own('idempotency_conflict'), 'EvolinkConflictError', unknown],
  [409, own('paid_outcome_unknown'), 'EvolinkConflictError', unknown],
  [413, own(413), 'EvolinkRequestTooLargeError', refused],
  [422, own('invalid_request'), 'EvolinkUnexpectedStatusError', refused],
  [422, HTML, 'EvolinkUnexpectedStatusError', unknown],
  [429, own('rate_limit_exceeded'), 'EvolinkRateLimitedError', refused],
  [429, HTML, 'EvolinkRateLimitedError', refused],
  [500, own('internal_error'), 'EvolinkServerError', unknown],
  [502, own(502), 'EvolinkUnavailableError', refused],
  [502, HTML, 'EvolinkUnavailableError', unknown],
  [502, '', 'EvolinkUnavailableError', unknown],
  [503, own(503), 'EvolinkUnavailableError', refused],
  [503, { message: 'Service Unavailable' }, 'EvolinkUnavailableError', unknown],
  [503, { error: { code: 503, message: 'of a proxy', status: 'UNAVAILABLE' } }, 'EvolinkUnavailableError', unknown],
  [503, { error: 'down' }, 'EvolinkUnavailableError', unknown],
  [504, own(504), 'EvolinkServerError', unknown],
  [520, own(520), 'EvolinkServerError', unknown],
  [304, '', 'EvolinkRedirectError', unknown],
])('a submission answered %i %j ends as %s', async (status, body, name, facts) => {
  const server = await startServer([{ status, body }]);

  const error = await failedSubmit(server.baseUrl);

  expect(error).toMatchObject({ name, status, ...facts });
});

test.each([
  [400, own('invalid_task_id'), 'EvolinkInvalidRequestError'],
  [401, own('unauthorized'), 'EvolinkUnauthorizedError'],
  [402, own('quota_exceeded'), 'EvolinkInsufficientCreditsError'],
  [403, own('permission_denied'), 'EvolinkAccessDeniedError'],
  [404, own('task_not_found'), 'EvolinkNotFoundError'],
  [429, own('rate_limit_exceeded'), 'EvolinkRateLimitedError'],
  [500, own('internal_error'), 'EvolinkServerError'],
  [503, HTML, 'EvolinkUnavailableError'],
])('a query answered %i %j ends as %s and is safe to repeat', async (status, body, name) => {
  const server = await startServer([{ status, body }]);

  const error = await failureOf(clientFor(server.baseUrl).getTask(TASK_ID));

  expect(error).toMatchObject({ name, status, outcome: undefined, safeToRepeat: true });
});

test('keeps the facts: code as text, words, request id and wait', async () => {
  const headers = { 'x-request-id': 'req-7', 'retry-after': '12' };
  const server = await startServer([{ status: 429, body: own(429), headers }]);

  const error = await failedSubmit(server.baseUrl);

  expect(error).toMatchObject({ code: '429', requestId: 'req-7', retryAfterSeconds: 12 });
  expect(error.providerMessage).toBe('words of EvoLink');
  expect(error).toBeInstanceOf(errors.EvolinkRateLimitedError);
});

test.each([
  ['the other header', { 'x-oneapi-request-id': 'req-8' }, {}, 'req-8'],
  ['the body', {}, { request_id: 'req-9' }, 'req-9'],
  ['the error in the body', {}, { error: { request_id: 'req-10' } }, 'req-10'],
  ['nowhere', {}, { request_id: 5 }, undefined],
])('finds the request id in %s', async (_, headers, body, requestId) => {
  const server = await startServer([{ status: 401, headers, body }]);

  expect((await failedSubmit(server.baseUrl)).requestId).toBe(requestId);
});

test('a Retry-After date counts from the clock of the reply', async () => {
  const headers = { date: 'Mon, 21 Sep 2026 14:13:20 GMT', 'retry-after': 'Mon, 21 Sep 2026 14:14:05 GMT' };
  const server = await startServer([{ status: 503, body: own(503), headers }]);

  expect((await failedSubmit(server.baseUrl)).retryAfterSeconds).toBe(45);
});

test('the words of EvoLink are cut to 1 000 characters and the code to 100', async () => {
  const body = { error: { code: 'c'.repeat(500), message: 'm'.repeat(5000), type: 't' } };
  const server = await startServer([{ status: 400, body }]);

  const error = await failedSubmit(server.baseUrl);

  expect(error.providerMessage).toHaveLength(1000);
  expect(error.code).toHaveLength(100);
});

test('every class has its own stable name', () => {
  const classes = Object.values(errors).filter((Class) => Class !== errors.EvolinkError);

  const names = classes.map((Class) => new (Class as new (message: string) => errors.EvolinkError)('m').name);

  expect(names).toEqual(classes.map((Class) => Class.name));
  expect(new Set(names).size).toBe(18);
});
