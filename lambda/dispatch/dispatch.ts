import { setTimeout as delay } from 'node:timers/promises';
import type { BudgetRule } from '../../domain/budgets';
import type { RuntimeSettings } from '../../domain/settings';
import { readCounter } from '../shared/attempts/budget-counters';
import { letThrough, nextInQueue } from '../shared/attempts/queue';
import { readRequest } from '../shared/attempts/requests';
import { readSettings } from '../shared/attempts/settings';
import type { Slots } from '../shared/attempts/slots';
import { readSlots } from '../shared/attempts/slots';
import { newCallbackAddress } from '../shared/callback-secret';
import { logger } from '../shared/logger';
import { budgetFacts } from '../shared/refusals';
import type { SubmissionDependencies } from '../shared/submission';
import { sendToProvider, submissionOf } from '../shared/submission';
import { endQueued } from '../shared/end-queued';

export interface DispatchDependencies extends SubmissionDependencies {
  readonly budgets: readonly BudgetRule[];
  readonly maxQueueSeconds: number;
  /** When this run has to stop taking up new attempts: epoch milliseconds. */
  readonly deadline: number;
}

/** Why a run ended. */
export type DispatchEnd = 'queue is empty' | 'no slot is free' | 'EvoLink wants a pause' | 'paused' | 'time is up';

/**
 * Sends what waits in the queue, one attempt after the other, until there is nothing to do. Any number of runs may go on
 * at once: each attempt is taken out of the queue by one of them. A run never starts another; who frees a slot does, and
 * so does every sweep.
 */
export async function dispatch(dependencies: DispatchDependencies): Promise<{ sent: number; end: DispatchEnd }> {
  let sent = 0;
  for (;;) {
    const step = await next(dependencies);
    if (step === 'sent') sent++;
    else if (step !== 'again') {
      logger.info('dispatched', { sent, end: step });
      return { sent, end: step };
    }
  }
}

async function next(dependencies: DispatchDependencies): Promise<DispatchEnd | 'sent' | 'again'> {
  const { client, table, maxConcurrentTasks, now, deadline } = dependencies;
  if (now() >= deadline) return 'time is up';
  const slots = await readSlots(client, table.tableName);
  if (slots.pausedUntil > now()) return waitForPause(slots, dependencies);
  if (slots.taken >= (maxConcurrentTasks ?? Infinity)) return 'no slot is free';
  const settings = await readSettings(client, table.tableName);
  // The emergency stop: what was not sent yet waits until an operator resumes.
  if (settings.paused !== undefined) return 'paused';
  const attemptId = await nextInQueue(client, table.tableName, slots.lastTenant);
  return attemptId === undefined ? 'queue is empty' : take(attemptId, slots.lastTenant, settings, dependencies);
}

/** A short pause is waited out here; a longer one by the sweep, which looks every minute. */
async function waitForPause(
  { pausedUntil }: Slots,
  { now, deadline }: DispatchDependencies,
): Promise<DispatchEnd | 'again'> {
  if (pausedUntil >= deadline) return 'EvoLink wants a pause';
  await delay(Math.max(1, pausedUntil - now()));
  return 'again';
}

async function take(
  attemptId: string,
  lastTenant: string,
  settings: RuntimeSettings,
  dependencies: DispatchDependencies,
): Promise<'sent' | 'again' | DispatchEnd> {
  const { provider, client, table, executions, budgets, maxConcurrentTasks, firstCheckSeconds, now } = dependencies;
  const attempt = await table.get(attemptId);
  if (attempt?.status !== 'QUEUED') return 'again';
  const { state } = await executions.describe(attempt.executionArn);
  if (state !== 'running') {
    await endQueued(attempt, 'JobStopped', {}, dependencies);
    return 'again';
  }
  if (now() >= attempt.createdAt + dependencies.maxQueueSeconds * 1_000) {
    await endQueued(attempt, 'QueueTimedOut', {}, dependencies);
    return 'again';
  }

  const job = await readRequest(client, table.tableName, attempt);
  const address = newCallbackAddress(dependencies.callbackBaseUrl, attempt.attemptId);
  const result = await letThrough(attempt, {
    client,
    tableName: table.tableName,
    maxConcurrentTasks,
    budgets,
    settings,
    lastTenant,
    callbackSecretHash: address.secretHash,
    submission: submissionOf(address, job),
    keyVersion: await provider.keyVersion(),
    now: now(),
    nextCheckAt: now() + firstCheckSeconds * 1_000,
  });
  switch (result.kind) {
    case 'taken':
      await sendToProvider(result.attempt, job, dependencies);
      return 'sent';
    case 'over budget': {
      const { budget, limit } = result.budget;
      const counter = await readCounter(client, table.tableName, budget);
      await endQueued(
        attempt,
        'BudgetExceeded',
        budgetFacts({ kind: 'over budget', budget, limit, counter }, job),
        dependencies,
      );
      return 'again';
    }
    // Another run was first: the next look tells whose turn it is.
    case 'gone':
    case 'look again':
      return 'again';
  }
}
