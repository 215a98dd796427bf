import type { BudgetRule } from '../../domain/budgets';
import { CALLBACK_ROUTE } from '../../domain/constants';
import type { FailureName } from '../../domain/failures';
import type { Job } from '../../domain/job';
import type { SubmittedTask } from '../../evolink';
import { EvolinkError, failureOfSubmitError } from '../../evolink';
import { ApiKeyUnavailableError } from '../shared/api-key';
import type { Attempt } from '../shared/attempts/attempt';
import { attemptIdOf, isTerminal } from '../shared/attempts/attempt';
import type { ClaimResult } from '../shared/attempts/claim';
import { claimAttempt } from '../shared/attempts/claim';
import { TableBusyError } from '../shared/attempts/transact';
import { newCallbackSecret } from '../shared/callback-secret';
import { deliver } from '../shared/deliver';
import type { EndAttemptDependencies, FailureFacts } from '../shared/end-attempt';
import { describeFailure, endAttempt } from '../shared/end-attempt';
import { describeError, logger } from '../shared/logger';
import { emitJobFailed } from '../shared/metrics';
import type { Provider } from '../shared/provider';
import { type ReferenceDependencies, resolveReferences } from '../shared/references/resolve-references';
import { budgetFacts, pausedFacts } from './refusals';

/** What the Generate state sends. */
export interface SubmitEvent {
  readonly taskToken: string;
  readonly executionArn: string;
  readonly executionStartedAt: string;
  readonly attempt: number;
  readonly job: Job;
}

export interface SubmitDependencies extends EndAttemptDependencies {
  readonly provider: Provider;
  readonly references: ReferenceDependencies;
  /** Empty where no callback can arrive: the sweep finds every task then. */
  readonly callbackBaseUrl: string;
  readonly firstCheckSeconds: number;
  readonly budgets: readonly BudgetRule[];
  readonly now: () => number;
}

/**
 * Jobs that start together meet on the counter of a shared budget. Waiting here is cheap, and leaves time for a look at
 * the references (10 s), for the POST (30 s) and for what follows it within the function's 85 s.
 */
const PATIENCE_MS = 15_000;

/**
 * Submits an attempt once. Whatever is expected to go wrong ends as data, sent to the waiting state by name; what is
 * thrown is a bug, or a fault of AWS after which Step Functions calls again with the same attempt and a new token.
 */
export async function submit(event: SubmitEvent, dependencies: SubmitDependencies): Promise<void> {
  const { secret, hash } = newCallbackSecret();
  const claimed = await claim(event, hash, dependencies);
  switch (claimed.kind) {
    case 'claimed':
      return post(claimed.attempt, event.job, secret, dependencies);
    case 'exists':
      return meetExisting(event, dependencies);
    case 'busy':
      return refuse(event, 'Busy', {}, dependencies);
    case 'paused':
      return refuse(event, 'PipelinePaused', pausedFacts(claimed), dependencies);
    case 'over budget':
      return refuse(event, 'BudgetExceeded', budgetFacts(claimed, event.job), dependencies);
  }
}

async function claim(
  event: SubmitEvent,
  callbackSecretHash: string,
  { client, table, budgets, firstCheckSeconds, now }: SubmitDependencies,
): Promise<ClaimResult | { readonly kind: 'busy' }> {
  const { job, attempt, taskToken, executionArn, executionStartedAt } = event;
  const nextCheckAt = now() + firstCheckSeconds * 1_000;
  try {
    return await claimAttempt(
      { job, attempt, taskToken, callbackSecretHash, executionArn, executionStartedAt, nextCheckAt },
      { client, tableName: table.tableName, budgets, now, patienceMs: PATIENCE_MS },
    );
  } catch (error) {
    if (error instanceof TableBusyError) return { kind: 'busy' };
    throw error;
  }
}

/**
 * The attempt was claimed before: by an earlier call of this very state, or by another execution of the same name. It is
 * never sent again. While it is open, the newest token waits for its end; once it has ended, that end is the answer.
 */
async function meetExisting(event: SubmitEvent, dependencies: SubmitDependencies): Promise<void> {
  const { table, tokens, firstCheckSeconds, now } = dependencies;
  const attemptId = attemptIdOf(event.job.jobId, event.attempt);
  const found = await table.get(attemptId);
  if (found === undefined) throw new Error('an attempt that exists cannot be read');
  if (found.executionArn !== event.executionArn || found.executionStartedAt !== event.executionStartedAt) {
    return refuse(event, 'JobIdReused', {}, dependencies);
  }
  await table.adoptToken(found, event.taskToken, now() + firstCheckSeconds * 1_000);
  // Read after the token is stored: an end that came before it is answered here, one that comes later finds the token.
  const current = await table.get(attemptId);
  if (current !== undefined && isTerminal(current)) await deliver(current, table, tokens);
}

async function post(attempt: Attempt, job: Job, secret: string, dependencies: SubmitDependencies): Promise<void> {
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
        { idempotencyKey: attempt.attemptId },
      ),
    );
  } catch (error) {
    if (error instanceof ApiKeyUnavailableError) {
      logger.error('no API key', describeError(error));
      return endUnsent(attempt, 'ApiKeyUnavailable', {}, dependencies);
    }
    if (!(error instanceof EvolinkError)) throw error;
    return meetSubmitError(attempt, error, dependencies);
  }

  const submittedAt = now();
  const about = { job_id: job.jobId, attempt: attempt.attempt, task_id: task.id };
  try {
    const linked = await table.link(attempt.attemptId, task.id, submittedAt, submittedAt + firstCheckSeconds * 1_000);
    if (linked === 'linked') logger.info('submitted', about);
    else logger.error('the task that was just submitted is not the one on record', about);
  } catch (error) {
    // The task exists and is paid for, so the job must go on waiting: its callback brings the id once more.
    logger.error('the task id could not be stored', { ...about, ...describeError(error) });
  }
}

function callbackPath(attemptId: string, secret: string): string {
  return CALLBACK_ROUTE.replace('{attemptId}', attemptId).replace('{secret}', secret);
}

async function meetSubmitError(attempt: Attempt, error: EvolinkError, dependencies: SubmitDependencies): Promise<void> {
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
async function endUnsent(
  attempt: Attempt,
  name: FailureName,
  facts: FailureFacts,
  dependencies: SubmitDependencies,
): Promise<void> {
  const failure = describeFailure(name, attempt, dependencies.maxAttempts, facts);
  const end = { status: 'FAILED', completedAt: dependencies.now(), creditsUsed: 0, basis: 'assumed', failure } as const;
  try {
    await endAttempt(attempt, end, { ...dependencies, patienceMs: PATIENCE_MS });
  } catch (error) {
    // What is known must not get lost with the booking: thrown, it would become an unknown outcome after a long wait. No
    // further attempt, since this one is still open on record.
    logger.error('an attempt without a task could not be booked', { job_id: attempt.jobId, ...describeError(error) });
    const final = describeFailure(name, attempt, dependencies.maxAttempts, { ...facts, retry: false });
    await dependencies.tokens.fail(attempt.taskToken, final);
  }
}

/** Answers this call's own token without an attempt of its own: nothing was written for it. */
async function refuse(
  event: SubmitEvent,
  name: 'Busy' | 'JobIdReused' | 'PipelinePaused' | 'BudgetExceeded',
  facts: FailureFacts,
  { tokens, maxAttempts }: SubmitDependencies,
): Promise<void> {
  const about = { jobId: event.job.jobId, attempt: event.attempt };
  await tokens.fail(event.taskToken, describeFailure(name, about, maxAttempts, facts));
  if (name !== 'Busy') emitJobFailed(name, event.job);
}
