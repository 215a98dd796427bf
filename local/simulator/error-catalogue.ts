/** The errors that EvoLink and its own client know, as data: what a code's status and type are. */

/** One documented error. */
export interface ErrorRow {
  readonly status: number;
  /** Text on most pages, an integer on others. */
  readonly code: string | number;
  readonly type: string;
  readonly message: string;
}

const rows = (
  status: number,
  type: string,
  codes: Readonly<Record<string, string>>,
  integer?: string,
): readonly ErrorRow[] => [
  ...Object.entries(codes).map(([code, message]) => ({ status, code, type, message })),
  ...(integer === undefined ? [] : [{ status, code: status, type, message: integer }]),
];

const BAD_PARAMETER = 'Invalid request parameters';
const CONTENT = 'The request was rejected by the content policy';
const NO_CHANNEL = 'No channel is available for this model';
const QUOTA = 'Insufficient quota. Please top up your account.';
const KEY_QUOTA = 'The API key has used up its limit';
const KEY_DAY = 'The API key has used up its limit of the day';

/**
 * Errors of `POST /v1/images/generations`. A code alone is enough in a rule; it is sent with the first status that has
 * it here.
 * @see https://docs.evolink.ai/en/api-manual/task-management/error-codes
 */
export const SUBMIT_ERRORS: readonly ErrorRow[] = [
  ...rows(400, 'invalid_request_error', {
    invalid_request: BAD_PARAMETER,
    invalid_parameter: BAD_PARAMETER,
    invalid_parameters: BAD_PARAMETER,
    invalid_media_url: 'A media URL could not be read',
    content_policy_violation: CONTENT,
    content_filter: CONTENT,
    sensitive_content: CONTENT,
    moderation_blocked: CONTENT,
    input_moderation_failed: CONTENT,
    no_available_channel: NO_CHANNEL,
    model_unavailable: NO_CHANNEL,
    channel_selection_failed: NO_CHANNEL,
  }),
  ...rows(401, 'authentication_error', {
    unauthorized: 'Invalid or expired token',
    invalid_token: 'Invalid token',
    key_disabled: 'The API key is disabled',
    key_expired: 'The API key has expired',
  }),
  ...rows(402, 'insufficient_quota', {
    insufficient_quota: QUOTA,
    insufficient_user_quota: QUOTA,
    quota_not_enough: QUOTA,
    account_balance_insufficient: QUOTA,
    insufficient_token_quota: KEY_QUOTA,
    key_quota_exhausted: KEY_QUOTA,
    token_daily_quota_exceeded: KEY_DAY,
    key_daily_quota_exhausted: KEY_DAY,
  }),
  ...rows(403, 'invalid_request_error', {
    model_access_denied: 'Token does not have access to this model',
    ip_restricted: 'This address may not use the API key',
    key_model_not_allowed: 'The API key may not use this model',
    user_disabled: 'The account is disabled',
  }),
  ...rows(404, 'not_found_error', {}, 'There is no such route'),
  // Their type is not documented.
  ...rows(409, 'api_error', {
    paid_outcome_unknown: 'The outcome of the submission with this idempotency key is not known yet',
    idempotency_conflict: 'The idempotency key belongs to another request',
  }),
  ...rows(413, 'request_too_large_error', {}, 'Request body too large'),
  ...rows(415, 'invalid_request_error', {}, 'Unsupported media type'),
  ...rows(429, 'rate_limit_error', { rate_limit_exceeded: 'Too many requests, please try again later' }),
  ...rows(500, 'api_error', { internal_error: 'Internal server error' }),
  ...rows(502, 'upstream_error', {}, 'Bad gateway'),
  ...rows(503, 'service_unavailable_error', {}, 'Service unavailable'),
  ...rows(503, 'service_unavailable_error', { service_unavailable: 'Service unavailable' }),
];

/** The codes that prove that no task was made, if they answer the first POST with a key. Those of MCP keys aside. */
export const ADMISSION_CODES: readonly string[] = [
  'insufficient_quota',
  'insufficient_user_quota',
  'quota_not_enough',
  'account_balance_insufficient',
  'insufficient_token_quota',
  'key_quota_exhausted',
  'token_daily_quota_exceeded',
  'key_daily_quota_exhausted',
  'key_disabled',
  'key_expired',
  'key_model_not_allowed',
  'user_disabled',
];

/**
 * Errors of `GET /v1/tasks/{id}`; the other routes that only read use them too.
 * @see https://docs.evolink.ai/en/api-manual/task-management/get-task-detail
 */
export const QUERY_ERRORS: readonly ErrorRow[] = [
  ...rows(400, 'invalid_request_error', { invalid_task_id: 'Invalid task ID format' }),
  ...rows(401, 'authentication_error', { unauthorized: 'Authentication required' }),
  ...rows(402, 'insufficient_quota', { quota_exceeded: QUOTA }),
  ...rows(403, 'invalid_request_error', { permission_denied: "You don't have permission to access this task" }),
  ...rows(404, 'invalid_request_error', { task_not_found: 'The requested task could not be found' }),
  ...rows(429, 'evo_api_error', { rate_limit_exceeded: 'Rate limit exceeded' }),
  ...rows(500, 'api_error', { internal_error: 'Failed to retrieve task status' }),
];

/** `error.code` of a failed task. @see https://docs.evolink.ai/en/api-manual/task-management/error-codes */
export const TASK_FAILURE_CODES: readonly string[] = [
  'content_policy_violation',
  'invalid_parameters',
  'image_dimension_mismatch',
  'image_processing_error',
  'resource_not_found',
  'request_cancelled',
  'generation_failed_no_content',
  'unknown_error',
  'generation_timeout',
  'service_error',
  'service_unavailable',
  'resource_exhausted',
  'quota_exceeded',
];

/** The first row of the code; rows of the submission stand in for the other routes. */
export function rowOfCode(code: string | number, route: 'submit' | 'query'): ErrorRow | undefined {
  const own = route === 'query' ? [...QUERY_ERRORS, ...SUBMIT_ERRORS] : SUBMIT_ERRORS;
  return own.find((row) => row.code === code);
}

/** What EvoLink documents for the status, for a reply that gives a status only. */
export function rowOfStatus(status: number, route: 'submit' | 'query'): ErrorRow | undefined {
  const documented = SUBMIT_ERRORS.find((row) => row.status === status);
  return route === 'query' ? (QUERY_ERRORS.find((row) => row.status === status) ?? documented) : documented;
}
