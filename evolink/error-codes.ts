/**
 * EvoLink's error codes: what each means, and whether it proves that a submission made no task. The code decides before
 * the status, as in EvoLink's own client: a disabled key is answered 402 as well as an empty account.
 */
import * as errors from './errors';
import type { EvolinkError, EvolinkErrorFacts } from './errors';

export type ErrorClass = new (message: string, facts: EvolinkErrorFacts) => EvolinkError;

export interface CodeMeaning {
  readonly error: ErrorClass;
  /**
   * EvoLink's own client takes the code as proof that the first POST made no task: it comes from the checks before a task
   * is dispatched. No other code is proof, whatever its status.
   */
  readonly provesNoTask?: true;
}

const before = (error: ErrorClass): CodeMeaning => ({ error, provesNoTask: true });
const says = (error: ErrorClass): CodeMeaning => ({ error });

/**
 * "Blocked by a safety filter". Where seen: the first on EvoLink's pages, all five in its client; `content_filter` and
 * `moderation_blocked` are those of the services behind it (Azure, OpenAI).
 */
export const CONTENT_CODES = [
  'content_policy_violation',
  'content_filter',
  'sensitive_content',
  'moderation_blocked',
  'input_moderation_failed',
] as const;

/** The route to the model behind EvoLink is down or full: it passes by itself. Where seen: in its client. */
export const CHANNEL_CODES = ['no_available_channel', 'model_unavailable', 'channel_selection_failed'] as const;

/** Older codes of the same kind: `channel:…`. Where seen: in older versions of its client. */
const CHANNEL_PREFIX = /^channel[:_]/;

/**
 * 26 admission codes, then the others. Where seen: all in EvoLink's client (`api-client.js`, `error-handler.js`, October 2026);
 * `insufficient_quota`, `content_policy_violation`, `invalid_request`, `invalid_task_id`, `unauthorized`, `model_access_denied`,
 * `permission_denied`, `task_not_found`, `quota_exceeded`, `rate_limit_exceeded` and `internal_error` also on its pages.
 */
const CODES: ReadonlyMap<string, CodeMeaning> = new Map<string, CodeMeaning>([
  ['insufficient_quota', before(errors.EvolinkInsufficientCreditsError)],
  ['insufficient_user_quota', before(errors.EvolinkInsufficientCreditsError)],
  ['quota_not_enough', before(errors.EvolinkInsufficientCreditsError)],
  ['account_balance_insufficient', before(errors.EvolinkInsufficientCreditsError)],
  ['insufficient_token_quota', before(errors.EvolinkKeyLimitError)],
  ['key_quota_exhausted', before(errors.EvolinkKeyLimitError)],
  ['token_daily_quota_exceeded', before(errors.EvolinkKeyDailyLimitError)],
  ['key_daily_quota_exhausted', before(errors.EvolinkKeyDailyLimitError)],
  ['key_disabled', before(errors.EvolinkUnauthorizedError)],
  ['key_expired', before(errors.EvolinkUnauthorizedError)],
  ['user_disabled', before(errors.EvolinkUnauthorizedError)],
  ['key_model_not_allowed', before(errors.EvolinkAccessDeniedError)],
  // Of connections that EvoLink hosts itself. A plain API key should never see them.
  ...[
    'mcp_paused',
    'mcp_key_expired',
    'mcp_channel_disabled',
    'mcp_scope_missing',
    'mcp_service_unauthorized',
    'mcp_connection_required',
    'mcp_route_not_allowed',
    'mcp_token_invalid',
    'mcp_connection_create_failed',
    'connection_not_found',
    'connection_revoked',
    'session_inactive',
    'session_expired',
    'agent_session_unavailable',
  ].map((code): [string, CodeMeaning] => [code, before(errors.EvolinkUnauthorizedError)]),

  ...CONTENT_CODES.map((code): [string, CodeMeaning] => [code, says(errors.EvolinkContentPolicyError)]),
  ...CHANNEL_CODES.map((code): [string, CodeMeaning] => [code, says(errors.EvolinkUnavailableError)]),
  ['invalid_request', says(errors.EvolinkInvalidRequestError)],
  ['invalid_parameter', says(errors.EvolinkInvalidRequestError)],
  ['invalid_parameters', says(errors.EvolinkInvalidRequestError)],
  ['invalid_media_url', says(errors.EvolinkInvalidRequestError)],
  ['invalid_task_id', says(errors.EvolinkInvalidRequestError)],
  ['unauthorized', says(errors.EvolinkUnauthorizedError)],
  ['invalid_token', says(errors.EvolinkUnauthorizedError)],
  ['model_access_denied', says(errors.EvolinkAccessDeniedError)],
  ['ip_restricted', says(errors.EvolinkAccessDeniedError)],
  ['permission_denied', says(errors.EvolinkAccessDeniedError)],
  ['task_not_found', says(errors.EvolinkNotFoundError)],
  ['quota_exceeded', says(errors.EvolinkInsufficientCreditsError)],
  ['idempotency_conflict', says(errors.EvolinkConflictError)],
  ['paid_outcome_unknown', says(errors.EvolinkConflictError)],
  ['rate_limit_exceeded', says(errors.EvolinkRateLimitedError)],
  ['service_unavailable', says(errors.EvolinkUnavailableError)],
  ['internal_error', says(errors.EvolinkServerError)],
]);

/** @param code - in any case; @returns undefined for a code that EvoLink's client does not know either */
export function meaningOfCode(code: string | undefined): CodeMeaning | undefined {
  const known = normalizeCode(code);
  return CODES.get(known) ?? (CHANNEL_PREFIX.test(known) ? says(errors.EvolinkUnavailableError) : undefined);
}

/** Whether the code says that EvoLink has no route to the model at the moment. */
export function isChannelCode(code: string | undefined): boolean {
  const known = normalizeCode(code);
  return CHANNEL_CODES.some((one) => one === known) || CHANNEL_PREFIX.test(known);
}

export function normalizeCode(code: string | undefined): string {
  return (code ?? '').trim().toLowerCase();
}
