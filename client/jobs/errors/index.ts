/** From the way in which an execution ended to the error that an app catches. */
import { ARCHIVE_FAILURES, type Charged, FAILURES, type FailureDefinition } from '../../../domain/failures';
import type { KnownFailure } from './failed';
import * as failures from './failures';
import { chargedOf, type FailedJob, JobError } from './job-error';

export type { KnownFailure } from './failed';
export * from './failures';
export { JobError } from './job-error';
export { ImagePipelineError } from './pipeline-error';

/** Somebody stopped the job. A task that had been sent by then is paid all the same, and its images are archived. */
export class JobCancelledError extends JobError {
  override readonly name = 'JobCancelledError';
}

/** The job ran longer than any job should, and AWS ended it: a fault of the pipeline. */
export class JobTimedOutError extends JobError {
  override readonly name = 'JobTimedOutError';
}

/** The error of a job that was stopped through this client. */
export const CANCELLED = 'JobCancelled';

/** A failure without a class fails to compile here, and so does a class without a failure. */
const CLASSES: Readonly<Record<KnownFailure, new (job: FailedJob) => JobError>> = {
  InvalidRequest: failures.InvalidRequestError,
  CostLimitExceeded: failures.CostLimitExceededError,
  BudgetExceeded: failures.BudgetExceededError,
  PipelinePaused: failures.PipelinePausedError,
  JobIdReused: failures.JobIdReusedError,
  ApiKeyUnavailable: failures.ApiKeyUnavailableError,
  Unauthorized: failures.UnauthorizedError,
  InsufficientCredits: failures.InsufficientCreditsError,
  KeyLimitReached: failures.KeyLimitReachedError,
  ModelAccessDenied: failures.ModelAccessDeniedError,
  RequestRefused: failures.RequestRefusedError,
  ContentPolicyViolation: failures.ContentPolicyViolationError,
  ReferenceImageUnusable: failures.ReferenceImageUnusableError,
  ReferenceUnavailable: failures.ReferenceUnavailableError,
  RateLimited: failures.RateLimitedError,
  ServiceError: failures.ServiceError,
  ResourceExhausted: failures.ResourceExhaustedError,
  NoContentGenerated: failures.NoContentGeneratedError,
  GenerationFailed: failures.GenerationFailedError,
  TaskCancelled: failures.TaskCancelledError,
  TaskTimedOut: failures.TaskTimedOutError,
  SubmitOutcomeUnknown: failures.SubmitOutcomeUnknownError,
  QueueTimedOut: failures.QueueTimedOutError,
  JobStopped: failures.JobStoppedError,
  Busy: failures.BusyError,
  ResultUnavailable: failures.ResultUnavailableError,
  ResultExpired: failures.ResultExpiredError,
  ResultBlocked: failures.ResultBlockedError,
  ResultTooLarge: failures.ResultTooLargeError,
  ResultNotAnImage: failures.ResultNotAnImageError,
  AttemptNotFound: failures.AttemptNotFoundError,
};

const DEFINITIONS: Readonly<Record<KnownFailure, FailureDefinition>> = { ...FAILURES, ...ARCHIVE_FAILURES };

export interface EndedExecution extends Omit<FailedJob, 'charged' | 'failure' | 'startAgain'> {
  readonly state: 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  readonly error?: string;
}

export function jobError({ state, error, ...job }: EndedExecution): JobError {
  const failure = error ?? state;
  if (state === 'ABORTED') return new JobCancelledError({ ...job, failure, charged: 'unknown' });
  if (state === 'TIMED_OUT') return new JobTimedOutError({ ...job, failure, charged: 'unknown' });
  if (!isKnown(failure)) return new JobError({ ...job, failure, charged: chargedOf(job.causeText) ?? 'unknown' });
  const { startAgain } = DEFINITIONS[failure];
  return new CLASSES[failure]({ ...job, failure, startAgain, charged: charged(failure, job.causeText) });
}

/** The cause speaks of this very job, the definition of jobs of its kind. */
function charged(failure: KnownFailure, causeText: string | undefined): Charged {
  return chargedOf(causeText) ?? DEFINITIONS[failure].charged;
}

function isKnown(failure: string): failure is KnownFailure {
  return Object.hasOwn(CLASSES, failure);
}
