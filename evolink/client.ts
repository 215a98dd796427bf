/**
 * The client for EvoLink's image API. Each method makes exactly one HTTP exchange: whether a call is made again is
 * decided by who knows what a second one may cost.
 */
import { Caller, type Call, type EvolinkClientOptions } from './call';
import { EvolinkInvalidRequestError } from './errors';
import type { PublicPrices } from '../domain/price-comparison';
import { readPriceRules } from './price-rules';
import { readCredits } from './read-credits';
import { readModels } from './read-models';
import { isTaskId, readSubmittedTask, readTask, readTasks } from './read-task';
import { readTaskList } from './read-task-list';
import { redactor } from './redact';
import { requestIdOf, serverTimeOf } from './reply-errors';
import type { HttpReply } from './transport';
import type { Credits, SubmitRequest, SubmittedTask, Task, TaskList } from './types';

export type { EvolinkCallEvent, EvolinkClientOptions } from './call';

export interface SubmitOptions {
  /**
   * 16 to 96 of `A-Za-z0-9._-`. EvoLink's client relies on it for minutes: the same key with the same body and the same
   * API key is the same submission. No page of EvoLink promises it.
   */
  readonly idempotencyKey: string;
  /** Time for the whole exchange in milliseconds. @default 30000 */
  readonly timeoutMs?: number;
}

export interface QueryOptions {
  /** Time for the whole exchange in milliseconds. @default - that of the client */
  readonly timeoutMs?: number;
}

export interface ListOptions extends QueryOptions {
  readonly model?: string;
  /** `processing` includes tasks that are queued. */
  readonly status?: 'processing' | 'completed' | 'failed' | 'cancelled';
  readonly type?: string;
  /** From 1. @default 1 */
  readonly page?: number;
  /** 1 to 50. @default 20 */
  readonly pageSize?: number;
}

/** Tasks of one page, and of one batch: EvoLink's client never asks for more. */
export const MAX_TASKS_PER_QUERY = 50;

const DEFAULT_PAGE_SIZE = 20;
const SUBMIT_TIMEOUT_MS = 30_000;

/** EvoLink's client waits so long, too: reading a task that runs makes EvoLink ask its own provider. */
const QUERY_TIMEOUT_MS = 15_000;

/** EvoLink's client reads no larger price rules. */
const MAX_PRICE_RULES_BYTES = 2 * 1_048_576;

/** The eight fields of EvoLink's page. Others exist in some revisions of its documentation: never sent. */
const SUBMIT_FIELDS = [
  'model',
  'prompt',
  'size',
  'resolution',
  'quality',
  'n',
  'image_urls',
  'callback_url',
] as const satisfies readonly (keyof SubmitRequest)[];

/** Every method rejects with a subclass of `EvolinkError` when the call fails. */
export class EvolinkClient {
  private readonly caller: Caller;

  /** @throws TypeError for options that no call could work with */
  constructor(private readonly options: EvolinkClientOptions) {
    this.caller = new Caller(options);
  }

  /**
   * Starts a paid task. Never repeated by the client; `outcome` of the error says whether there may be a task. Made again
   * with an equal request, the same idempotency key and the same API key, it sends the very same bytes.
   * @throws TypeError for an idempotency key of another form: nothing was sent
   */
  async submit(request: SubmitRequest, options: SubmitOptions): Promise<SubmittedTask> {
    if (!/^[A-Za-z0-9._-]{16,96}$/.test(options.idempotencyKey)) {
      throw new TypeError('idempotencyKey must be 16 to 96 of A-Za-z0-9._-');
    }
    const redact = redactor({
      apiKey: this.options.apiKey,
      prompt: request.prompt,
      callbackUrl: request.callback_url,
    });
    return this.caller.call({
      method: 'POST',
      submission: true,
      route: '/v1/images/generations',
      headers: {
        'Content-Type': 'application/json',
        'Idempotency-Key': options.idempotencyKey,
        // EvoLink's client sends the same value twice; which of the two its gateway reads is not documented.
        'X-Evo-Run-Id': options.idempotencyKey,
      },
      body: JSON.stringify(Object.fromEntries(SUBMIT_FIELDS.map((field) => [field, request[field]]))),
      timeoutMs: options.timeoutMs ?? SUBMIT_TIMEOUT_MS,
      redact,
      read: (body, reply) => {
        const task = readSubmittedTask(body);
        if (task === undefined) return undefined;
        const replayed = isReplayed(reply) ? { replayed: true } : {};
        return { ...task, serverTime: serverTimeOf(reply), requestId: requestIdOf(reply, redact), ...replayed };
      },
    });
  }

  /** The task as it is now. Not more often than every 3 s per task: each read makes EvoLink ask its own provider. */
  async getTask(id: string, options: QueryOptions = {}): Promise<Task> {
    const route = '/v1/tasks/{id}';
    // EvoLink's own answer to such an id, without asking: ids come from callbacks, which anybody can write.
    if (!isTaskId(id)) {
      throw new EvolinkInvalidRequestError(`GET ${route}: not a task id`, { code: 'invalid_task_id' });
    }
    return this.query(route, options, {
      path: `/v1/tasks/${encodeURIComponent(id)}`,
      read: (body, reply) => {
        const task = readTask(body, id, this.caller.redactKey);
        return task && { ...task, requestId: requestIdOf(reply, this.caller.redactKey) };
      },
    });
  }

  /**
   * So many tasks in one call, with their links. A task that EvoLink does not know, that has expired or that belongs to
   * another account is left out.
   * @param ids - at most 50
   * @throws TypeError for more ids, or for one that can be none
   */
  async getTasks(ids: readonly string[], options: QueryOptions = {}): Promise<Task[]> {
    if (ids.length > MAX_TASKS_PER_QUERY || !ids.every(isTaskId)) {
      throw new TypeError(`ids must be at most ${MAX_TASKS_PER_QUERY} task ids`);
    }
    return this.caller.call({
      method: 'POST',
      route: '/v1/tasks/batch',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ task_ids: ids }),
      timeoutMs: this.queryTimeout(options),
      redact: this.caller.redactKey,
      read: (body) => readTasks(body, ids, this.caller.redactKey),
    });
  }

  /** One page of the account's tasks, newest first. Of a lost submission it tells model and time, not the prompt. */
  async listTasks(options: ListOptions = {}): Promise<TaskList> {
    const { model, status, type, page = 1, pageSize = DEFAULT_PAGE_SIZE } = options;
    const filters = { model, status, type, page: page.toString(), page_size: pageSize.toString() };
    const given = Object.entries(filters).filter((entry): entry is [string, string] => entry[1] !== undefined);
    return this.query('/v1/tasks', options, {
      path: `/v1/tasks?${new URLSearchParams(given).toString()}`,
      read: (body, reply) => {
        const list = readTaskList(body, { page, pageSize });
        return list && { ...list, serverTime: serverTimeOf(reply) };
      },
    });
  }

  /** What the account and this key have left. Free of charge: also the way to check a key. */
  async getCredits(options: QueryOptions = {}): Promise<Credits> {
    return this.query('/v1/credits', options, { read: readCredits });
  }

  /** The models that this key may use. Free of charge. */
  async getModels(options: QueryOptions = {}): Promise<string[]> {
    return this.query('/v1/models', options, { read: readModels });
  }

  /**
   * EvoLink's public prices of a model. Free; the key is not sent, so discounts of an account are not in them.
   * @throws EvolinkNotFoundError for a model without public prices
   */
  async getPriceRules(model: string, options: QueryOptions = {}): Promise<PublicPrices> {
    return this.query('/v1/catalog/models/{model}/pricing-rules', options, {
      path: `/v1/catalog/models/${encodeURIComponent(model)}/pricing-rules?view=full`,
      anonymous: true,
      maxReplyBytes: MAX_PRICE_RULES_BYTES,
      read: (body, reply) => readPriceRules(body, model, serverTimeOf(reply)),
    });
  }

  private query<T>(
    route: string,
    options: QueryOptions,
    rest: Pick<Call<T>, 'path' | 'read' | 'anonymous' | 'maxReplyBytes'>,
  ): Promise<T> {
    const timeoutMs = this.queryTimeout(options);
    return this.caller.call({ method: 'GET', route, timeoutMs, redact: this.caller.redactKey, ...rest });
  }

  private queryTimeout({ timeoutMs }: QueryOptions): number {
    return timeoutMs ?? this.options.queryTimeoutMs ?? QUERY_TIMEOUT_MS;
  }
}

function isReplayed({ headers }: HttpReply): boolean {
  return String(headers['idempotency-replayed'] ?? '').toLowerCase() === 'true';
}
