import { retryRule } from '../../domain/failures';
import * as errors from '../../evolink/errors';
import { failureOfSubmitError, failureOfTaskError, isBusy } from '../../evolink/failures';

/** Fact sheet 4.3: "auto by us". */
test.each([
  ['content_policy_violation', 'ContentPolicyViolation', false],
  ['sensitive_content', 'ContentPolicyViolation', false],
  ['input_moderation_failed', 'ContentPolicyViolation', false],
  ['invalid_parameters', 'RequestRefused', false],
  ['image_processing_error', 'ReferenceImageUnusable', false],
  ['image_dimension_mismatch', 'ReferenceImageUnusable', false],
  ['resource_not_found', 'GenerationFailed', false],
  ['request_cancelled', 'TaskCancelled', false],
  ['generation_failed_no_content', 'NoContentGenerated', false],
  ['unknown_error', 'GenerationFailed', false],
  ['service_error', 'ServiceError', true],
  ['generation_timeout', 'ServiceError', true],
  ['resource_exhausted', 'ResourceExhausted', true],
  ['quota_exceeded', 'RateLimited', true],
  ['service_unavailable', 'ResourceExhausted', true],
  ['model_unavailable', 'ResourceExhausted', true],
  ['no_available_channel', 'ResourceExhausted', true],
  ['channel:no_available_key', 'ResourceExhausted', true],
  ['upstream_error', 'GenerationFailed', false],
  ['Service_Error', 'ServiceError', true],
  ['never_heard_of', 'GenerationFailed', false],
  ['constructor', 'GenerationFailed', false],
  ['', 'GenerationFailed', false],
  [undefined, 'GenerationFailed', false],
])('a task that failed with %s is %s, retry: %s', (code, name, retry) => {
  expect(failureOfTaskError(code)).toEqual({ name, retry });
  if (retry) expect(retryRule(failureOfTaskError(code).name)).toBeDefined();
});

test.each([
  [new errors.EvolinkConnectionError('m', { outcome: 'no_task' }), 'ServiceError', true],
  [new errors.EvolinkUnauthorizedError('m', { outcome: 'no_task' }), 'Unauthorized', false],
  [new errors.EvolinkUnauthorizedError('m', { outcome: 'refused' }), 'Unauthorized', false],
  [new errors.EvolinkInsufficientCreditsError('m', { outcome: 'no_task' }), 'InsufficientCredits', false],
  [new errors.EvolinkKeyLimitError('m', { outcome: 'no_task' }), 'KeyLimitReached', false],
  [new errors.EvolinkKeyDailyLimitError('m', { outcome: 'no_task' }), 'KeyLimitReached', false],
  [new errors.EvolinkAccessDeniedError('m', { outcome: 'refused' }), 'ModelAccessDenied', false],
  [new errors.EvolinkContentPolicyError('m', { outcome: 'refused' }), 'ContentPolicyViolation', false],
  [new errors.EvolinkInvalidRequestError('m', { outcome: 'refused' }), 'RequestRefused', false],
  [new errors.EvolinkNotFoundError('m', { outcome: 'refused' }), 'RequestRefused', false],
  [new errors.EvolinkRequestTooLargeError('m', { outcome: 'refused' }), 'RequestRefused', false],
  [new errors.EvolinkUnexpectedStatusError('m', { outcome: 'refused' }), 'RequestRefused', false],
  [new errors.EvolinkUnavailableError('m', { outcome: 'refused' }), 'ResourceExhausted', false],
])('a submission that ended with %p is %s, retry as a new attempt: %s', (error, name, retry) => {
  expect(failureOfSubmitError(error)).toEqual({ name, retry });
});

test('a submission whose outcome is unknown is never made anew, whatever its error', () => {
  const classes = Object.values(errors).filter((Class) => Class !== errors.EvolinkError);

  for (const Class of classes) {
    const error = new (Class as typeof errors.EvolinkTimeoutError)('m', { outcome: 'unknown' });
    expect(failureOfSubmitError(error)).toEqual({ name: 'SubmitOutcomeUnknown', retry: false });
  }
});

test.each([
  ['429', new errors.EvolinkRateLimitedError('m', { status: 429, outcome: 'unknown' }), true],
  ['502', new errors.EvolinkUnavailableError('m', { status: 502, outcome: 'unknown' }), true],
  ['503', new errors.EvolinkUnavailableError('m', { status: 503, outcome: 'unknown' }), true],
  [
    '400 no_available_channel',
    new errors.EvolinkUnavailableError('m', { status: 400, code: 'no_available_channel', outcome: 'refused' }),
    true,
  ],
  [
    '503 content_filter',
    new errors.EvolinkContentPolicyError('m', { status: 503, code: 'content_filter', outcome: 'refused' }),
    false,
  ],
  ['403 rate_limit_exceeded', new errors.EvolinkRateLimitedError('m', { status: 403, outcome: 'unknown' }), true],
  ['503 key_expired', new errors.EvolinkUnauthorizedError('m', { status: 503, outcome: 'no_task' }), false],
  ['500', new errors.EvolinkServerError('m', { status: 500, outcome: 'unknown' }), false],
  ['a lost reply', new errors.EvolinkTimeoutError('m', { outcome: 'unknown' }), false],
])('%s: EvoLink is busy: %s', (_, error, busy) => {
  expect(isBusy(error)).toBe(busy);
});
