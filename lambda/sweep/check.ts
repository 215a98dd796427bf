import type { Attempt } from '../shared/attempts/attempt';
import { isTerminal } from '../shared/attempts/attempt';
import { recordLost } from '../shared/attempts/record-unknown';
import { readRequestFacts } from '../shared/attempts/requests';
import type { Completion } from '../shared/complete-task';
import { completeTask } from '../shared/complete-task';
import type { LinkDependencies } from '../shared/link-task';
import { logger } from '../shared/logger';
import { emitLost } from '../shared/metrics';
import { isQueryError } from '../shared/provider';
import { wakeDispatch } from '../shared/wake-dispatch';
import { endQueued } from '../shared/end-queued';
import { LOST_AFTER_MS, nextGapMs } from './gaps';
import { stopWaitingWhenLate, timeLimit } from './stop-waiting';
import { settleSubmission } from './settle-submission';
import type { SalvageDependencies } from './salvage';
import { lookAfterImages } from './salvage';

export interface CheckDependencies extends LinkDependencies, SalvageDependencies {
  /** How long one task may take from its submission until its job stops waiting. */
  readonly taskTimeoutSeconds: number;
  /** When this run has to stop: epoch milliseconds. */
  readonly deadline: number;
}

/**
 * Everything that an open attempt may need, by where it stands.
 *
 * @param isRunning EvoLink has just said that its task runs: there is no need to ask again
 */
export async function check(attempt: Attempt, dependencies: CheckDependencies, isRunning = false): Promise<void> {
  if (attempt.status === 'QUEUED') return checkQueued(attempt, dependencies);
  const isAnswered = [attempt.deliveredAt, attempt.orphanedAt, attempt.lostAt].some((at) => at !== undefined);
  if (attempt.status === 'COMPLETED' && isAnswered) return lookAfterImages(attempt, dependencies);
  return checkTask(attempt, dependencies, isRunning);
}

/** With growing gaps, but not past the time limit: a job is let go when its time is up, not a quarter of an hour later. */
export function nextCheck(attempt: Attempt, dependencies: CheckDependencies): number {
  const now = dependencies.now();
  const regular = now + nextGapMs(attempt.checks, dependencies.firstCheckSeconds);
  const limit = timeLimit(attempt, dependencies);
  return limit > now ? Math.min(regular, limit) : regular;
}

/** It is due when its time in the queue is up. */
async function checkQueued(attempt: Attempt, dependencies: CheckDependencies): Promise<void> {
  const { state } = await dependencies.executions.describe(attempt.executionArn);
  await endQueued(attempt, state === 'running' ? 'QueueTimedOut' : 'JobStopped', {}, dependencies);
}

async function checkTask(attempt: Attempt, dependencies: CheckDependencies, isRunning: boolean): Promise<void> {
  const about = { job_id: attempt.jobId, attempt: attempt.attempt, checks: attempt.checks + 1 };
  try {
    let completion: Completion = isRunning ? 'running' : await completeTask(attempt, 'sweep', dependencies);
    const hasTask = (attempt.taskId ?? attempt.hintedTaskId) !== undefined && completion !== 'not ours';
    if (completion !== 'ended' && !hasTask) completion = await settleSubmission(attempt, dependencies);
    logger.info('checked', { ...about, completion });
    if (completion !== 'ended') await giveUpWhenLate(attempt, dependencies);
  } catch (error) {
    // Unreadable is no reason to wait for ever: the time limits count all the same. Any other fault may have come after
    // EvoLink said that the task has ended: to let go then would lose a paid image that the next check delivers.
    if (isQueryError(error)) await giveUpWhenLate(attempt, dependencies);
    throw error;
  }
}

async function giveUpWhenLate(attempt: Attempt, dependencies: CheckDependencies): Promise<void> {
  await stopWaitingWhenLate(attempt, dependencies);
  // A stray task may turn up long after the attempt that it belongs to was sent.
  const since = attempt.strayOf === undefined ? (attempt.sendingSince ?? attempt.createdAt) : attempt.createdAt;
  // Not before its job was let go, however long that may wait.
  const aDay = since + LOST_AFTER_MS;
  if (dependencies.now() >= Math.max(aDay, timeLimit(attempt, dependencies))) await lose(attempt, dependencies);
}

/** A day without an end: never silent, and never for ever. A callback that comes after all still finds the attempt. */
async function lose({ attemptId }: Attempt, dependencies: CheckDependencies): Promise<void> {
  const { client, table, now } = dependencies;
  // Read again: letting go has just written to it.
  const attempt = await table.get(attemptId);
  if (attempt === undefined || isTerminal(attempt)) return;
  const request = await readRequestFacts(client, table.tableName, attempt);
  if (!(await recordLost({ client, tableName: table.tableName }, attempt, request, now()))) return;
  logger.error('an attempt is lost', { job_id: attempt.jobId, attempt: attempt.attempt, task_id: attempt.taskId });
  emitLost(attempt);
  if (attempt.slot === true) await wakeDispatch(dependencies);
}
