import * as client from '../../../client';
import { jobError } from '../../../client/jobs/errors';
import { nextJobId } from '../../../client';
import { failureCause } from '../../../domain/failure-cause';
import { ARCHIVE_FAILURES, FAILURE_NAMES, FAILURES } from '../../../domain/failures';

const job = {
  jobId: 'spring',
  executionArn: 'arn',
  startedAt: new Date('2026-11-23T09:00:00.000Z'),
  earlier: false,
  state: 'FAILED',
} as const;
const classes = client as unknown as Record<string, new (...args: never[]) => unknown>;
const className = (failure: string) => (failure.endsWith('Error') ? failure : `${failure}Error`);

test.each(FAILURE_NAMES)('%s has a class of its own, which is exported', (failure) => {
  const error = jobError({ ...job, error: failure, causeText: failureCause(failure, { message: 'why' }) });

  expect(error).toBeInstanceOf(classes[className(failure)]);
  expect(error).toBeInstanceOf(client.JobError);
  expect(error).toMatchObject({ name: className(failure), failure, charged: FAILURES[failure].charged });
  expect(error.message).toMatch(new RegExp(`^${failure}: why\\. `));
  expect(error.nextJobId).toBe(error.charged === 'no' ? 'spring-r2' : undefined);
});

test('what was not charged says when it makes sense to start again, and under which id', () => {
  const messageOf = (error: string, charged: 'no' | 'yes') =>
    jobError({ ...job, error, causeText: JSON.stringify({ message: 'why', charged }) }).message;

  expect(messageOf('Unauthorized', 'no')).toBe(
    'Unauthorized: why. Nothing was charged. Start again: after an operator stored a valid key. Use another job id, such as spring-r2.',
  );
  expect(messageOf('Unauthorized', 'yes')).toBe('Unauthorized: why. It was charged.');
  expect(messageOf('OfTomorrow', 'no')).toBe(
    'OfTomorrow: why. Nothing was charged. Use another job id, such as spring-r2.',
  );
});

test.each([['request'], ['pipeline'], ['somebody']])('a cost limit says whose it was: %s', (limit_of) => {
  const causeText = failureCause('CostLimitExceeded', { message: 'why', max_credits: '2', limit_of });
  const error = jobError({ ...job, error: 'CostLimitExceeded', causeText }) as client.CostLimitExceededError;

  expect(error.limitOf).toBe(limit_of === 'somebody' ? undefined : limit_of);
  expect(error.message).toContain("after an operator raised the pipeline's `maxCreditsPerJob`");
});

test.each(Object.keys(ARCHIVE_FAILURES))("%s has one, too, with a function's own cause", (failure) => {
  const causeText = JSON.stringify({ errorType: failure, errorMessage: 'the link answers 403', trace: [] });
  const error = jobError({ ...job, error: failure, causeText });

  expect(error).toBeInstanceOf(classes[className(failure)]);
  expect(error).toMatchObject({ charged: 'yes', nextJobId: undefined });
  expect(error.message).toContain('the link answers 403');
});

test('the cause of a job overrides what its name implies', () => {
  const causeText = failureCause('GenerationFailed', { charged: 'yes' });

  expect(jobError({ ...job, error: 'GenerationFailed', causeText })).toMatchObject({
    charged: 'yes',
    nextJobId: undefined,
  });
});

test.each([
  ['Lambda.Unknown', 'text of AWS'],
  ['Runtime.HandlerError', undefined],
  ['constructor', '{"charged":"free"}'],
])('%s is a JobError whose charge is not known', (error, causeText) => {
  const found = jobError({ ...job, error, causeText });

  expect(found.constructor).toBe(client.JobError);
  expect(found).toMatchObject({ failure: error, charged: 'unknown', nextJobId: undefined });
});

test.each([
  ['ABORTED', undefined, client.JobCancelledError],
  ['TIMED_OUT', undefined, client.JobTimedOutError],
] as const)('%s has a class of its own', (state, error, expected) => {
  expect(jobError({ ...job, state, error })).toBeInstanceOf(expected);
});

test.each([
  ['spring', 'spring-r2'],
  ['spring-r2', 'spring-r3'],
  ['spring-r9', 'spring-r10'],
  // Likely to be somebody else's.
  ['order-17', 'order-17-r2'],
  ['2026-11-24', '2026-11-24-r2'],
  ['x'.repeat(77), `${'x'.repeat(77)}-r2`],
  ['x'.repeat(78), undefined],
])('after %s comes %s', (jobId, expected) => {
  expect(nextJobId(jobId)).toBe(expected);
});
