/** From EvoLink's codes and our errors to the names under which a job fails. Tables: a new code is a new line. */
import type { FailureName } from '../domain/failures';
import type { EvolinkError } from './errors';
import { CHANNEL_CODES, CONTENT_CODES, isChannelCode, normalizeCode } from './error-codes';

export interface Failure {
  readonly name: FailureName;
  /** Whether a new attempt, unchanged, makes sense. How often and after which wait is in `domain/failures.ts`. */
  readonly retry: boolean;
}

const retry = (name: FailureName): Failure => ({ name, retry: true });
const final = (name: FailureName): Failure => ({ name, retry: false });

/**
 * `error.code` of a failed task. `retry` is what EvoLink's client calls "trying again can help": whether a new attempt is
 * made depends on the charge besides, since each is a task and a charge of its own.
 * Source: EvoLink's error codes page, and `error-handler.js` of its client (October 2026).
 * @see https://docs.evolink.ai/en/api-manual/task-management/error-codes
 */
const TASK_FAILURES: ReadonlyMap<string, Failure> = new Map([
  ...CONTENT_CODES.map((code): [string, Failure] => [code, final('ContentPolicyViolation')]),
  // Both on EvoLink's page and in its client.
  ['invalid_parameters', final('RequestRefused')],
  ['image_processing_error', final('ReferenceImageUnusable')],
  ['image_dimension_mismatch', final('ReferenceImageUnusable')],
  ['resource_not_found', final('GenerationFailed')],
  ['request_cancelled', final('TaskCancelled')],
  // The cause is not established, and it may be a policy refusal.
  ['generation_failed_no_content', final('NoContentGenerated')],
  ['unknown_error', final('GenerationFailed')],
  ['generation_timeout', retry('ServiceError')],
  ['service_error', retry('ServiceError')],
  ['service_unavailable', retry('ResourceExhausted')],
  ['resource_exhausted', retry('ResourceExhausted')],
  ['quota_exceeded', retry('RateLimited')],
  // In its client, and at submission only; as the end of a task they say the same.
  ...CHANNEL_CODES.map((code): [string, Failure] => [code, retry('ResourceExhausted')]),
]);

/** By name, since a bundle may hold a class twice. */
const SUBMIT_FAILURES: ReadonlyMap<string, FailureName> = new Map([
  ['EvolinkConnectionError', 'ServiceError'],
  ['EvolinkUnavailableError', 'ResourceExhausted'],
  ['EvolinkUnauthorizedError', 'Unauthorized'],
  ['EvolinkInsufficientCreditsError', 'InsufficientCredits'],
  ['EvolinkKeyLimitError', 'KeyLimitReached'],
  ['EvolinkKeyDailyLimitError', 'KeyLimitReached'],
  ['EvolinkAccessDeniedError', 'ModelAccessDenied'],
  ['EvolinkContentPolicyError', 'ContentPolicyViolation'],
  ['EvolinkInvalidRequestError', 'RequestRefused'],
  ['EvolinkNotFoundError', 'RequestRefused'],
  ['EvolinkRequestTooLargeError', 'RequestRefused'],
  ['EvolinkUnexpectedStatusError', 'RequestRefused'],
]);

/** @param code - `error.code` of the task; a code that we don't know is never retried */
export function failureOfTaskError(code: string | undefined): Failure {
  const known = TASK_FAILURES.get(normalizeCode(code));
  if (known !== undefined) return known;
  return isChannelCode(code) ? retry('ResourceExhausted') : final('GenerationFailed');
}

/**
 * For a submission that gave no task. A new attempt is a new submission, so it is allowed only where it is proven that
 * this one made no task, and makes sense only where no connection stood: what EvoLink refuses it refuses again.
 */
export function failureOfSubmitError(error: EvolinkError): Failure {
  const name = error.outcome === 'unknown' ? undefined : SUBMIT_FAILURES.get(error.name);
  if (name === undefined) return final('SubmitOutcomeUnknown');
  return { name, retry: error.outcome === 'no_task' && error.name === 'EvolinkConnectionError' };
}

/**
 * EvoLink, or something in front of it, had no room for the submission: 429, 502, 503, or no route to the model. There
 * may be a task all the same, so the very same submission is sent again, and never a new one.
 */
export function isBusy(error: EvolinkError): boolean {
  if (error.outcome === 'no_task') return false;
  // A content refusal stays one at these statuses, too.
  const isTurnedAway = error.outcome === 'unknown' && [429, 502, 503].includes(error.status ?? 0);
  return isTurnedAway || error.name === 'EvolinkRateLimitedError' || error.name === 'EvolinkUnavailableError';
}
