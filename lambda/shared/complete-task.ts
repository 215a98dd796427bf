import type { FoundBy } from '../../domain/ledger';
import type { PriceTable } from '../../domain/prices';
import type { Booking } from '../../domain/usage';
import { bookedCredits } from '../../domain/usage';
import type { FailureName } from '../../domain/failures';
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
import { giveTask, noteSecondTask } from './stray';

const MAX_BLOCK_CHARACTERS = 32_768;

export interface CompleteTaskDependencies extends EndAttemptDependencies {
  readonly provider: Provider;
  /** What tokens cost, for a charge that EvoLink gives in tokens only. */
  readonly prices: PriceTable;
  /** Another attempt after a failed task only where EvoLink's billing block proves its refund. @default false */
  readonly requireRefundProof?: boolean;
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
  const task = await provider.query((client) => client.getTask(taskId));
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

/** Whether the task is over, as far as EvoLink says without its links: reason enough to read it as a whole. */
export function seemsEnded({ status }: Pick<Task, 'status'>): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

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
  dependencies: CompleteTaskDependencies,
): Promise<Attempt | undefined> {
  const { table, now } = dependencies;
  const { attemptId, sendingSince, createdAt, strayOf } = attempt;
  if ((await giveTask(attemptId, task.id, sendingSince ?? createdAt, now(), dependencies)) !== 'linked')
    return undefined;
  const parent = strayOf === undefined ? undefined : await table.get(strayOf);
  if (parent !== undefined) await noteSecondTask(parent, dependencies);
  return table.get(attemptId);
}

function endOf(
  attempt: Attempt,
  task: Task,
  completedAt: number,
  { maxAttempts, prices, requireRefundProof = false }: CompleteTaskDependencies,
): AttemptEnd {
  const delivered = task.status === 'completed' && task.results.length > 0;
  const booking = bookedCredits({
    usage: task.usage,
    billing: task.billing,
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
    usage: jsonText('usage', task.usage, attempt) ?? null,
    billing: jsonText('billing', task.billing, attempt),
    billingRule: booking.billingRule,
    model: task.model && cut(task.model),
  };
  return {
    status: delivered ? 'COMPLETED' : task.status === 'cancelled' ? 'CANCELLED' : 'FAILED',
    completedAt,
    creditsUsed: booking.units,
    creditsOpen: booking.openUnits,
    basis: booking.basis,
    outcome,
    failure: delivered ? undefined : failureOf(attempt, task, booking, { maxAttempts, requireRefundProof }),
  };
}

/**
 * Real blocks have a few hundred characters. One that no table row and no output of a state could hold would keep a paid
 * image from being booked and delivered for ever, so it is left out; what it says was booked before.
 */
function jsonText(block: 'usage' | 'billing', value: unknown, { jobId, attempt }: Attempt): string | undefined {
  const text = value === undefined ? undefined : JSON.stringify(value);
  if (text === undefined || text.length <= MAX_BLOCK_CHARACTERS) return text;
  logger.error(`the ${block} block is too large to be kept`, { job_id: jobId, attempt, characters: text.length });
  return undefined;
}

function failureOf(
  attempt: Attempt,
  task: Task,
  booking: Booking,
  { maxAttempts, requireRefundProof }: { readonly maxAttempts: number; readonly requireRefundProof: boolean },
): StoredFailure {
  const { name, retry } = failureKind(task);
  const { units, basis, refund } = booking;
  // Each attempt is a task and a charge of its own: no reason to pay again for one that was charged, or may still be.
  const isFree = isSettledFree(booking) || (refund === 'unshown' && !requireRefundProof);
  const charged = units > 0 ? (basis === 'assumed' ? 'unknown' : 'yes') : isSettledFree(booking) ? 'no' : 'unknown';
  return describeFailure(name, attempt, maxAttempts, {
    retry: retry && units === 0 && isFree,
    charged,
    ...(refund === 'none' ? {} : { refund: refund === 'proven' ? 'proven' : 'open' }),
    provider: { code: task.error?.code, message: task.error?.message, request_id: task.requestId },
  });
}

/** EvoLink itself says that nothing is charged. */
function isSettledFree({ refund }: Booking): boolean {
  return refund === 'proven' || refund === 'none';
}

function failureKind({ status, error }: Task): { readonly name: FailureName; readonly retry: boolean } {
  if (status === 'cancelled') return { name: 'TaskCancelled', retry: false };
  if (status === 'completed') return { name: 'NoContentGenerated', retry: false };
  return failureOfTaskError(error?.code);
}
