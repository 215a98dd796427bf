import { EvolinkError } from '../../evolink';
import { ApiKeyUnavailableError } from '../shared/api-key';
import type { Attempt } from '../shared/attempts/attempt';
import { isTerminal } from '../shared/attempts/attempt';
import { recordUnknown } from '../shared/attempts/book';
import { readRequestFacts } from '../shared/attempts/request-facts';
import type { OpenAttempt } from '../shared/attempts/attempt-table';
import type { CompleteTaskDependencies } from '../shared/complete-task';
import { completeTask } from '../shared/complete-task';
import { describeFailure } from '../shared/end-attempt';
import { describeError, logger } from '../shared/logger';
import { emitJobFailed, emitOpenAttempts } from '../shared/metrics';
import { answerAny } from '../shared/task-token';
import { nextGapMs } from './gaps';

export interface SweepDependencies extends CompleteTaskDependencies {
  readonly firstCheckSeconds: number;
  /** How long one task may take from its submission until its job stops waiting. */
  readonly taskTimeoutSeconds: number;
  /** When this run has to stop taking up new attempts: epoch milliseconds. */
  readonly deadline: number;
}

/** Attempts looked after at once. Each asks EvoLink once, so this is also the load on EvoLink. */
const PARALLEL = 5;

/**
 * Finds what no callback reported: looks at every open attempt that is due, asks EvoLink, completes what has ended and
 * lets go of jobs that waited too long. One attempt's trouble never keeps the others from being looked at.
 */
export async function sweep(
  dependencies: SweepDependencies,
): Promise<{ readonly open: number; readonly checked: number }> {
  const { table, now } = dependencies;
  const startedAt = now();
  const due: OpenAttempt[] = [];
  let open = 0;
  let oldest = startedAt;
  for await (const attempt of table.openAttempts()) {
    open++;
    oldest = Math.min(oldest, attempt.createdAt);
    if (attempt.nextCheckAt <= startedAt) due.push(attempt);
  }
  // By creation: an attempt that is put off again and again would otherwise never be seen.
  emitOpenAttempts(open, (startedAt - oldest) / 1_000);

  due.sort((a, b) => a.nextCheckAt - b.nextCheckAt);
  let checked = 0;
  const worker = async (): Promise<void> => {
    for (let next = due.shift(); next !== undefined && now() < dependencies.deadline; next = due.shift()) {
      checked++;
      await lookAfter(next.attemptId, dependencies);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  logger.info('swept', { open, checked });
  return { open, checked };
}

async function lookAfter(attemptId: string, dependencies: SweepDependencies): Promise<void> {
  try {
    const attempt = await dependencies.table.get(attemptId);
    if (attempt?.nextCheckAt === undefined || attempt.nextCheckAt > dependencies.now()) return;
    const next = nextCheck(attempt, dependencies);
    if (await dependencies.table.takeCheck(attempt, next)) await check(attempt, dependencies);
  } catch (error) {
    logger[isUnreadable(error) ? 'warn' : 'error']('an attempt could not be checked', {
      attempt_id: attemptId,
      ...describeError(error),
    });
  }
}

/** With growing gaps, but not past the time limit: a job is let go when its time is up, not a quarter of an hour later. */
function nextCheck(attempt: Attempt, dependencies: SweepDependencies): number {
  const now = dependencies.now();
  const regular = now + nextGapMs(attempt.checks, dependencies.firstCheckSeconds);
  const limit = timeLimit(attempt, dependencies);
  return limit > now ? Math.min(regular, limit) : regular;
}

function timeLimit(attempt: Attempt, { taskTimeoutSeconds }: SweepDependencies): number {
  return (attempt.submittedAt ?? attempt.createdAt) + taskTimeoutSeconds * 1_000;
}

async function check(attempt: Attempt, dependencies: SweepDependencies): Promise<void> {
  if (isTerminal(attempt) && attempt.deliveredAt !== undefined) return;
  const about = { job_id: attempt.jobId, attempt: attempt.attempt, checks: attempt.checks + 1 };
  try {
    const completion = await completeTask(attempt, 'sweep', dependencies);
    logger.info('checked', { ...about, completion });
    if (completion !== 'ended') await letGoWhenLate(attempt, dependencies);
  } catch (error) {
    // Unreadable is no reason to wait for ever: the time limit counts all the same. Any other fault may have come after
    // EvoLink said that the task has ended: to let go then would lose a paid image that the next check delivers.
    if (isUnreadable(error)) await letGoWhenLate(attempt, dependencies);
    throw error;
  }
}

/** EvoLink could not be asked, so nothing new is known of the task. */
function isUnreadable(error: unknown): boolean {
  return error instanceof EvolinkError || error instanceof ApiKeyUnavailableError;
}

/**
 * Ends the wait of a job whose task takes too long. The attempt stays open: EvoLink may still finish it, and what is
 * charged then is booked then.
 */
async function letGoWhenLate(attempt: Attempt, dependencies: SweepDependencies): Promise<void> {
  const { table, tokens, now, maxAttempts } = dependencies;
  if (attempt.deliveredAt !== undefined || now() < timeLimit(attempt, dependencies)) return;
  // The ledger first: after the answer nothing would bring a run that was cut short back to it.
  if (!(await isSaidUnknown(attempt, dependencies))) return;
  const name = attempt.taskId === undefined ? 'SubmitOutcomeUnknown' : 'TaskTimedOut';
  const failure = describeFailure(name, attempt, maxAttempts, {});
  logger.warn('the job stops waiting', { job_id: attempt.jobId, attempt: attempt.attempt, reason: name });
  if ((await answerAny(attempt, (token) => tokens.fail(token, failure))) === 'answered') {
    await table.markDelivered(attempt, false);
    emitJobFailed(name, attempt);
  }
}

/** `false` when the attempt got a task or ended since it was read: the next check sees that, and nothing is unknown. */
async function isSaidUnknown(attempt: Attempt, { client, table, now }: SweepDependencies): Promise<boolean> {
  if (attempt.taskId !== undefined || attempt.unknownSince !== undefined) return true;
  const request = await readRequestFacts(client, table.tableName, attempt);
  return recordUnknown({ client, tableName: table.tableName }, attempt, request, now());
}
