import type { Attempt } from '../shared/attempts/attempt';
import { readRequest } from '../shared/attempts/requests';
import { readSettings } from '../shared/attempts/settings';
import { readSlots } from '../shared/attempts/slots';
import type { Completion } from '../shared/complete-task';
import { endAttempt, type FailureFacts } from '../shared/end-attempt';
import { logPost, settleFailedPost } from '../shared/failed-post';
import { linkTask } from '../shared/link-task';
import { logger } from '../shared/logger';
import { isRepeatable, KEY_MEMORY_MS, postSubmission, repeatInFlight } from '../shared/post';
import { readSignedUrls } from '../shared/references/signed-urls';
import { SUBMISSION_SECONDS } from '../../domain/constants';
import type { CheckDependencies } from './check';
import { timeLimit } from './stop-waiting';

/**
 * Nothing names the task of this attempt, if there is one: the POST was lost or turned away, or the function that sent it
 * was killed. A callback may name it at any time; besides, the very same submission is sent again where that can't make a
 * second task. A new one never is.
 */
export async function settleSubmission(attempt: Attempt, dependencies: CheckDependencies): Promise<Completion> {
  if (attempt.unsent !== undefined) return endUnsent(attempt, dependencies);
  if (await mayRepeat(attempt, dependencies)) await repeat(attempt, dependencies);
  return 'running';
}

/** That there is no task was found before, and could only not be booked then. */
async function endUnsent(attempt: Attempt, dependencies: CheckDependencies): Promise<Completion> {
  const { unsent: failure } = attempt;
  const { no_task: noTask = 'proven' } = JSON.parse(failure?.cause ?? '{}') as Pick<FailureFacts, 'no_task'>;
  const end = { completedAt: dependencies.now(), creditsUsed: 0, basis: 'assumed', noTask } as const;
  const { won } = await endAttempt(attempt, { ...end, status: 'FAILED', failure }, dependencies);
  return won ? 'ended' : 'running';
}

/** Everything that must hold, the cheapest first. */
async function mayRepeat(attempt: Attempt, dependencies: CheckDependencies): Promise<boolean> {
  const { client, table, executions, provider, now } = dependencies;
  const { submission, submitError, status } = attempt;
  // For a job that is over an image would be bought that nobody wants.
  const isWanted = attempt.deliveredAt === undefined && attempt.orphanedAt === undefined;
  const sentAt = attempt.sendingSince ?? attempt.createdAt;
  if (!isWanted || submission === undefined || now() >= sentAt + KEY_MEMORY_MS) return false;
  // The function that sent it may still be at it.
  if (status === 'SUBMITTING' && now() < sentAt + SUBMISSION_SECONDS * 1_000) return false;
  if (submitError !== undefined && now() < submitError.repeatAfter) return false;

  const settings = await readSettings(client, table.tableName);
  if (settings.paused !== undefined || !isRepeatable(submitError?.kind, settings)) return false;
  if ((await readSlots(client, table.tableName)).pausedUntil > now()) return false;
  // With another API key it would be another submission.
  if ((await provider.keyVersion()) !== attempt.keyVersion) return false;
  return (await executions.describe(attempt.executionArn)).state === 'running';
}

async function repeat(attempt: Attempt, dependencies: CheckDependencies): Promise<void> {
  const { client, table, provider, now } = dependencies;
  const job = await readRequest(client, table.tableName, attempt);
  const signed = attempt.submission?.signed === true;
  const imageUrls = signed ? await readSignedUrls(client, table.tableName, attempt.attemptId) : job.request.image_urls;
  if (signed && imageUrls === undefined) return;
  const keyed = await provider.current();
  if (keyed.keyVersion !== attempt.keyVersion) return;
  // The attempt was read a while ago: a callback may have named the task since, and another sweep may be at it.
  const { attemptId, submitError } = attempt;
  if (!(await table.takeRepeat(attemptId, submitError, repeatInFlight(now(), submitError)))) return;

  logger.info('the same submission is sent again', { job_id: attempt.jobId, attempt: attempt.attempt });
  const result = await postSubmission(attempt, job, imageUrls, keyed);
  if (result.kind === 'task') return linkTask(attempt, result.task, dependencies, true);
  logPost(attempt, result.error);
  const open = await settleFailedPost(attempt, result.error, dependencies, submitError ?? KILLED);
  if (open === undefined) return;
  // However long EvoLink wants to be left alone, the job is let go when its time is up.
  const nextCheckAt = Math.min(open.repeatAfter, timeLimit(attempt, dependencies));
  await table.markSubmitUnknown(attempt.attemptId, open, nextCheckAt);
}

/** The function was killed before it could say what became of the POST. */
const KILLED = { kind: 'lost', outcome: 'unknown', at: 0, repeatAfter: 0, provider: {} } as const;
