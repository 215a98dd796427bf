/** Finished tasks by the hundred thousand, for tests of accounts with a long history. */
import type { Accounts, ApiKey } from './accounts';
import type { ValidRequest } from './contract';
import { creditUnits } from './credits';
import { MODEL_NAMES, modelOf, type Model } from './models';
import { AUTO_CHOICE } from './sizes';
import type { Task } from './task';
import { TASK_ID_PREFIX } from './task-ids';
import type { Tasks } from './tasks';

/**
 * Which tasks to add. They are finished, have no rule, no callback and no file (a link that a query shows answers 404),
 * are charged to nobody, and are not among `tasks()`: only the list, the batch and the query show them.
 */
export interface SeedOptions {
  /** 1 to 1000000. */
  readonly count: number;
  /** The key that sent them. @default - the first key */
  readonly key?: string;
  /** @default 'gpt-image-2' */
  readonly model?: string;
  /** Seconds between two of them; the newest is of now. @default 1 */
  readonly everySeconds?: number;
  /** @default 'completed' */
  readonly status?: 'completed' | 'failed' | 'cancelled';
  /** What the list shows as the charge of each completed one, decimal text. @default '0.3682' */
  readonly creditsUsed?: string;
}

const MOST = 1_000_000;
const FIELDS = ['count', 'key', 'model', 'everySeconds', 'status', 'creditsUsed'];
const STATUSES = ['completed', 'failed', 'cancelled'];

/** Shared by all: a seeded task costs a few hundred bytes. */
const NO_EVENTS: never[] = [];
const NO_FILE = [{ fileId: '0'.repeat(32), number: 1 }];

/** Throws TypeError or RangeError for options that make no sense, and then adds nothing. */
export function seedTasks(tasks: Tasks, accounts: Accounts, now: number, options: SeedOptions): void {
  const { count, everySeconds = 1, status = 'completed', creditsUsed = '0.3682' } = options;
  const unknown = Object.keys(options).filter((name) => !FIELDS.includes(name));
  if (unknown.length > 0) throw new TypeError(`There is no '${unknown.join("', '")}'; there is ${FIELDS.join(', ')}.`);
  if (!Number.isSafeInteger(count) || count < 1 || count > MOST) {
    throw new RangeError(`'count' is a whole number from 1 to ${MOST}, not ${count}.`);
  }
  if (!Number.isSafeInteger(everySeconds) || everySeconds < 0) {
    throw new RangeError(`'everySeconds' is a whole number from 0, not ${everySeconds}.`);
  }
  if (!STATUSES.includes(status)) throw new TypeError(`'status' is one of ${STATUSES.join(', ')}, not '${status}'.`);
  const model = modelOf(options.model ?? 'gpt-image-2');
  if (model === undefined) throw new RangeError(`'model' is one of ${MODEL_NAMES.join(', ')}, not '${options.model}'.`);
  const apiKey = accounts.find(options.key);
  const usedUnits = status === 'completed' ? creditUnits(creditsUsed) : 0;
  const request = requestOf(model);
  const made = Array.from({ length: count }, (_, index) =>
    seeded({ tasks, apiKey, request, status, usedUnits, at: now - 1000 * everySeconds * (count - 1 - index) }),
  );
  tasks.addSeeded(made);
}

function seeded(seed: {
  readonly tasks: Tasks;
  readonly apiKey: ApiKey;
  readonly request: ValidRequest;
  readonly status: 'completed' | 'failed' | 'cancelled';
  readonly usedUnits: number;
  readonly at: number;
}): Task {
  const { tasks, apiKey, request, status, usedUnits, at } = seed;
  const sequence = tasks.nextSequence();
  return {
    id: `${TASK_ID_PREFIX}${Math.floor(at / 1000)}-${sequence.toString(36).padStart(8, '0')}`,
    sequence,
    apiKey,
    request,
    createdAt: at,
    reservedUnits: usedUnits,
    state: status,
    listedAs: status,
    settledAt: at,
    usedUnits,
    refund: status === 'completed' ? 'not_required' : 'completed',
    refundedAt: status === 'completed' ? undefined : at,
    error: status === 'failed' ? { code: 'service_error', message: 'Simulated failure: service_error' } : undefined,
    delivered: AUTO_CHOICE,
    images: status === 'completed' ? NO_FILE : [],
    callbacks: NO_EVENTS,
    downloads: NO_EVENTS,
  };
}

function requestOf(model: Model): ValidRequest {
  const body = { model: model.name, prompt: 'a seeded task' };
  const { name, billing, defaultQuality: quality } = model;
  return { model: name, billing, prompt: body.prompt, quality, n: 1, references: 0, body };
}
