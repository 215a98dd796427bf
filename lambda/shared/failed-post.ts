import type { EvolinkError } from '../../evolink';
import type { Attempt, SubmitError } from './attempts/attempt';
import { pauseSending } from './attempts/slots';
import type { EndAttemptDependencies } from './end-attempt';
import { endRefused } from './end-without-task';
import { describeError, logger } from './logger';
import { endsAttempt, submitErrorOf } from './post';

/**
 * A POST gave no task: pauses the pipeline where EvoLink asks for it, and ends the attempt where the answer allows that.
 *
 * @param before - what earlier POSTs of the submission left open
 * @param refusedKey - the refusal of an earlier POST with another API key: this answer proves nothing about that one
 * @returns what is open from now on; undefined when the attempt has ended
 */
export async function settleFailedPost(
  attempt: Attempt,
  error: EvolinkError,
  dependencies: EndAttemptDependencies,
  before?: SubmitError,
  refusedKey?: SubmitError,
): Promise<SubmitError | undefined> {
  if (error.status === 429) await slowDown(attempt, error, dependencies);
  if (!endsAttempt(error, before)) return submitErrorOf(error, dependencies.now(), before);
  await endRefused(attempt, error, dependencies, before ?? refusedKey);
  return undefined;
}

export function logPost(attempt: Attempt, error: EvolinkError): void {
  logger.warn('the submission failed', {
    ...describeError(error),
    job_id: attempt.jobId,
    attempt: attempt.attempt,
    outcome: error.outcome,
    status: error.status,
    request_id: error.requestId,
  });
}

/** EvoLink's limit is one of the key, so every job of the pipeline waits, not only the one that met it. */
async function slowDown(
  attempt: Attempt,
  error: EvolinkError,
  { client, table, now }: EndAttemptDependencies,
): Promise<void> {
  try {
    await pauseSending(client, table.tableName, now(), error.retryAfterSeconds);
  } catch (failure) {
    // EvoLink itself will tell the others.
    logger.error('the pause could not be stored', { job_id: attempt.jobId, ...describeError(failure) });
  }
}
