/**
 * What only tasks can show. At most three are made, as a rule two; nothing is bought after an answer that was not
 * expected.
 */
import type { Task } from '../types';
import { CHANGED, PAIRED, SINGLE } from './requests';
import { describeError, type Posted, type Session } from './session';
import { taskChecks } from './task-checks';

/** Not more often: each read makes EvoLink ask its own provider. */
const POLL_MS = 3_000;

/** EvoLink's client stops watching later; most tasks of this size end within half a minute. */
const LONGEST_WAIT_MS = 10 * 60_000;

/** EvoLink's client repeats a lost POST after half a second; a gateway that does not know yet is asked again later. */
const REPEAT_PAUSES_MS = [500, 5_000, 20_000];

export async function paidChecks(session: Session): Promise<void> {
  const key = session.newKey();
  const first = await makeFirst(session, key);
  if (first === undefined) return;
  if (session.mayPay) await otherBody(session, key);
  const task = await ended(session, first);
  await taskChecks(session, first, task);
  if (task !== undefined && task.status !== 'completed') session.stopPaying(`the first task ended as ${task.status}`);
  if (task === undefined) session.stopPaying('the first task did not end in time');
  if (session.mayPay) await repeatEnded(session, key, first);
  if (session.mayPay) await pair(session);
}

/** Every task that was made is read to its end, and its image kept: it is paid. */
export async function readRest(session: Session): Promise<void> {
  for (const id of session.taskIds) {
    if (session.tasks.has(id)) continue;
    await taskChecks(session, id, await ended(session, id));
  }
}

/** The first task and its repeat. @returns the task's id; undefined where there is none */
async function makeFirst(session: Session, key: string): Promise<string | undefined> {
  const first = await session.submit('first POST', key, SINGLE);
  if (first.kind === 'refused') {
    const code = describeError(first.error);
    session.found('repeat', 'not seen', `the first POST was refused: ${code}`);
    session.stopPaying(`the first POST was refused: ${code}`);
    return undefined;
  }
  const repeat = await repeated(session, 'repeat of the first POST', key);
  if (first.kind === 'unknown') return afterLostReply(session, repeat, describeError(first.error));
  if (repeat.kind !== 'task') {
    const code = describeError(repeat.error);
    // A gateway that calls equal bytes another request would never settle a lost reply.
    const isConflict = /^idempotency_conflict$/i.test(repeat.error.code ?? '');
    session.found('repeat', isConflict ? 'not held' : 'not seen', `the repeat was answered ${code}`);
    session.stopPaying(`the repeat was answered ${code}`);
    return first.id;
  }
  if (repeat.id !== first.id) {
    session.secondTask = true;
    session.found('repeat', 'not held', 'TWO tasks for one key and equal bytes: both are charged');
    session.found('replay-header', 'not seen', 'the repeat made a task of its own');
    session.stopPaying('the repeat made a second task');
    return first.id;
  }
  session.found('repeat', 'held', 'one task for two POSTs');
  const header = `Idempotency-Replayed: true ${repeat.replayed ? 'on the repeat' : 'is missing on the repeat'}`;
  session.found('replay-header', repeat.replayed ? 'held' : 'not held', header);
  return first.id;
}

/** What was to be shown happened by itself: the repeat alone can settle it. */
function afterLostReply(session: Session, repeat: Posted, lost: string): string | undefined {
  session.stopPaying(`the first POST had no usable answer (${lost})`);
  if (repeat.kind !== 'task') {
    session.found('repeat', 'not seen', `no answer to the first POST (${lost}), nor a task by its repeat`);
    return undefined;
  }
  if (repeat.replayed) {
    session.found('repeat', 'held', `the answer to the first POST was lost (${lost}), the repeat named its task`);
    session.found('replay-header', 'held', 'Idempotency-Replayed: true on the repeat');
  } else {
    session.found('repeat', 'not seen', `no answer to the first POST (${lost}); whether it arrived is not known`);
  }
  return repeat.id;
}

/** The same bytes again, as often as the gateway does not know yet. */
async function repeated(session: Session, what: string, key: string): Promise<Posted> {
  let posted: Posted | undefined;
  for (const pause of REPEAT_PAUSES_MS) {
    const retryAfter = posted?.kind === 'task' ? undefined : posted?.error.retryAfterSeconds;
    await session.pause(Math.max(pause, Math.min(retryAfter ?? 0, 30) * 1_000), what);
    posted = await session.submit(what, key, SINGLE);
    if (posted.kind === 'task' || !isInDoubt(posted)) return posted;
  }
  return posted!;
}

function isInDoubt(posted: Exclude<Posted, { kind: 'task' }>): boolean {
  return /^paid_outcome_unknown$/i.test(posted.error.code ?? '') || posted.kind === 'unknown';
}

async function otherBody(session: Session, key: string): Promise<void> {
  const posted = await session.submit('the same key with another body', key, CHANGED);
  if (posted.kind === 'task') {
    const seen = posted.isNew ? 'it made a task of its own, which is charged' : 'it was answered with the first task';
    session.found('other-body', 'not held', seen);
    return session.stopPaying(`another body under the same key: ${seen}`);
  }
  const code = describeError(posted.error);
  const holds = posted.error.status === 409 && /^idempotency_conflict$/i.test(posted.error.code ?? '');
  session.found('other-body', holds ? 'held' : 'not held', code);
  if (!holds) session.stopPaying(`another body under the same key was answered ${code}`);
}

async function repeatEnded(session: Session, key: string, first: string): Promise<void> {
  const posted = await session.submit('repeat after the end', key, SINGLE);
  if (posted.kind !== 'task') {
    const code = describeError(posted.error);
    session.found('repeat-ended', 'not seen', `answered ${code}`);
    return session.stopPaying(`the repeat after the end was answered ${code}`);
  }
  if (posted.id === first) return session.found('repeat-ended', 'held', 'the first task again');
  session.secondTask = true;
  session.found('repeat-ended', 'not held', 'a SECOND task, which is charged');
  session.stopPaying('the repeat after the end made a second task');
}

async function pair(session: Session): Promise<void> {
  if (!session.purse.fits(2)) return session.stopPaying('two POSTs at the same time would exceed the limit');
  const key = session.newKey();
  const posts = await Promise.all(
    ['one of two at the same time', 'the other of two'].map((what) => session.submit(what, key, PAIRED)),
  );
  const ids = new Set(posts.flatMap((posted) => (posted.kind === 'task' ? [posted.id] : [])));
  const errors = posts.flatMap((posted) => (posted.kind === 'task' ? [] : [posted.error]));
  const codes = errors.map(describeError).join(', ');
  if (ids.size === 2) {
    session.secondTask = true;
    session.found('pair', 'not held', 'TWO tasks for one key and equal bytes: both are charged');
    return session.stopPaying('two POSTs at the same time made two tasks');
  }
  if (ids.size === 1) {
    const isExpected = errors.every(({ code }) => /^paid_outcome_unknown$/i.test(code ?? ''));
    const isConflict = errors.some(({ code }) => /^idempotency_conflict$/i.test(code ?? ''));
    const seen = errors.length === 0 ? 'one task for both' : `one task, and ${codes}`;
    return session.found('pair', isExpected ? 'held' : isConflict ? 'not held' : 'not seen', seen);
  }
  session.found('pair', 'not seen', `no task: ${codes}`);
  session.stopPaying(`two POSTs at the same time were answered ${codes}`);
  // There may be a task that is paid: the same submission once more is how its id is found.
  if (posts.some(({ kind }) => kind === 'unknown')) {
    await session.submit('repeat of the two', key, PAIRED);
  }
}

/** @returns undefined when it does not end in time, or can't be read */
async function ended(session: Session, id: string): Promise<Task | undefined> {
  for (let waited = 0; ; waited += POLL_MS) {
    const { value: task } = await session.ask((client) => client.getTask(id));
    if (task && ['completed', 'failed', 'cancelled'].includes(task.status)) {
      session.noteTask(task);
      return task;
    }
    if (waited >= LONGEST_WAIT_MS) return undefined;
    await session.pause(
      POLL_MS,
      `waiting for task ${id}${task?.progress === undefined ? '' : ` (${task.progress} %)`}`,
    );
  }
}
