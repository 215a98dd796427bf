/**
 * The client for EvoLink's image API. Each method makes exactly one HTTP exchange: whether a call is made again is
 * decided by who knows what a second one may cost.
 */
import { Caller, type Call, type EvolinkClientOptions } from './call';
import { EvolinkInvalidRequestError } from './errors';
import type { PublicPrices } from '../domain/price-comparison';
import { readPriceRules } from './price-rules';
import { readCredits } from './read-credits';
import { isTaskId, readSubmittedTask, readTask } from './read-task';
import { readTaskList } from './read-task-list';
import { redactor } from './redact';
import { requestIdOf, serverTimeOf } from './reply-errors';
import type { Credits, SubmitRequest, SubmittedTask, Task, TaskList } from './types';

export type { EvolinkCallEvent, EvolinkClientOptions } from './call';

export interface SubmitOptions {
  /** 16 to 96 of `A-Za-z0-9._-`. EvoLink may ignore it: never a reason to submit twice. */
  readonly idempotencyKey: string;
  /** Time for the whole exchange in milliseconds. @default 30000 */
  readonly timeoutMs?: number;
}

export interface QueryOptions {
  /** Time for the whole exchange in milliseconds. @default 4000 */
  readonly timeoutMs?: number;
}

export interface ListOptions extends QueryOptions {
  readonly model?: string;
  readonly status?: string;
  readonly type?: string;
  /** From 1. @default 1 */
  readonly page?: number;
  /** @default - EvoLink's own */
  readonly pageSize?: number;
}

const SUBMIT_TIMEOUT_MS = 30_000;
const QUERY_TIMEOUT_MS = 4_000;
/** As EvoLink's own client has them. */
const PRICE_RULES_TIMEOUT_MS = 15_000;
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
   * Starts a paid task. Never repeated by the client; `outcome` of the error says whether there may be a task.
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
      route: '/v1/images/generations',
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': options.idempotencyKey },
      body: JSON.stringify(Object.fromEntries(SUBMIT_FIELDS.map((field) => [field, request[field]]))),
      timeoutMs: options.timeoutMs ?? SUBMIT_TIMEOUT_MS,
      redact,
      read: (body, reply) => {
        const task = readSubmittedTask(body);
        return task && { ...task, serverTime: serverTimeOf(reply), requestId: requestIdOf(reply, redact) };
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

  /** One page of the account's tasks. Of a lost submission it tells model and time, not the prompt. */
  async listTasks(options: ListOptions = {}): Promise<TaskList> {
    const { model, status, type, page, pageSize } = options;
    const filters = { model, status, type, page: page?.toString(), page_size: pageSize?.toString() };
    const given = Object.entries(filters).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const query = new URLSearchParams(given).toString();
    return this.query('/v1/tasks', options, {
      path: query === '' ? '/v1/tasks' : `/v1/tasks?${query}`,
      read: (body, reply) => {
        const list = readTaskList(body, { page: page ?? 1, pageSize });
        return list && { ...list, serverTime: serverTimeOf(reply) };
      },
    });
  }

  /** What the account and this key have left. Free of charge: also the way to check a key. */
  async getCredits(options: QueryOptions = {}): Promise<Credits> {
    return this.query('/v1/credits', options, { read: readCredits });
  }

  /**
   * EvoLink's public prices of a model. Free; the key is not sent, so discounts of an account are not in them.
   * @throws EvolinkNotFoundError for a model without public prices
   */
  async getPriceRules(model: string, { timeoutMs = PRICE_RULES_TIMEOUT_MS }: QueryOptions = {}): Promise<PublicPrices> {
    return this.query(
      '/v1/catalog/models/{model}/pricing-rules',
      { timeoutMs },
      {
        path: `/v1/catalog/models/${encodeURIComponent(model)}/pricing-rules?view=full`,
        anonymous: true,
        maxReplyBytes: MAX_PRICE_RULES_BYTES,
        read: (body, reply) => readPriceRules(body, model, serverTimeOf(reply)),
      },
    );
  }

  private query<T>(
    route: string,
    options: QueryOptions,
    rest: Pick<Call<T>, 'path' | 'read' | 'anonymous' | 'maxReplyBytes'>,
  ): Promise<T> {
    const timeoutMs = options.timeoutMs ?? QUERY_TIMEOUT_MS;
    return this.caller.call({ method: 'GET', route, timeoutMs, redact: this.caller.redactKey, ...rest });
  }
}
