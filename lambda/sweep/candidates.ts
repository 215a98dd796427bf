import { MAX_TASKS_PER_QUERY, type TaskListEntry } from '../../evolink';
import type { Attempt } from '../shared/attempts/attempt';
import { describeError, logger } from '../shared/logger';
import { isQueryError } from '../shared/provider';
import type { CheckDependencies } from './check';

/** Clocks differ, and the list has whole seconds. */
const MARGIN_SECONDS = 60;

/** Pages of 50: a thousand tasks of others since the POST are more than one pipeline's key should share. */
const MAX_PAGES = 20;

const MAX_SHOWN = 5;

/** Reads of our own table for rows of the right model and time. */
const MAX_LOOKED_UP = 50;

/**
 * Tasks of the account that may be the one of this attempt: of its model and time, and of no attempt on record. For a
 * person: the list has no prompt, it is the whole account's and it lags, so it proves neither that one of them is ours nor
 * that there is none. Newest first, up to the first page that is older than the POST.
 */
export async function findCandidates(attempt: Attempt, dependencies: CheckDependencies): Promise<string[]> {
  try {
    return await search(attempt, dependencies);
  } catch (error) {
    if (!isQueryError(error)) throw error;
    logger.warn('the list of tasks could not be read', { job_id: attempt.jobId, ...describeError(error) });
    return [];
  }
}

async function search(attempt: Attempt, { provider, table, now, deadline }: CheckDependencies): Promise<string[]> {
  const sentAt = (attempt.sendingSince ?? attempt.createdAt) / 1_000;
  const lastAt = (attempt.submitError?.at ?? now()) / 1_000;
  const found: string[] = [];
  let lookedUp = 0;
  for (let page = 1; page <= MAX_PAGES && now() < deadline; page++) {
    const list = await provider.query((client) => client.listTasks({ page, pageSize: MAX_TASKS_PER_QUERY }));
    const ahead = list.serverTime === undefined ? 0 : (list.serverTime - now()) / 1_000;
    const isOlder = ({ createdAt }: TaskListEntry) =>
      createdAt !== undefined && createdAt - ahead < sentAt - MARGIN_SECONDS;
    const isOfItsTime = (entry: TaskListEntry) =>
      !isOlder(entry) && (entry.createdAt === undefined || entry.createdAt - ahead <= lastAt + MARGIN_SECONDS);
    for (const entry of list.entries) {
      const isLike = isOfItsTime(entry) && (entry.model === undefined || entry.model === attempt.model);
      if (!isLike || found.includes(entry.id)) continue;
      if (++lookedUp > MAX_LOOKED_UP) return found;
      if (!(await table.isLinked(entry.id))) found.push(entry.id);
      if (found.length >= MAX_SHOWN) return found;
    }
    if (list.entries.length === 0 || list.entries.every(isOlder)) return found;
  }
  return found;
}
