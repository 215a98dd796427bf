/** What each refusal of EvoLink, and each answer of something in between, says about a submission. */
import * as errors from '../../evolink/errors';
import { clientFor, failedSubmit, failureOf, TASK_ID } from './support/client';
import { closeServers, startServer } from './support/servers';

afterEach(closeServers);

const own = (code: unknown, type = 'some_error') => ({ error: { code, message: 'words of EvoLink', type } });
const HTML = '<html><body>Bad gateway</body></html>';

/** The 26 codes of EvoLink's admission checks (fact sheet 3.1.4), with the error that each becomes. */
const ADMISSION: [string, string][] = [
  ...['insufficient_quota', 'insufficient_user_quota', 'quota_not_enough', 'account_balance_insufficient'].map(
    (code): [string, string] => [code, 'EvolinkInsufficientCreditsError'],
  ),
  ...['insufficient_token_quota', 'key_quota_exhausted'].map((code): [string, string] => [
    code,
    'EvolinkKeyLimitError',
  ]),
  ...['token_daily_quota_exceeded', 'key_daily_quota_exhausted'].map((code): [string, string] => [
    code,
    'EvolinkKeyDailyLimitError',
  ]),
  ...['key_disabled', 'key_expired', 'user_disabled'].map((code): [string, string] => [
    code,
    'EvolinkUnauthorizedError',
  ]),
  ['key_model_not_allowed', 'EvolinkAccessDeniedError'],
  ...[
    ...['mcp_paused', 'mcp_key_expired', 'mcp_channel_disabled', 'mcp_scope_missing', 'mcp_service_unauthorized'],
    ...['mcp_connection_required', 'mcp_route_not_allowed', 'mcp_token_invalid', 'mcp_connection_create_failed'],
    ...['connection_not_found', 'connection_revoked', 'session_inactive', 'session_expired'],
    'agent_session_unavailable',
  ].map((code): [string, string] => [code, 'EvolinkUnauthorizedError']),
];

test('26 codes prove that there is no task', () => {
  expect(ADMISSION).toHaveLength(26);
});

test.each(ADMISSION)('%s proves that there is no task, at any status and in any case, as %s', async (code, name) => {
  for (const status of [401, 402, 403, 429, 503]) {
    const server = await startServer([{ status, body: { error: { code: code.toUpperCase(), message: 'm' } } }]);
    expect(await failedSubmit(server.baseUrl)).toMatchObject({ name, status, outcome: 'no_task' });
  }
});

test.each([
  [400, own('invalid_request'), 'EvolinkInvalidRequestError', 'refused'],
  [400, own('invalid_media_url'), 'EvolinkInvalidRequestError', 'refused'],
  [400, own('no_available_channel'), 'EvolinkUnavailableError', 'refused'],
  [400, own('model_unavailable'), 'EvolinkUnavailableError', 'refused'],
  [400, own('channel:no_available_key'), 'EvolinkUnavailableError', 'refused'],
  [400, HTML, 'EvolinkInvalidRequestError', 'unknown'],
  [400, own('content_policy_violation'), 'EvolinkContentPolicyError', 'refused'],
  [400, own('Content_Policy_Violation'), 'EvolinkContentPolicyError', 'refused'],
  [400, own('moderation_blocked'), 'EvolinkContentPolicyError', 'refused'],
  [422, own('sensitive_content'), 'EvolinkContentPolicyError', 'refused'],
  [500, own('input_moderation_failed'), 'EvolinkContentPolicyError', 'refused'],
  [503, own('content_filter'), 'EvolinkContentPolicyError', 'refused'],
  [401, own('unauthorized'), 'EvolinkUnauthorizedError', 'refused'],
  [401, own('invalid_token'), 'EvolinkUnauthorizedError', 'refused'],
  [401, HTML, 'EvolinkUnauthorizedError', 'unknown'],
  [402, own('some_other_quota'), 'EvolinkInsufficientCreditsError', 'refused'],
  [403, own('model_access_denied'), 'EvolinkAccessDeniedError', 'refused'],
  [403, own('ip_restricted'), 'EvolinkAccessDeniedError', 'refused'],
  [403, HTML, 'EvolinkAccessDeniedError', 'unknown'],
  [404, own(404), 'EvolinkNotFoundError', 'refused'],
  [408, own(408), 'EvolinkUnexpectedStatusError', 'unknown'],
  [400, own('paid_outcome_unknown'), 'EvolinkConflictError', 'unknown'],
  [403, own('rate_limit_exceeded'), 'EvolinkRateLimitedError', 'unknown'],
  [400, own('internal_error'), 'EvolinkServerError', 'unknown'],
  [404, own('service_unavailable'), 'EvolinkUnavailableError', 'unknown'],
  [409, own('idempotency_conflict'), 'EvolinkConflictError', 'unknown'],
  [409, own('paid_outcome_unknown'), 'EvolinkConflictError', 'unknown'],
  [413, own(413), 'EvolinkRequestTooLargeError', 'refused'],
  [413, HTML, 'EvolinkRequestTooLargeError', 'unknown'],
  [415, own(415), 'EvolinkInvalidRequestError', 'refused'],
  [422, own('invalid_request'), 'EvolinkInvalidRequestError', 'unknown'],
  [422, HTML, 'EvolinkUnexpectedStatusError', 'unknown'],
  [429, own('rate_limit_exceeded'), 'EvolinkRateLimitedError', 'unknown'],
  [429, HTML, 'EvolinkRateLimitedError', 'unknown'],
  [500, own('internal_error'), 'EvolinkServerError', 'unknown'],
  [502, own(502), 'EvolinkUnavailableError', 'unknown'],
  [502, HTML, 'EvolinkUnavailableError', 'unknown'],
  [502, '', 'EvolinkUnavailableError', 'unknown'],
  [503, own(503), 'EvolinkUnavailableError', 'unknown'],
  [503, own('service_unavailable'), 'EvolinkUnavailableError', 'unknown'],
  [503, { message: 'Service Unavailable' }, 'EvolinkUnavailableError', 'unknown'],
  [503, { error: { code: 503, message: 'of a proxy', status: 'UNAVAILABLE' } }, 'EvolinkUnavailableError', 'unknown'],
  [503, { error: 'down' }, 'EvolinkUnavailableError', 'unknown'],
  [504, own(504), 'EvolinkServerError', 'unknown'],
  [520, own(520), 'EvolinkServerError', 'unknown'],
  [304, '', 'EvolinkRedirectError', 'unknown'],
])('a submission answered %i %j ends as %s, outcome %s', async (status, body, name, outcome) => {
  const server = await startServer([{ status, body }]);

  const error = await failedSubmit(server.baseUrl);

  expect(error).toMatchObject({ name, status, outcome });
});

test('a daily limit names the time zone in which it starts afresh', async () => {
  const error = { code: 'key_daily_quota_exhausted', message: 'm', reset_timezone: 'Asia/Shanghai' };
  const server = await startServer([{ status: 402, body: { error } }]);

  expect((await failedSubmit(server.baseUrl)).resetTimeZone).toBe('Asia/Shanghai');
});

test.each([
  [400, own('invalid_task_id'), 'EvolinkInvalidRequestError'],
  [401, own('unauthorized'), 'EvolinkUnauthorizedError'],
  [402, own('quota_exceeded'), 'EvolinkInsufficientCreditsError'],
  [402, own('key_expired'), 'EvolinkUnauthorizedError'],
  [403, own('permission_denied'), 'EvolinkAccessDeniedError'],
  [404, own('task_not_found'), 'EvolinkNotFoundError'],
  [429, own('rate_limit_exceeded'), 'EvolinkRateLimitedError'],
  [500, own('internal_error'), 'EvolinkServerError'],
  [503, HTML, 'EvolinkUnavailableError'],
])('a query answered %i %j ends as %s, with no outcome of a submission', async (status, body, name) => {
  const server = await startServer([{ status, body }]);

  const error = await failureOf(clientFor(server.baseUrl).getTask(TASK_ID));

  expect(error).toMatchObject({ name, status, outcome: undefined });
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
  [
    'the error in the body, before any header',
    { 'x-request-id': 'req-7' },
    { error: { request_id: 'req-10' } },
    'req-10',
  ],
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
  expect(new Set(names).size).toBe(20);
});
