import { Duration } from 'aws-cdk-lib';
import { Errors, JitterType, type RetryProps } from 'aws-cdk-lib/aws-stepfunctions';
import { type ArchiveFailureName, FAILURE_NAMES } from '../domain/failures';

/**
 * Faults of Lambda and not of our code: the function did not start, or nothing is known of how it ended. All of our
 * functions may be invoked again after each of them.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html
 */
const LAMBDA_FAULTS = [
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.TooManyRequestsException',
  'Lambda.Unknown',
  'Sandbox.Timedout',
];

/** Jitter: jobs that failed together must not come back together. */
const BACK_OFF = {
  interval: Duration.seconds(2),
  backoffRate: 2,
  maxDelay: Duration.minutes(1),
  jitterStrategy: JitterType.FULL,
};

/** About two minutes in all. */
export const afterLambdaFaults: RetryProps = { ...BACK_OFF, errors: LAMBDA_FAULTS, maxAttempts: 6 };

/**
 * Outcomes are not repeated by the Retry list: the Catch behind it decides on another attempt. First in the list, since
 * any later entry that matches more would repeat them.
 */
export const neverAfterOutcomes: RetryProps = { errors: [...FAILURE_NAMES], maxAttempts: 0 };

/** What more tries hardly change: somebody has to look. A few quick ones, since 404 may mean "not there yet". */
const HOPELESS: ArchiveFailureName[] = [
  'ResultExpired',
  'ResultBlocked',
  'ResultTooLarge',
  'ResultNotAnImage',
  'AttemptNotFound',
];

export const afterHopelessArchiveErrors: RetryProps = { ...BACK_OFF, errors: HOPELESS, maxAttempts: 3 };

/**
 * What `submit` throws is a fault of AWS (a table or a token that could not be reached) or a bug. The job may be paid by
 * then, so it must not fail for that: the same attempt is taken up again, and the claim keeps it from being sent twice.
 */
export const afterSubmitErrors: RetryProps = { ...BACK_OFF, errors: [Errors.TASKS_FAILED], maxAttempts: 3 };

/**
 * Storing an image may be repeated at will, and the picture is paid for, with a link that lives 24 hours: an outage of
 * the file host, of S3 or of Lambda is waited out, for two hours on average and four at most, before a person is needed.
 * Finished images are not fetched again. The state's limit is above the function's, so two never run at once.
 */
export const afterAnyArchiveError: RetryProps = {
  ...BACK_OFF,
  maxDelay: Duration.minutes(10),
  errors: [...LAMBDA_FAULTS, Errors.TASKS_FAILED, Errors.TIMEOUT],
  maxAttempts: 30,
};
