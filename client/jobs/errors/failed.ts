import type { ArchiveFailureName, FailureName } from '../../../domain/failures';
import { type FailedJob, JobError } from './job-error';

/** Every name under which the pipeline itself fails a job. */
export type KnownFailure = FailureName | ArchiveFailureName;

/** `BudgetExceeded` is thrown as `BudgetExceededError`, `ServiceError` as itself. */
export type ErrorName<F extends string> = F extends `${string}Error` ? F : `${F}Error`;

/** A class for a failure: `class BusyError extends failed('Busy') {}`. */
export function failed<F extends KnownFailure>(failure: F) {
  const className = (failure.endsWith('Error') ? failure : `${failure}Error`) as ErrorName<F>;
  return class extends JobError {
    override readonly name: ErrorName<F> = className;
    override readonly failure: F = failure;

    constructor(job: FailedJob) {
      super(job);
    }
  };
}
