import { TABLE } from '../../../domain/constants';
import type { Attempt } from './attempt';
import { ATTEMPT_ID_PATTERN } from './attempt';

/**
 * Items of the attempt table. One attempt is one partition: its state, its immutable request, what EvoLink answered,
 * and a line for each archived image. Beside them, a marker for each task id and the ledger.
 */
export const SORT_KEY = {
  attempt: 'attempt',
  requestPrefix: 'request#',
  outcome: 'outcome',
  references: 'references',
  imagePrefix: 'image#',
} as const;

/** Step Functions frees an execution's name after 90 days; until a good while later the row guards it. */
const ATTEMPT_LIFETIME_SECONDS = 120 * 24 * 60 * 60;

type Key = Record<'pk' | 'sk', string>;

export const attemptPartition = (attemptId: string): string => `attempt#${attemptId}`;
export const attemptKey = (attemptId: string): Key => ({ pk: attemptPartition(attemptId), sk: SORT_KEY.attempt });
/** By execution: what a crashed claim of another execution of this name left behind is not this one's request. */
export const requestKey = (attemptId: string, executionStartedAt: string): Key => ({
  pk: attemptPartition(attemptId),
  sk: SORT_KEY.requestPrefix + executionStartedAt,
});
export const outcomeKey = (attemptId: string): Key => ({ pk: attemptPartition(attemptId), sk: SORT_KEY.outcome });
export const referencesKey = (attemptId: string): Key => ({
  pk: attemptPartition(attemptId),
  sk: SORT_KEY.references,
});
export const imageKey = (attemptId: string, index: number): Key => ({
  pk: attemptPartition(attemptId),
  sk: `${SORT_KEY.imagePrefix}${String(index).padStart(2, '0')}`,
});

/** How many tasks run and wait, and until when EvoLink wants to be left alone: one item, changed with the attempts. */
export const SLOTS_KEY: Key = { pk: 'slots', sk: 'slots' };

/** Entries of the queue lie in one partition, by tenant and then by age: read consistently, so none is overlooked. */
export const QUEUE_PARTITION = 'queue';
export const queueEntry = ({ tenant, createdAt, attemptId }: Pick<Attempt, 'tenant' | 'createdAt' | 'attemptId'>) =>
  `${tenant}#${new Date(createdAt).toISOString()}#${attemptId}`;
export const queueKey = (entry: string): Key => ({ pk: QUEUE_PARTITION, sk: entry });
/** Sorts behind every entry of a tenant and before those of the next. */
export const behindTenant = (tenant: string): string => `${tenant}#\uffff`;

/** The end of an execution, so that it is counted once. */
export const endedKey = (executionArn: string, startedAt: string): Key => ({
  pk: `ended#${executionArn}`,
  sk: startedAt,
});

/** Exists once for each task id: two attempts can never own the same task. */
export const taskKey = (taskId: string): Key => ({ pk: `task#${taskId}`, sk: 'task' });

export const expiresAt = (createdAt: number): number => Math.floor(createdAt / 1_000) + ATTEMPT_LIFETIME_SECONDS;

/** DynamoDB deletes an expired item some days late; until then it is still read. */
export const isExpired = (item: Record<string, unknown>, now: number): boolean =>
  typeof item.expiresAt === 'number' && item.expiresAt <= Math.floor(now / 1_000);

/** Spreads open attempts over the shards of the index; the id is a hash already. */
export const openShard = (attemptId: string): string =>
  `open#${(Buffer.from(attemptId, 'base64url')[0] ?? 0) % TABLE.openShards}`;

export const allOpenShards = (): string[] => Array.from({ length: TABLE.openShards }, (_, shard) => `open#${shard}`);

export function attemptIdOfKey(pk: unknown): string | undefined {
  const id = String(pk).replace(/^attempt#/, '');
  return ATTEMPT_ID_PATTERN.test(id) ? id : undefined;
}
