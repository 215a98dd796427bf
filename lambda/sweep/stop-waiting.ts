import type { Attempt, SubmitError } from '../shared/attempts/attempt';
import { isTerminal } from '../shared/attempts/attempt';
import { recordUnknown } from '../shared/attempts/record-unknown';
import { readRequestFacts } from '../shared/attempts/requests';
import type { FailureFacts } from '../shared/end-attempt';
import { describeFailure } from '../shared/end-attempt';
import { endWithoutTask } from '../shared/end-without-task';
import { logger } from '../shared/logger';
import { emitJobFailed } from '../shared/metrics';
import { orphan } from '../shared/orphan';
import { KEY_MEMORY_MS } from '../shared/post';
import { answerAny } from '../shared/task-token';
import { wakeDispatch } from '../shared/wake-dispatch';
import { findCandidates } from './candidates';
import type { CheckDependencies } from './check';

/**
 * When a job stops waiting for its task. It runs from the submission, however long the job was queued before. Where
 * nothing names a task it ends with EvoLink's memory of the idempotency key, after which no repeat can settle anything.
 */
export function timeLimit(attempt: Attempt, { taskTimeoutSeconds }: CheckDependencies): number {
  const sentAt = attempt.submittedAt ?? attempt.sendingSince ?? attempt.createdAt;
  const limit = taskTimeoutSeconds * 1_000;
  return sentAt + (isNameless(attempt) ? Math.min(limit, KEY_MEMORY_MS) : limit);
}

/** It is open whether EvoLink has a task for it, and nothing names one. */
function isNameless({ taskId, hintedTaskId, unsent }: Attempt): boolean {
  return taskId === undefined && hintedTaskId === undefined && unsent === undefined;
}

/**
 * Ends the wait of a job whose task takes too long. The attempt stays open: EvoLink may still finish it, and what is
 * charged then is booked then, and salvaged. Where its job has ended before, what is left to do is to say that nobody knows
 * of a task: that gives back its slot.
 */
export async function stopWaitingWhenLate(seen: Attempt, dependencies: CheckDependencies): Promise<void> {
  const { table, tokens, executions, maxAttempts } = dependencies;
  if (!isLate(seen, dependencies)) return;
  // Where it was sent again a moment ago, the row says what became of that; the attempt in hand does not.
  const attempt = seen.taskId === undefined ? await table.get(seen.attemptId) : seen;
  if (attempt === undefined || !isLate(attempt, dependencies)) return;
  if (isNameless(attempt) && attempt.submitError?.outcome === 'refused') {
    return endRefusedEachTime(attempt, attempt.submitError, dependencies);
  }
  // The ledger first: after the answer nothing would bring a run that was cut short back to it.
  if (!(await isSaidUnknown(attempt, dependencies)) || !waits(attempt)) return;
  const name = attempt.taskId === undefined ? 'SubmitOutcomeUnknown' : 'TaskTimedOut';
  const failure = describeFailure(name, attempt, maxAttempts, await factsOf(attempt, dependencies));
  logger.warn('the job stops waiting', { job_id: attempt.jobId, attempt: attempt.attempt, reason: name });
  if ((await answerAny(attempt, (token) => tokens.fail(token, failure))) === 'answered') {
    await table.markDelivered(attempt, false);
    emitJobFailed(name, attempt);
  } else if ((await executions.describe(attempt.executionArn)).state !== 'over') {
    return;
  }
  await orphan(attempt, table);
}

function isLate(attempt: Attempt, dependencies: CheckDependencies): boolean {
  if (isTerminal(attempt) || dependencies.now() < timeLimit(attempt, dependencies)) return false;
  return waits(attempt) || (isNameless(attempt) && attempt.unknownSince === undefined);
}

const waits = (attempt: Attempt): boolean =>
  !isTerminal(attempt) && attempt.deliveredAt === undefined && attempt.orphanedAt === undefined;

/** EvoLink said in its own form, each time it was asked, that it has no room: hardly with a task. */
async function endRefusedEachTime(
  attempt: Attempt,
  { provider }: SubmitError,
  dependencies: CheckDependencies,
): Promise<void> {
  await endWithoutTask(attempt, 'ResourceExhausted', { retry: false, no_task: 'likely', provider }, dependencies);
}

/** What a person needs to settle an unknown outcome by hand. */
async function factsOf(attempt: Attempt, dependencies: CheckDependencies): Promise<FailureFacts> {
  if (attempt.taskId !== undefined) return {};
  const candidates = await findCandidates(attempt, dependencies);
  return {
    provider: attempt.submitError?.provider,
    ...(candidates.length === 0 ? {} : { candidates: candidates.join(', ') }),
  };
}

/** `false` when the attempt got a task or ended since it was read: the next check sees that, and nothing is unknown. */
async function isSaidUnknown(attempt: Attempt, dependencies: CheckDependencies): Promise<boolean> {
  const { client, table, now } = dependencies;
  if (attempt.taskId !== undefined || attempt.unknownSince !== undefined) return true;
  const request = await readRequestFacts(client, table.tableName, attempt);
  const isNews = await recordUnknown({ client, tableName: table.tableName }, attempt, request, now());
  if (isNews && attempt.slot === true) await wakeDispatch(dependencies);
  return isNews;
}
