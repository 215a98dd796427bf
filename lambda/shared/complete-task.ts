import type { FoundBy } from '../../domain/ledger';
import type { PriceTable } from '../../domain/prices';
import type { Booking } from '../../domain/usage';
import { bookedCredits } from '../../domain/usage';
import { failureDefinition } from '../../domain/failures';
import { cut } from '../../domain/preview';
import type { Task } from '../../evolink/types';
import { failureOfTaskError } from '../../evolink';
import type { Attempt, StoredFailure, TaskOutcome } from './attempts/attempt';
import { isTerminal } from './attempts/attempt';
import type { AttemptEnd } from './attempts/book';
import { deliver } from './deliver';
import type { EndAttemptDependencies } from './end-attempt';
import { describeFailure, endAttempt } from './end-attempt';
import { logger } from './logger';
import { emitCompletion } from './metrics';
import type { Provider } from './provider';

const MAX_USAGE_CHARACTERS = 32_768;

export interface CompleteTaskDependencies extends EndAttemptDependencies {
  readonly provider: Provider;
  /** What tokens cost, for a charge that EvoLink gives in tokens only. */
  readonly prices: PriceTable;
}

/**
 * - `ended`: the attempt is booked and its job was answered, now or before.
 * - `running`: EvoLink says that the task has not ended.
 * - `not ours`: the task id belongs to another attempt, or this attempt has another task.
 */
export type Completion = 'ended' | 'running' | 'not ours';

/**
 * The one place where a task is completed. Callback and sweep only find the attempt; what happened is read from EvoLink
 * here, since nothing else is to be trusted. Every step may be repeated: whoever comes second changes nothing.
 *
 * @param hint a task id from a callback, used while the submission's own reply is still missing
 * @throws EvolinkError when EvoLink cannot be read
 */
export async function completeTask(
  attempt: Attempt,
  source: FoundBy,
  dependencies: CompleteTaskDependencies,
  hint?: string,
): Promise<Completion> {
  const { provider, table, now } = dependencies;
  if (isTerminal(attempt)) {
    await deliver(attempt, dependencies);
    return 'ended';
  }

  const taskId = attempt.taskId ?? hint ?? attempt.hintedTaskId;
  if (taskId === undefined) return 'running';
  const task = await provider.call((client) => client.getTask(taskId));
  const linked = attempt.taskId === undefined ? await link(attempt, task, dependencies) : attempt;
  if (linked === undefined) return 'not ours';
  if (!hasEnded(task, linked)) {
    if (isEmpty(task) && linked.emptySince === undefined) await table.noteEmpty(linked.attemptId);
    return 'running';
  }

  const completedAt = now();
  const { won } = await endAttempt(
    linked,
    { ...endOf(linked, task, completedAt, dependencies), foundBy: source },
    dependencies,
  );
  if (won) emitCompletion(linked, source, completedAt);
  return 'ended';
}

/**
 * Checks by the sweep for which a task that claims to be completed may still lack its links, counted from the moment when
 * it first did: one that took long has been looked at more often than that while it ran.
 */
const PATIENT_CHECKS = 3;

const isEmpty = ({ status, results }: Task): boolean => status === 'completed' && results.length === 0;

function hasEnded(task: Task, attempt: Attempt): boolean {
  switch (task.status) {
    case 'failed':
    case 'cancelled':
      return true;
    case 'completed':
      // The links may follow a moment later; given up at once, a paid image would be lost.
      return !isEmpty(task) || (attempt.emptySince !== undefined && attempt.checks >= PATIENT_CHECKS);
    case 'unknown':
      logger.warn('EvoLink reports a status that we do not know', { task_id: task.id, status: cut(task.rawStatus) });
      return false;
    case 'pending':
    case 'processing':
      return false;
  }
}

/** A callback came before the submission's reply was stored: its secret proves that the task is this attempt's. */
async function link(
  attempt: Attempt,
  task: Task,
  { table, now }: CompleteTaskDependencies,
): Promise<Attempt | undefined> {
  const answer = await table.link(attempt.attemptId, task.id, attempt.sendingSince ?? attempt.createdAt, now());
  return answer === 'linked' ? table.get(attempt.attemptId) : undefined;
}

function endOf(
  attempt: Attempt,
  task: Task,
  completedAt: number,
  { maxAttempts, prices }: CompleteTaskDependencies,
): AttemptEnd {
  const delivered = task.status === 'completed' && task.results.length > 0;
  const { units, basis, billingRule } = bookedCredits({
    usage: task.usage,
    billing: undefined,
    estimate: {
      model: attempt.model,
      referenceTokens: attempt.referenceTokens,
      creditsUpper: attempt.creditsHeld,
    },
    outcome: delivered ? 'completed' : task.status === 'completed' ? 'empty' : 'failed',
    prices,
  });
  const outcome: TaskOutcome = {
    taskId: task.id,
    results: task.results,
    usage: usageText(task, attempt),
    billingRule,
    model: task.model && cut(task.model),
  };
  return {
    status: delivered ? 'COMPLETED' : task.status === 'cancelled' ? 'CANCELLED' : 'FAILED',
    completedAt,
    creditsUsed: units,
    basis,
    outcome,
    failure: delivered ? undefined : failureOf(attempt, task, { units, basis }, maxAttempts),
  };
}

/**
 * Real usage blocks have a few hundred characters. One that no table row and no output of a state could hold would keep
 * a paid image from being booked and delivered for ever, so it is left out; what it says was booked before.
 */
function usageText({ usage }: Task, { jobId, attempt }: Attempt): string | null {
  const text = usage === undefined ? undefined : JSON.stringify(usage);
  if (text === undefined || text.length <= MAX_USAGE_CHARACTERS) return text ?? null;
  logger.error('the usage block is too large to be kept', { job_id: jobId, attempt, characters: text.length });
  return null;
}

function failureOf(
  attempt: Attempt,
  task: Task,
  { units, basis }: Pick<Booking, 'units' | 'basis'>,
  maxAttempts: number,
): StoredFailure {
  const { name, retry } =
    task.status === 'cancelled'
      ? { name: 'TaskCancelled' as const, retry: false }
      : task.status === 'completed'
        ? { name: 'NoContentGenerated' as const, retry: true }
        : failureOfTaskError(task.error?.code ?? 'unknown_error');
  return describeFailure(name, attempt, maxAttempts, {
    // A failure that was charged all the same is no reason to pay again.
    retry: retry && units === 0,
    charged: units === 0 ? failureDefinition(name).charged : basis === 'assumed' ? 'unknown' : 'yes',
    provider: { code: task.error?.code, message: task.error?.message, request_id: task.requestId },
  });
}
