import type { BudgetRule } from '../../domain/budgets';
import type { Job } from '../../domain/job';
import { attemptIdOf, isTerminal } from '../shared/attempts/attempt';
import type { ClaimResult } from '../shared/attempts/claim';
import { claimAttempt } from '../shared/attempts/claim';
import { SUBMIT_PATIENCE_MS, TableBusyError } from '../shared/attempts/transact';
import { newCallbackAddress } from '../shared/callback-secret';
import { deliver } from '../shared/deliver';
import type { FailureFacts } from '../shared/end-attempt';
import { describeFailure } from '../shared/end-attempt';
import { logger } from '../shared/logger';
import { emitJobFailed } from '../shared/metrics';
import { budgetFacts, pausedFacts } from '../shared/refusals';
import type { SubmissionDependencies } from '../shared/submission';
import { sendToProvider, submissionOf } from '../shared/submission';
import { wakeDispatch } from '../shared/wake-dispatch';

/** What the Generate state sends. */
export interface SubmitEvent {
  readonly taskToken: string;
  readonly executionArn: string;
  readonly executionStartedAt: string;
  readonly attempt: number;
  readonly job: Job;
}

export interface SubmitDependencies extends SubmissionDependencies {
  readonly budgets: readonly BudgetRule[];
  /** How long an attempt may wait in the queue, in seconds. */
  readonly maxQueueSeconds: number;
}

/**
 * Submits an attempt once. Whatever is expected to go wrong ends as data, sent to the waiting state by name; what is
 * thrown is a bug, or a fault of AWS after which Step Functions calls again with the same attempt and a new token.
 */
export async function submit(event: SubmitEvent, dependencies: SubmitDependencies): Promise<void> {
  const claimed = await claim(event, dependencies);
  switch (claimed.kind) {
    case 'claimed':
      return sendToProvider(claimed.attempt, event.job, dependencies);
    case 'queued':
      logger.info('queued', { job_id: event.job.jobId, attempt: event.attempt });
      // A slot may be free all the same, where others queued before: then whoever was to send them is gone.
      return wakeDispatch(dependencies);
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
  dependencies: SubmitDependencies,
): Promise<ClaimResult | { readonly kind: 'busy' }> {
  const { provider, client, table, budgets, maxConcurrentTasks, maxQueueSeconds, firstCheckSeconds, now } =
    dependencies;
  const { job, attempt, taskToken, executionArn, executionStartedAt } = event;
  const nextCheckAt = now() + firstCheckSeconds * 1_000;
  const keyVersion = await provider.keyVersion();
  const address = newCallbackAddress(dependencies.callbackBaseUrl, attemptIdOf(job.jobId, attempt));
  const callbackSecretHash = address.secretHash;
  const submission = submissionOf(address, job);
  const caller = { taskToken, executionArn, executionStartedAt };
  try {
    return await claimAttempt(
      { job, attempt, ...caller, callbackSecretHash, submission, nextCheckAt, keyVersion },
      {
        client,
        tableName: table.tableName,
        budgets,
        maxConcurrentTasks,
        maxQueueMs: maxQueueSeconds * 1_000,
        now,
        patienceMs: SUBMIT_PATIENCE_MS,
      },
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
  const { table, firstCheckSeconds, now } = dependencies;
  const attemptId = attemptIdOf(event.job.jobId, event.attempt);
  const found = await table.get(attemptId);
  if (found === undefined) throw new Error('an attempt that exists cannot be read');
  if (found.executionArn !== event.executionArn || found.executionStartedAt !== event.executionStartedAt) {
    return refuse(event, 'JobIdReused', {}, dependencies);
  }
  await table.adoptToken(found, event.taskToken, now() + firstCheckSeconds * 1_000);
  // Read after the token is stored: an end that came before it is answered here, one that comes later finds the token.
  const current = await table.get(attemptId);
  if (current !== undefined && isTerminal(current)) await deliver(current, dependencies);
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
