import type { OpenAttempt } from '../shared/attempts/attempt-reader';
import { openSince } from '../shared/attempts/open-since';
import { readSlots } from '../shared/attempts/slots';
import { describeError, logger } from '../shared/logger';
import { emitOpenAttempts, emitQueue } from '../shared/metrics';
import { wakeDispatch } from '../shared/wake-dispatch';
import type { CheckDependencies } from './check';
import { check, isUnreadable, nextCheck } from './check';

export type SweepDependencies = CheckDependencies;

/** Attempts looked after at once. Each asks EvoLink once, so this is also the load on EvoLink. */
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
