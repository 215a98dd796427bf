import type { Attempt } from '../shared/attempts/attempt';
import type { Completion } from '../shared/complete-task';
import { describeFailure, endAttempt } from '../shared/end-attempt';
import { logger } from '../shared/logger';
import type { CheckDependencies } from './check';

/**
 * How long after the POST the task list is believed: its reply had at most half a minute, callbacks name the attempt
 * within seconds, and a list may lag behind.
 */
const BELIEVED_AFTER_MS = 10 * 60_000;

/**
 * A task that seems so much older than the POST is not the one we look for. A day, since the form of the list's times is
 * not documented either: one without a time zone may be off by hours.
 */
const MARGIN_SECONDS = 24 * 3_600;

/** The list's order is not documented, so either all of it is read or nothing is concluded. */
const MAX_PAGES = 20;
const PAGE_SIZE = 100;

/**
 * The reply to the POST was lost. The list of tasks has no prompt to compare, so it can only prove that there is none: no
 * task since the POST that belongs to nobody. Of any model, since EvoLink may route a request to another than was asked
 * for. Then the attempt ends, uncharged, and another may be made. Anything else leaves it open: guessing would pay twice.
 */
export async function resolveUnknown(attempt: Attempt, dependencies: CheckDependencies): Promise<Completion> {
  const { maxAttempts, now } = dependencies;
  const sentAt = attempt.sendingSince ?? attempt.createdAt;
  const { unsent } = attempt;
  if (unsent === undefined && now() < sentAt + BELIEVED_AFTER_MS) return 'running';
  if (unsent === undefined && !(await provesNoTask(attempt, sentAt, dependencies))) return 'running';
  logger.warn('EvoLink has no task for this attempt', { job_id: attempt.jobId, attempt: attempt.attempt });
  const failure = unsent ?? describeFailure('ServiceError', attempt, maxAttempts, {});
  const end = { status: 'FAILED', completedAt: now(), creditsUsed: 0, basis: 'assumed', failure } as const;
  const { won } = await endAttempt(attempt, end, dependencies);
  return won ? 'ended' : 'running';
}

/**
 * Whether a list is that of the account or of the key is not documented. So it proves something only when it is read with
 * the key that the POST had: after a rotation it may be the list of another one.
 */
async function provesNoTask(
  { keyVersion }: Attempt,
  sentAt: number,
  dependencies: CheckDependencies,
): Promise<boolean> {
  const { provider } = dependencies;
  if (keyVersion === undefined || (await provider.keyVersion()) !== keyVersion) return false;
  // Refused or too old meanwhile, the key would have been read once more.
  return (await listsNoTask(sentAt, dependencies)) && (await provider.keyVersion()) === keyVersion;
}

/**
 * Counts rows, not pages: how many a page holds is EvoLink's choice, and what it says of it need not be so. Each row once,
 * against the most that there ever were: a row that vanishes moves another one to a page that was read.
 */
async function listsNoTask(sentAt: number, dependencies: CheckDependencies): Promise<boolean> {
  const { provider, table, now, deadline } = dependencies;
  const seen = new Set<string>();
  let total = 0;
  let sawOurs = false;
  for (let page = 1; page <= MAX_PAGES && now() < deadline; page++) {
    const list = await provider.call((client) => client.listTasks({ page, pageSize: PAGE_SIZE }));
    // Without EvoLink's clock nothing can be said of when a task of theirs was made.
    if (list.serverTime === undefined) return false;
    // Of another account, or of nobody, it would say nothing about our key: one task of ours at least is in ours.
    total = Math.max(total, list.total);
    if (list.entries.length === 0) return sawOurs && seen.size >= total;
    const since = sentAt / 1_000 + (list.serverTime - now()) / 1_000 - MARGIN_SECONDS;
    for (const { id, createdAt } of list.entries) {
      seen.add(id);
      const isOlder = createdAt !== undefined && createdAt < since;
      if (isOlder && sawOurs) continue;
      const isOurs = await table.isLinked(id);
      if (!isOurs && !isOlder) return false;
      sawOurs ||= isOurs;
    }
  }
  return false;
}
