import { FAILURES, retryRule } from '../../domain/failures';
import * as errors from '../../evolink/errors';
import { failureOfSubmitError, failureOfTaskError } from '../../evolink/failures';

test.each([
  ['content_policy_violation', 'ContentPolicyViolation', false],
  ['invalid_parameters', 'RequestRefused', false],
  ['image_processing_error', 'ReferenceImageUnusable', false],
  ['image_dimension_mismatch', 'ReferenceImageUnusable', false],
  ['request_cancelled', 'TaskCancelled', false],
  ['generation_failed_no_content', 'NoContentGenerated', true],
  ['service_error', 'ServiceError', true],
  ['generation_timeout', 'ServiceError', true],
  ['resource_exhausted', 'ResourceExhausted', true],
  ['quota_exceeded', 'RateLimited', true],
  ['service_unavailable', 'ResourceExhausted', true],
  ['resource_not_found', 'GenerationFailed', false],
  ['unknown_error', 'GenerationFailed', true],
  ['model_unavailable', 'RequestRefused', false],
  ['upstream_error', 'ServiceError', true],
  ['Service_Error', 'ServiceError', true],
  ['never_heard_of', 'GenerationFailed', false],
  ['constructor', 'GenerationFailed', false],
  ['', 'GenerationFailed', false],
  [undefined, 'GenerationFailed', false],
])('a task that failed with %s is %s, retry: %s', (code, name, retry) => {
  expect(failureOfTaskError(code)).toEqual({ name, retry });
});

test.each([
  [new errors.EvolinkConnectionError('m', { outcome: 'not_sent' }), 'ServiceError', true],
  [new errors.EvolinkUnavailableError('m', { outcome: 'refused' }), 'ServiceError', true],
  [new errors.EvolinkRateLimitedError('m', { outcome: 'refused' }), 'RateLimited', true],
  [new errors.EvolinkUnauthorizedError('m', { outcome: 'refused' }), 'Unauthorized', false],
  [new errors.EvolinkInsufficientCreditsError('m', { outcome: 'refused' }), 'InsufficientCredits', false],
  [new errors.EvolinkAccessDeniedError('m', { outcome: 'refused' }), 'ModelAccessDenied', false],
  [new errors.EvolinkContentPolicyError('m', { outcome: 'refused' }), 'ContentPolicyViolation', false],
  [new errors.EvolinkInvalidRequestError('m', { outcome: 'refused' }), 'RequestRefused', false],
  [new errors.EvolinkNotFoundError('m', { outcome: 'refused' }), 'RequestRefused', false],
  [new errors.EvolinkRequestTooLargeError('m', { outcome: 'refused' }), 'RequestRefused', false],
  [new errors.EvolinkUnexpectedStatusError('m', { outcome: 'refused' }), 'RequestRefused', false],
  [new errors.EvolinkUnavailableError('m', { outcome: 'unknown' }), 'SubmitOutcomeUnknown', false],
  [new errors.EvolinkTimeoutError('m', { outcome: 'unknown' }), 'SubmitOutcomeUnknown', false],
  [new errors.EvolinkConflictError('m', { outcome: 'unknown' }), 'SubmitOutcomeUnknown', false],
])('a submission that ended with %p is %s, retry: %s', (error, name, retry) => {
  expect(failureOfSubmitError(error)).toEqual({ name, retry });
});

test('a submission whose outcome is unknown is never retried, whatever its error', () => {
  const classes = Object.values(errors).filter((Class) => Class !== errors.EvolinkError);

  for (const Class of classes) {
    const error = new (Class as typeof errors.EvolinkTimeoutError)('m', { outcome: 'unknown' });
    expect(failureOfSubmitError(error)).toEqual({ name: 'SubmitOutcomeUnknown', retry: false });
  }
});

test('what is retried here has a rule for how often and after which wait', () => {
  const codes = [
    'service_error',
    'resource_exhausted',
    'quota_exceeded',
    'unknown_error',
    'generation_failed_no_content',
  ];

  const names = codes.map((code) => failureOfTaskError(code).name);

  for (const name of names) expect(retryRule(name)).toBeDefined();
  expect(FAILURES.NoContentGenerated.retry.maxAttempts).toBe(2);
});
