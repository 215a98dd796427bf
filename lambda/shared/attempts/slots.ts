import type { DynamoDBDocumentClient, TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Attempt } from './attempt';
import { conditionalUpdate } from './conditional-update';
import * as items from './items';

type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/**
 * The slots of `maxConcurrentTasks`. A slot belongs to its attempt: it is taken in the transaction that lets the attempt
 * through and freed in the one that ends it, never by a time limit. So no crash loses one, and none is invented.
 */
export interface SlotRules {
  readonly tableName: string;
  /** Tasks at EvoLink at once. @default - as many as there are */
  readonly maxConcurrentTasks?: number;
}

/** What is in the item. */
export interface Slots {
  readonly taken: number;
  readonly queued: number;
  /** EvoLink had too many requests (429): nothing is sent until then. Epoch milliseconds. */
  readonly pausedUntil: number;
  /** Pauses in a row: each is longer than the one before. */
  readonly strikes: number;
  /** Whose turn it was last. */
  readonly lastTenant: string;
}

const EMPTY: Slots = { taken: 0, queued: 0, pausedUntil: 0, strikes: 0, lastTenant: '' };

export async function readSlots(client: DynamoDBDocumentClient, tableName: string): Promise<Slots> {
  const { Item } = await client.send(
    new GetCommand({ TableName: tableName, Key: items.SLOTS_KEY, ConsistentRead: true }),
  );
  return { ...EMPTY, ...(Item as Partial<Slots> | undefined) };
}

const NOT_PAUSED = '(attribute_not_exists(pausedUntil) OR pausedUntil <= :now)';
const SLOT_FREE = '(attribute_not_exists(taken) OR taken < :max)';
const NOBODY_QUEUES = '(attribute_not_exists(queued) OR queued <= :none)';

/** A new job takes a slot at once: only where none waits longer than it does. */
export function takeSlot({ tableName, maxConcurrentTasks }: SlotRules, now: number): TransactItem {
  return {
    Update: {
      TableName: tableName,
      Key: items.SLOTS_KEY,
      UpdateExpression: 'ADD taken :one',
      ConditionExpression: `${SLOT_FREE} AND ${NOBODY_QUEUES} AND ${NOT_PAUSED}`,
      ExpressionAttributeValues: { ':one': 1, ':none': 0, ':max': maxConcurrentTasks, ':now': now },
    },
  };
}

/**
 * An attempt joins the queue, where it has to: put there while a slot is free it would wait for an end that wakes nobody.
 */
export function joinQueue({ tableName, maxConcurrentTasks }: SlotRules, now: number): TransactItem {
  const limited = maxConcurrentTasks !== undefined;
  return {
    Update: {
      TableName: tableName,
      Key: items.SLOTS_KEY,
      UpdateExpression: 'ADD queued :one',
      ConditionExpression: limited ? 'taken >= :max OR queued > :none OR pausedUntil > :now' : 'pausedUntil > :now',
      ExpressionAttributeValues: {
        ':one': 1,
        ':now': now,
        ...(limited ? { ':max': maxConcurrentTasks, ':none': 0 } : {}),
      },
    },
  };
}

/**
 * The next attempt of the queue is let through, if it is still that tenant's turn: of dispatchers that saw the same turn
 * one takes it, and the others look again.
 */
export function takeSlotFromQueue(
  { tableName, maxConcurrentTasks }: SlotRules,
  { tenant, lastTenant }: { readonly tenant: string; readonly lastTenant: string },
  now: number,
) {
  const isItsTurn = lastTenant === '' ? 'attribute_not_exists(lastTenant)' : 'lastTenant = :lastTenant';
  const limited = maxConcurrentTasks !== undefined;
  return {
    Update: {
      TableName: tableName,
      Key: items.SLOTS_KEY,
      UpdateExpression: `SET lastTenant = :tenant ADD queued :less${limited ? ', taken :one' : ''}`,
      ConditionExpression: [...(limited ? [SLOT_FREE] : []), NOT_PAUSED, isItsTurn].join(' AND '),
      ExpressionAttributeValues: {
        ':tenant': tenant,
        ...(lastTenant === '' ? {} : { ':lastTenant': lastTenant }),
        ':less': -1,
        ':now': now,
        ...(limited ? { ':one': 1, ':max': maxConcurrentTasks } : {}),
      },
    },
  } satisfies TransactItem;
}

/** What an attempt gives back when it ends: its place in the queue, or its slot. */
export function leaveQueueOrSlot(
  tableName: string,
  { queueEntry, slot, lostAt }: Pick<Attempt, 'queueEntry' | 'slot' | 'lostAt'>,
): TransactItem[] {
  if (queueEntry !== undefined) {
    return [count(tableName, 'queued'), { Delete: { TableName: tableName, Key: items.queueKey(queueEntry) } }];
  }
  // A lost attempt gave its slot back when it was given up.
  return slot === true && lostAt === undefined ? [count(tableName, 'taken')] : [];
}

function count(tableName: string, what: 'queued' | 'taken'): TransactItem {
  return {
    Update: {
      TableName: tableName,
      Key: items.SLOTS_KEY,
      UpdateExpression: `ADD ${what} :less`,
      ExpressionAttributeValues: { ':less': -1 },
    },
  };
}

/** Pauses without `Retry-After`, by their place in a row: EvoLink's client advises 30 s, the longer ones are our own. */
const PAUSE_SECONDS = [30, 60, 120];

/** After so long without a refusal the next one counts as the first. */
const FORGIVEN_AFTER_MS = 5 * 60_000;

/**
 * EvoLink had too many requests from this key: the whole pipeline is quiet for a while, not only the job that was told.
 * Refusals of what was sent before the pause began add no strike of their own.
 */
export async function pauseSending(
  client: DynamoDBDocumentClient,
  tableName: string,
  now: number,
  retryAfterSeconds?: number,
): Promise<void> {
  const { pausedUntil, strikes: before } = await readSlots(client, tableName);
  const strikes = pausedUntil > now ? before : now - pausedUntil < FORGIVEN_AFTER_MS ? before + 1 : 1;
  const seconds = retryAfterSeconds ?? PAUSE_SECONDS[Math.min(strikes, PAUSE_SECONDS.length) - 1] ?? 30;
  // A tenth more, at random: other pipelines with this key were told the same.
  const until = now + Math.ceil(seconds * 1_000 * (1 + Math.random() / 10));
  await conditionalUpdate(client, tableName, {
    key: items.SLOTS_KEY,
    orCreate: true,
    set: { pausedUntil: until, strikes },
    condition: 'attribute_not_exists(pausedUntil) OR pausedUntil < :pausedUntil',
  });
}
