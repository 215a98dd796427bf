import { setTimeout as delay } from 'node:timers/promises';
import { CALLBACK_ROUTE } from '../../domain/constants';
import type { FailureName } from '../../domain/failures';
import type { Job } from '../../domain/job';
import type { SubmittedTask } from '../../evolink';
import { EvolinkError, failureOfSubmitError } from '../../evolink';
import { ApiKeyUnavailableError } from './api-key';
import type { Attempt } from './attempts/attempt';
import { isTerminal } from './attempts/attempt';
import { keepHint } from './attempts/hint';
import { pauseSending } from './attempts/slots';
import { deliver } from './deliver';
import type { EndAttemptDependencies, FailureFacts } from './end-attempt';
import { describeFailure, endAttempt } from './end-attempt';
import { describeError, logger } from './logger';
import { emitJobFailed, emitLost } from './metrics';
import type { Provider } from './provider';
import { answerAny } from './task-token';
import { type ReferenceDependencies, resolveReferences } from './references/resolve-references';

export interface SubmissionDependencies extends EndAttemptDependencies {
  readonly provider: Provider;
  readonly references: ReferenceDependencies;
  /** Empty where no callback can arrive: the sweep finds every task then. */
  readonly callbackBaseUrl: string;
  readonly firstCheckSeconds: number;
}

/**
 * Jobs that start together meet on the counters of budgets and slots. Waiting here is cheap, and leaves time for a look at
 * the references (10 s), for the POST (30 s) and for what follows it within the function's 85 s.
 */
export const PATIENCE_MS = 15_000;

/**
 * Sends an attempt that was just let through, once: whoever calls has won the write that allows it. What is known after
 * the POST goes on record; nothing that is expected to go wrong is thrown.
 */
export async function sendToProvider(
  attempt: Attempt,
  job: Job,
  secret: string,
  dependencies: SubmissionDependencies,
): Promise<void> {
  const { provider, callbackBaseUrl, table, now, firstCheckSeconds } = dependencies;
  const references = await resolveReferences(job.request.image_urls, dependencies.references);
  if (references.kind === 'failed') return endUnsent(attempt, references.name, references.facts, dependencies);
  const { imageUrls } = references;
  const callbackUrl = callbackBaseUrl && callbackBaseUrl + callbackPath(attempt.attemptId, secret);
  let task: SubmittedTask;
  try {
    task = await provider.call((client) =>
      client.submit(
        {
          ...job.request,
          ...(imageUrls ? { image_urls: imageUrls } : {}),
          ...(callbackUrl ? { callback_url: callbackUrl } : {}),
        },
        { idempotencyKey: idempotencyKeyOf(attempt) },
      ),
    );
  } catch (error) {
    if (error instanceof ApiKeyUnavailableError) {
      logger.error('no API key', describeError(error));
      return endUnsent(attempt, 'ApiKeyUnavailable', { message: error.message }, dependencies);
    }
    if (!(error instanceof EvolinkError)) throw error;
    return meetSubmitError(attempt, error, dependencies);
  }

  const submittedAt = now();
  const about = { job_id: job.jobId, attempt: attempt.attempt, task_id: task.id };
  try {
    const linked = await table.link(attempt.attemptId, task.id, submittedAt, submittedAt + firstCheckSeconds * 1_000);
    if (linked === 'linked') {
      logger.info('submitted', about);
    } else {
      logger.error('the task that was just submitted is not the one on record', about);
      emitLost({ ...attempt, taskId: task.id });
    }
  } catch (error) {
    logger.error('the task id could not be linked', { ...about, ...describeError(error) });
    await keepTaskId(attempt, task.id, dependencies);
  }
}

/**
 * The task exists and is paid for, so the job must go on waiting. A write of the row alone, which may pass where a
 * transaction does not: the sweep asks for the task by this id, and links it then. Without it only a callback would
 * bring the id once more.
 */
async function keepTaskId(attempt: Attempt, taskId: string, dependencies: SubmissionDependencies): Promise<void> {
  const { client, table, now, firstCheckSeconds } = dependencies;
  const about = { job_id: attempt.jobId, attempt: attempt.attempt, task_id: taskId };
  for (const pauseMs of KEEP_PAUSES_MS) {
    await delay(pauseMs);
    try {
      return await keepHint(client, table.tableName, attempt.attemptId, taskId, now() + firstCheckSeconds * 1_000);
    } catch (error) {
      logger.error('the task id could not be stored', { ...about, ...describeError(error) });
    }
  }
  emitLost({ ...attempt, taskId });
}

/**
 * Not documented by EvoLink yet, so nothing relies on it. One for each attempt of each pipeline: a job id may be used
 * again in another pipeline, or in the same one after it was made anew, with the same account.
 */
function idempotencyKeyOf({ attemptId, callbackSecretHash }: Attempt): string {
  return `${attemptId}-${callbackSecretHash.slice(0, 22)}`;
}

/** Before each try to keep the id of a paid task. */
const KEEP_PAUSES_MS = [0, 500, 2_000];

function callbackPath(attemptId: string, secret: string): string {
  return CALLBACK_ROUTE.replace('{attemptId}', attemptId).replace('{secret}', secret);
}

async function meetSubmitError(
  attempt: Attempt,
  error: EvolinkError,
  dependencies: SubmissionDependencies,
): Promise<void> {
  const { table, now, firstCheckSeconds } = dependencies;
  logger.warn('the submission failed', {
    ...describeError(error),
    job_id: attempt.jobId,
    attempt: attempt.attempt,
    outcome: error.outcome,
    status: error.status,
    request_id: error.requestId,
  });
  if (error.outcome === 'unknown') {
    // EvoLink may have a task by now. Its callback names this attempt; the sweep decides when none comes. Without the
    // mark the attempt goes on as one that is being submitted, so there is no reason to fail a job that may be paid.
    await table.markSubmitUnknown(attempt.attemptId, now() + firstCheckSeconds * 1_000).catch((failure: unknown) => {
      logger.error('the unknown outcome could not be stored', { job_id: attempt.jobId, ...describeError(failure) });
    });
    return;
  }
  const { name, retry } = failureOfSubmitError(error);
  if (name === 'RateLimited') await slowDown(attempt, error, dependencies);
  await endUnsent(
    attempt,
    name,
    {
      retry,
      retryAfterSeconds: error.retryAfterSeconds,
      provider: {
        status: error.status,
        code: error.code,
        message: error.providerMessage,
        request_id: error.requestId,
      },
    },
    dependencies,
  );
}

/** EvoLink has no task for this attempt, for certain: it ends without a charge. */
export async function endUnsent(
  attempt: Attempt,
  name: FailureName,
  facts: FailureFacts,
  dependencies: SubmissionDependencies,
): Promise<void> {
  const failure = describeFailure(name, attempt, dependencies.maxAttempts, facts);
  const end = { status: 'FAILED', completedAt: dependencies.now(), creditsUsed: 0, basis: 'assumed', failure } as const;
  try {
    await endAttempt(attempt, end, { ...dependencies, patienceMs: PATIENCE_MS });
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

/** EvoLink's limit is one of the key, so every job of the pipeline waits, not only the one that met it. */
async function slowDown(attempt: Attempt, error: EvolinkError, dependencies: SubmissionDependencies): Promise<void> {
  const { client, table, now } = dependencies;
  try {
    await pauseSending(client, table.tableName, now(), error.retryAfterSeconds);
  } catch (failure) {
    // The others will be told by EvoLink itself.
    logger.error('the pause could not be stored', { job_id: attempt.jobId, ...describeError(failure) });
  }
}
