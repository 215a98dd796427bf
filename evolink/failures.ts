/** From EvoLink's codes and our errors to the names under which a job fails. Tables: a new code is a new line. */
import type { FailureName } from '../domain/failures';
import type { EvolinkError } from './errors';
import { moderationCodes } from './moderation';

export interface Failure {
  readonly name: FailureName;
  /** Whether a new attempt, unchanged, makes sense. How often and after which wait is in `domain/failures.ts`. */
  readonly retry: boolean;
}

const retry = (name: FailureName): Failure => ({ name, retry: true });
const final = (name: FailureName): Failure => ({ name, retry: false });

/** `error.code` of a failed task. @see https://docs.evolink.ai/en/api-manual/task-management/error-codes */
const TASK_FAILURES: ReadonlyMap<string, Failure> = new Map([
  ...[...moderationCodes].map((code): [string, Failure] => [code, final('ContentPolicyViolation')]),
  ['invalid_parameters', final('RequestRefused')],
  ['image_processing_error', final('ReferenceImageUnusable')],
  ['image_dimension_mismatch', final('ReferenceImageUnusable')],
  ['request_cancelled', final('TaskCancelled')],
  // May hide a policy refusal: once more at most.
  ['generation_failed_no_content', retry('NoContentGenerated')],
  ['service_error', retry('ServiceError')],
  ['generation_timeout', retry('ServiceError')],
  ['service_unavailable', retry('ResourceExhausted')],
  ['upstream_error', retry('ServiceError')],
  ['resource_exhausted', retry('ResourceExhausted')],
  ['quota_exceeded', retry('RateLimited')],
  ['unknown_error', retry('GenerationFailed')],
  ['resource_not_found', final('GenerationFailed')],
  // No route to this model: like `no_available_channel` at submission, another model is the way out.
  ['model_unavailable', final('RequestRefused')],
]);

/** By name, since a bundle may hold a class twice. */
const SUBMIT_FAILURES: ReadonlyMap<string, Failure> = new Map([
  ['EvolinkConnectionError', retry('ServiceError')],
  ['EvolinkUnavailableError', retry('ServiceError')],
  ['EvolinkRateLimitedError', retry('RateLimited')],
  ['EvolinkUnauthorizedError', final('Unauthorized')],
  ['EvolinkInsufficientCreditsError', final('InsufficientCredits')],
  ['EvolinkAccessDeniedError', final('ModelAccessDenied')],
  ['EvolinkContentPolicyError', final('ContentPolicyViolation')],
  ['EvolinkInvalidRequestError', final('RequestRefused')],
  ['EvolinkNotFoundError', final('RequestRefused')],
  ['EvolinkRequestTooLargeError', final('RequestRefused')],
  ['EvolinkUnexpectedStatusError', final('RequestRefused')],
]);

/** @param code - `error.code` of the task; a code that we don't know is never retried by itself */
export function failureOfTaskError(code: string | undefined): Failure {
  return TASK_FAILURES.get((code ?? '').trim().toLowerCase()) ?? final('GenerationFailed');
}

/** For a submission. Where there may be a task, the answer is `SubmitOutcomeUnknown`, without retry. */
export function failureOfSubmitError(error: EvolinkError): Failure {
  const known = error.safeToRepeat ? SUBMIT_FAILURES.get(error.name) : undefined;
  return known ?? final('SubmitOutcomeUnknown');
}
