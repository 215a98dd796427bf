import { setTimeout as delay } from 'node:timers/promises';
import type { SubmittedTask } from '../../evolink';
import type { Attempt } from './attempts/attempt';
import { keepHint } from './attempts/hint';
import { noteIdempotency } from './attempts/settings';
import type { CompleteTaskDependencies } from './complete-task';
import { describeError, logger } from './logger';
import { emitLost } from './metrics';
import { deleteSignedUrls } from './references/signed-urls';
import { adoptStray, giveTask, noteSecondTask } from './stray';

export interface LinkDependencies extends CompleteTaskDependencies {
  readonly firstCheckSeconds: number;
  /** Waits so many milliseconds. @default - in real time */
  readonly pause?: (ms: number) => Promise<unknown>;
}

/** Before each try to keep the id of a paid task. */
const KEEP_PAUSES_MS = [0, 500, 2_000];

/**
 * EvoLink answered a POST with a task, which is paid for: whatever fails here, its id must not get lost.
 *
 * @param isRepeat - the same submission was posted before: a first POST has a new key, and a replay of it shows nothing
 */
export async function linkTask(
  attempt: Attempt,
  task: SubmittedTask,
  dependencies: LinkDependencies,
  isRepeat = false,
): Promise<void> {
  const { table, now, firstCheckSeconds } = dependencies;
  const about = { job_id: attempt.jobId, attempt: attempt.attempt, task_id: task.id, replayed: task.replayed };
  if (task.replayed === true && isRepeat) await noteReplay(dependencies);
  const submittedAt = now();
  try {
    const firstCheck = submittedAt + firstCheckSeconds * 1_000;
    const linked = await giveTask(attempt.attemptId, task.id, submittedAt, firstCheck, dependencies);
    if (linked === 'linked') {
      logger.info('submitted', about);
      await deleteSignedUrls(attempt, dependencies.client, table.tableName);
      return;
    }
  } catch (error) {
    logger.error('the task id could not be linked', { ...about, ...describeError(error) });
    return keepTaskId(attempt, task.id, dependencies);
  }
  await keepBeside(attempt, task.id, dependencies);
}

/** The attempt has another task or a name for one, or was ended meanwhile. */
async function keepBeside(attempt: Attempt, taskId: string, dependencies: LinkDependencies): Promise<void> {
  try {
    await keepStray((await dependencies.table.get(attempt.attemptId)) ?? attempt, taskId, dependencies);
  } catch (error) {
    const about = { job_id: attempt.jobId, attempt: attempt.attempt, task_id: taskId };
    logger.error('a second task could not be recorded', { ...about, ...describeError(error) });
    emitLost({ ...attempt, taskId });
  }
}

async function keepStray(attempt: Attempt, taskId: string, dependencies: LinkDependencies): Promise<void> {
  if (attempt.taskId === taskId) return;
  if ((await adoptStray(attempt, taskId, dependencies)) === undefined) {
    throw new Error('the task belongs to another attempt');
  }
  await noteSecondTask(attempt, dependencies);
}

/** EvoLink knew the key: from now on a lost reply may be settled by a repeat. */
async function noteReplay({ client, table, now }: LinkDependencies): Promise<void> {
  const proof = { state: 'proven', since: new Date(now()).toISOString(), by: 'replay' } as const;
  await noteIdempotency(client, table.tableName, proof).catch((error: unknown) => {
    logger.warn('that EvoLink knows the idempotency key could not be stored', describeError(error));
  });
}

/**
 * A write of the row alone, which may pass where a transaction does not: the sweep asks for the task by this id, and links
 * it then. Without it only a callback would bring the id once more.
 */
async function keepTaskId(attempt: Attempt, taskId: string, dependencies: LinkDependencies): Promise<void> {
  const { client, table, now, firstCheckSeconds } = dependencies;
  const about = { job_id: attempt.jobId, attempt: attempt.attempt, task_id: taskId };
  for (const pauseMs of KEEP_PAUSES_MS) {
    await (dependencies.pause ?? delay)(pauseMs);
    try {
      const firstCheck = now() + firstCheckSeconds * 1_000;
      const kept = await keepHint(client, table.tableName, attempt.attemptId, taskId, firstCheck);
      return kept ? undefined : await keepBeside(attempt, taskId, dependencies);
    } catch (error) {
      logger.error('the task id could not be stored', { ...about, ...describeError(error) });
    }
  }
  emitLost({ ...attempt, taskId });
}
