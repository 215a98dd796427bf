import { isTimeZone, periodAt } from '../../domain/budgets';
import type { FailureName } from '../../domain/failures';
import { EvolinkKeyDailyLimitError, EvolinkKeyLimitError, failureOfSubmitError } from '../../evolink';
import type { EvolinkError } from '../../evolink';
import type { Attempt, SubmitError } from './attempts/attempt';
import { isTerminal } from './attempts/attempt';
import { SUBMIT_PATIENCE_MS } from './attempts/transact';
import { deliver } from './deliver';
import type { EndAttemptDependencies, FailureFacts } from './end-attempt';
import { describeFailure, endAttempt } from './end-attempt';
import { describeError, logger } from './logger';
import { emitJobFailed } from './metrics';
import { providerFacts } from './post';
import { deleteSignedUrls } from './references/signed-urls';
import { answerAny } from './task-token';

/**
 * EvoLink refused the submission: the attempt ends without a charge, as far as anybody knows. A task that turns up all the
 * same is booked and salvaged beside it.
 *
 * @param before - what earlier POSTs of the submission left open: then this refusal proves nothing about them
 */
export async function endRefused(
  attempt: Attempt,
  error: EvolinkError,
  dependencies: EndAttemptDependencies,
  before?: SubmitError,
): Promise<void> {
  const { name, retry } = failureOfSubmitError(error);
  const isProven = error.outcome === 'no_task' && before === undefined;
  const facts: FailureFacts = {
    retry: retry && isProven,
    retryAfterSeconds: error.retryAfterSeconds,
    no_task: isProven ? 'proven' : 'likely',
    provider: providerFacts(error),
    ...limitFacts(error, dependencies.now()),
  };
  await endWithoutTask(attempt, name, facts, dependencies);
  await deleteSignedUrls(attempt, dependencies.client, dependencies.table.tableName);
}

/** Whose limit a key met, and when a daily one starts afresh. */
function limitFacts(error: EvolinkError, now: number): FailureFacts {
  if (error instanceof EvolinkKeyLimitError) return { limit: 'total' };
  if (!(error instanceof EvolinkKeyDailyLimitError)) return {};
  const zone = error.resetTimeZone;
  if (zone === undefined || !isTimeZone(zone)) return { limit: 'daily' };
  return { limit: 'daily', resets_at: new Date(periodAt('day', zone, now).resetsAt).toISOString() };
}

/** Ends an attempt for which EvoLink has no task: nothing was sent, or EvoLink refused it. */
export async function endWithoutTask(
  attempt: Attempt,
  name: FailureName,
  facts: FailureFacts,
  dependencies: EndAttemptDependencies,
): Promise<void> {
  const failure = describeFailure(name, attempt, dependencies.maxAttempts, facts);
  const end = {
    status: 'FAILED',
    completedAt: dependencies.now(),
    creditsUsed: 0,
    basis: 'assumed',
    noTask: facts.no_task ?? 'proven',
    failure,
  } as const;
  try {
    await endAttempt(attempt, end, { ...dependencies, patienceMs: SUBMIT_PATIENCE_MS });
  } catch (error) {
    const { table, tokens } = dependencies;
    const found = await table.get(attempt.attemptId).catch(() => undefined);
    // Booked after all, and only the answer failed: it is to be given as it was booked, with the retry that it allows.
    if (found !== undefined && isTerminal(found)) return deliver(found, dependencies);
    // What is known must not get lost with the booking: thrown, it would become an unknown outcome after a long wait. No
    // further attempt, since this one is still open on record.
    logger.error('an attempt without a task could not be booked', { job_id: attempt.jobId, ...describeError(error) });
    const final = describeFailure(name, attempt, dependencies.maxAttempts, { ...facts, retry: false });
    // A write of the row alone, which meets no hot counter: the sweep ends the attempt by what is known here.
    await table.markUnsent(attempt.attemptId, failure).catch((failed: unknown) => {
      logger.error('that it was not sent could not be stored', { job_id: attempt.jobId, ...describeError(failed) });
    });
    const latest = (await table.get(attempt.attemptId).catch(() => undefined)) ?? attempt;
    if ((await answerAny(latest, (token) => tokens.fail(token, final))) === 'refused') return;
    // Counted here, under its own name: the sweep ends an attempt whose job was told before.
    emitJobFailed(name, attempt);
    await table.markDelivered(latest, false).catch((failed: unknown) => {
      logger.error('that the job was told could not be stored', { job_id: attempt.jobId, ...describeError(failed) });
    });
  }
}
