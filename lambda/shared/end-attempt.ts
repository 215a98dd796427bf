import type { FailureCauseFacts } from '../../domain/failure-cause';
import { failureCause } from '../../domain/failure-cause';
import type { FailureName } from '../../domain/failures';
import { retryRule, SAME_ATTEMPT_FAILURES } from '../../domain/failures';
import type { Attempt, StoredFailure } from './attempts/attempt';
import { isTerminal } from './attempts/attempt';
import type { AttemptEnd } from './attempts/book';
import { book } from './attempts/book';
import { readRequestFacts } from './attempts/requests';
import type { DeliverDependencies } from './deliver';
import { deliver } from './deliver';
import { logger } from './logger';
import { emitBooking, emitJobFailed } from './metrics';
import type { WakeDependencies } from './wake-dispatch';
import { wakeDispatch } from './wake-dispatch';

export interface EndAttemptDependencies extends DeliverDependencies, WakeDependencies {
  readonly maxAttempts: number;
  /** How long a booking may meet conflicts, in milliseconds. @default 5000 */
  readonly patienceMs?: number;
}

/**
 * Ends an attempt for good: one transaction books it, its winner emits the metrics, and the waiting state gets its
 * answer. Whoever comes second, or again after a crash, finds what was booked and delivers that.
 */
export async function endAttempt(
  attempt: Attempt,
  end: AttemptEnd,
  dependencies: EndAttemptDependencies,
): Promise<{ readonly won: boolean }> {
  const { client, table, patienceMs } = dependencies;
  const request = await readRequestFacts(client, table.tableName, attempt);
  const won = await book({ client, tableName: table.tableName, patienceMs }, attempt, request, end);
  if (won) {
    emitBooking(attempt, end);
    // A job that was let go or has ended before was counted then.
    const waits = attempt.deliveredAt === undefined && attempt.orphanedAt === undefined;
    const ends = waits && end.nobodyWaits !== true && end.failure !== undefined && !mayRetry(end.failure);
    if (ends) emitJobFailed(end.failure.name, attempt);
    if (attempt.slot === true) await wakeDispatch(dependencies);
  }
  if (end.nobodyWaits === true) return { won };
  const current = await table.get(attempt.attemptId);
  if (current === undefined) return { won };
  if (isTerminal(current)) await deliver(current, dependencies);
  else logger.error('the attempt changed meanwhile and goes on', { job_id: current.jobId, task_id: current.taskId });
  return { won };
}

export interface FailureFacts extends FailureCauseFacts {
  /** What EvoLink asked for with `Retry-After`, in seconds. */
  readonly retryAfterSeconds?: number;
  /** `false` where this very failure must not be repeated, though others of its name may. @default true */
  readonly retry?: boolean;
}

/** The failure as the workflow and the app get it. A wait is in it exactly when another attempt is to be made. */
export function describeFailure(
  name: FailureName,
  attempt: Pick<Attempt, 'jobId' | 'attempt' | 'taskId'>,
  maxAttempts: number,
  { retryAfterSeconds, retry = true, ...facts }: FailureFacts,
): StoredFailure {
  const rule = retryRule(name);
  const left = rule !== undefined && retry && attempt.attempt < attemptLimit(name, maxAttempts);
  return {
    name,
    cause: failureCause(name, {
      ...facts,
      job_id: attempt.jobId,
      attempt: attempt.attempt,
      ...(attempt.taskId === undefined ? {} : { task_id: attempt.taskId }),
      ...(left ? { retry_after_seconds: waitSeconds(rule.waitSeconds, attempt.attempt, retryAfterSeconds) } : {}),
    }),
  };
}

/** A failure that repeats the same attempt uses none up: there the workflow limits the rounds. */
function attemptLimit(name: FailureName, maxAttempts: number): number {
  if (SAME_ATTEMPT_FAILURES.includes(name)) return Infinity;
  return Math.min(maxAttempts, retryRule(name)?.maxAttempts ?? maxAttempts);
}

/** Longest pause that the doubling leads to. */
const MAX_BACK_OFF_SECONDS = 900;

/** Longest pause that EvoLink may ask for: its client reads no longer one, and the workflow waits no longer. */
const MAX_WAIT_SECONDS = 3_600;

/**
 * `Retry-After` is what EvoLink asked for: never less, and up to a quarter more, so that jobs that were refused together
 * do not come back together. Without it: exponential with full jitter above the failure's own minimum.
 */
function waitSeconds(minimum: number, attempt: number, retryAfterSeconds?: number): number {
  const wait =
    retryAfterSeconds === undefined
      ? Math.min(MAX_BACK_OFF_SECONDS, minimum + Math.random() * minimum * (2 ** attempt - 1))
      : retryAfterSeconds + (Math.random() * retryAfterSeconds) / 4;
  return Math.max(1, Math.min(MAX_WAIT_SECONDS, Math.ceil(wait)));
}

function mayRetry(failure: StoredFailure): boolean {
  return (JSON.parse(failure.cause) as { retry_after_seconds?: number }).retry_after_seconds !== undefined;
}
