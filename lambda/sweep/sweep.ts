import { EvolinkError, MAX_TASKS_PER_QUERY } from '../../evolink';
import type { Attempt } from '../shared/attempts/attempt';
import { isTerminal } from '../shared/attempts/attempt';
import type { OpenAttempt } from '../shared/attempts/attempt-reader';
import { openSince } from '../shared/attempts/open-since';
import { readSlots } from '../shared/attempts/slots';
import { seemsEnded } from '../shared/complete-task';
import { describeError, logger } from '../shared/logger';
import { emitOpenAttempts, emitQueue } from '../shared/metrics';
import { isQueryError } from '../shared/provider';
import { wakeDispatch } from '../shared/wake-dispatch';
import type { CheckDependencies } from './check';
import { check, nextCheck } from './check';
import { timeLimit } from './stop-waiting';

export type SweepDependencies = CheckDependencies;

/** Attempts looked after at once: also the load on EvoLink. */
const PARALLEL = 5;

/** `dispatch` waits out a pause that ends before the next sweep could start it. */
const BEFORE_NEXT_SWEEP_MS = 55_000;

/**
 * Finds what no callback reported: looks at every open attempt that is due, asks EvoLink, completes what has ended, lets
 * go of jobs that waited too long, and salvages what nobody waits for. One attempt's trouble never keeps the others from
 * being looked at.
 */
export async function sweep(
  dependencies: SweepDependencies,
): Promise<{ readonly open: number; readonly checked: number }> {
  const { client, table, now } = dependencies;
  const startedAt = now();
  const due: OpenAttempt[] = [];
  let open = 0;
  let oldest = startedAt;
  for await (const attempt of table.openAttempts()) {
    open++;
    oldest = Math.min(oldest, openSince(attempt, startedAt));
    if (attempt.nextCheckAt <= startedAt) due.push(attempt);
  }
  emitOpenAttempts(open, (startedAt - oldest) / 1_000);
  const slots = await readSlots(client, table.tableName);
  emitQueue(slots.queued, slots.taken);
  await wakeDispatch(dependencies, BEFORE_NEXT_SWEEP_MS);

  due.sort((a, b) => a.nextCheckAt - b.nextCheckAt);
  let checked = 0;
  while (due.length > 0 && now() < dependencies.deadline) {
    const taken = await takeChecks(due.splice(0, MAX_TASKS_PER_QUERY), dependencies);
    const running = await runningTasks(taken, dependencies);
    await inParallel(taken, async (attempt) => {
      // Taken, but there is no time left: it stays due.
      if (now() >= dependencies.deadline) return table.checkBy(attempt.attemptId, now());
      checked++;
      await lookAfter(attempt, running, dependencies);
    });
  }
  logger.info('swept', { open, checked });
  return { open, checked };
}

/** Those of the attempts that no other sweep has taken, as they are now. */
async function takeChecks(due: readonly OpenAttempt[], dependencies: SweepDependencies): Promise<Attempt[]> {
  const { table, now } = dependencies;
  const taken: Attempt[] = [];
  await inParallel(due, async ({ attemptId }) => {
    try {
      const attempt = await table.get(attemptId);
      if (attempt?.nextCheckAt === undefined || attempt.nextCheckAt > now()) return;
      if (await table.takeCheck(attempt, nextCheck(attempt, dependencies))) taken.push(attempt);
    } catch (error) {
      report(attemptId, error);
    }
  });
  return taken;
}

/**
 * One question for many: which tasks still run needs no look at each. What has ended is read again by itself, and so is
 * what the answer leaves out; where EvoLink does not answer at all nothing is asked again in this round.
 */
async function runningTasks(
  attempts: readonly Attempt[],
  { provider }: SweepDependencies,
): Promise<ReadonlySet<string> | 'unreadable'> {
  const ids = attempts.filter((attempt) => !isTerminal(attempt)).flatMap(({ taskId }) => taskId ?? []);
  if (ids.length < 2) return new Set();
  try {
    const tasks = await provider.query((client) => client.getTasks(ids));
    return new Set(tasks.filter((task) => !seemsEnded(task) && task.status !== 'unknown').map(({ id }) => id));
  } catch (error) {
    if (!isQueryError(error)) throw error;
    logger.warn('tasks could not be read together', describeError(error));
    // A route that EvoLink does not have says nothing about the others.
    return error instanceof EvolinkError && error.status !== undefined && error.status < 429 ? new Set() : 'unreadable';
  }
}

async function lookAfter(
  attempt: Attempt,
  running: ReadonlySet<string> | 'unreadable',
  dependencies: SweepDependencies,
): Promise<void> {
  const { taskId } = attempt;
  try {
    // No job is let go by the word of such an answer alone: a task that is late is asked for by itself.
    const isLate = dependencies.now() >= timeLimit(attempt, dependencies);
    const isRunning = taskId !== undefined && (running === 'unreadable' || (running.has(taskId) && !isLate));
    await check(attempt, dependencies, isRunning);
  } catch (error) {
    report(attempt.attemptId, error);
  }
}

function report(attemptId: string, error: unknown): void {
  logger[isQueryError(error) ? 'warn' : 'error']('an attempt could not be checked', {
    attempt_id: attemptId,
    ...describeError(error),
  });
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
}
