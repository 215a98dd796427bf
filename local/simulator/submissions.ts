/** `POST /v1/images/generations`, with a record of every POST that was seen. */
import { remainingUnits, type Accounts, type ApiKey } from './accounts';
import { ApiError } from './api-error';
import type { SimulatorClock } from './clock';
import { readSubmission, type ValidRequest } from './contract';
import { creditNumber, creditText } from './credits';
import { faultReply, statusOf } from './fault-reply';
import type { Rule } from './faults';
import { replyOf, type Call, type Reply } from './http';
import type { FirstPost, IdempotencyLedger } from './idempotency';
import type { Script } from './script';
import type { Task } from './task';
import type { Tasks } from './tasks';
import type { Submission } from './types';
import { createdView } from './views';

type OpenSubmission = { -readonly [Name in keyof Submission]: Submission[Name] };

/** A POST that passed authentication and validation. */
interface Valid {
  readonly apiKey: ApiKey;
  readonly request: ValidRequest;
  readonly idempotencyKey?: string;
  readonly body: Buffer;
  readonly seen: OpenSubmission;
  readonly rule?: Rule;
}

export interface SubmissionOptions {
  readonly allowLocalCallbacks: boolean;
  readonly concurrencyLimit: number;
  readonly taskView: (task: Task) => unknown;
}

export class Submissions {
  private readonly seen: OpenSubmission[] = [];

  constructor(
    private readonly tasks: Tasks,
    private readonly accounts: Accounts,
    private readonly ledger: IdempotencyLedger,
    private readonly script: Script,
    private readonly clock: SimulatorClock,
    private readonly options: SubmissionOptions,
  ) {}

  all(): Submission[] {
    return this.seen.map((submission) => ({ ...submission }));
  }

  clear(): void {
    this.seen.length = 0;
  }

  async submit(call: Call): Promise<Reply> {
    const seen: OpenSubmission = {
      at: this.clock.now(),
      idempotencyKey: call.headers['idempotency-key']?.toString(),
      runId: call.headers['x-evo-run-id']?.toString(),
    };
    this.seen.push(seen);
    const reply = await this.replyTo(call, seen);
    if (reply.drop === true) seen.fault = 'dropped';
    else seen.status = reply.status;
    return reply;
  }

  private async replyTo(call: Call, seen: OpenSubmission): Promise<Reply> {
    try {
      const apiKey = this.accounts.authenticate(call.headers.authorization);
      if (apiKey === undefined) throw ApiError.of('unauthorized');
      const { idempotencyKey } = seen;
      const { number, first } = this.ledger.seen(apiKey.account, idempotencyKey);
      seen.post = number;
      apiKey.usage.admit('submit');
      const request = readSubmission(parseJson(call.body), this.options);
      Object.assign(seen, { model: request.model, prompt: request.prompt });
      const subject = { ...request, post: number };
      const rule =
        first === undefined ? this.script.forSubmission(subject) : this.script.forRepeat(subject, first.task?.rule);
      seen.rule = rule?.label;
      const valid = { apiKey, request, idempotencyKey, body: call.body, seen, rule };
      return first === undefined ? await this.first(valid) : this.repeat(valid, first);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      seen.code = error.facts.code;
      return replyOf(error);
    }
  }

  private async first(valid: Valid): Promise<Reply> {
    const { apiKey, idempotencyKey, rule, seen } = valid;
    const fault = rule?.submit;
    const status = fault === undefined ? undefined : statusOf(fault, 'submit');
    if (status !== undefined) Object.assign(seen, { fault: 'reply', code: fault?.code });
    const post = this.ledger.begin(apiKey.account, idempotencyKey, valid.body);
    // The account's own limits do not matter to a request that EvoLink never got to look at.
    if (fault !== undefined && !(fault.createTask ?? (status ?? 200) < 300)) {
      const refusal = faultReply(fault, { status: 500 }, 'submit');
      const neverArrived = fault.dropReply === true;
      return this.withEnd(refusal, post, () => {
        if (neverArrived) this.ledger.forget(apiKey.account, idempotencyKey, post);
        else this.ledger.refused(apiKey.account, idempotencyKey, post, refusal);
      });
    }
    try {
      const reply = await this.create(valid, post);
      return this.withEnd(fault === undefined ? reply : faultReply(fault, reply, 'submit'), post);
    } catch (error) {
      if (error instanceof ApiError) this.ledger.refused(apiKey.account, idempotencyKey, post, replyOf(error));
      if (post !== undefined) post.open = false;
      throw error;
    }
  }

  /** Answers a POST whose key is remembered: never with another task. */
  private repeat({ rule, seen, body }: Valid, first: FirstPost): Reply {
    const fault = rule?.submit;
    const status = fault === undefined ? undefined : statusOf(fault, 'submit');
    if (status !== undefined) Object.assign(seen, { fault: 'reply', code: fault?.code });
    if (fault !== undefined && (status ?? 200) >= 300) {
      seen.taskId = first.task?.id;
      return faultReply(fault, { status: 500 }, 'submit');
    }
    this.ledger.check(first, body);
    const headers = { 'idempotency-replayed': 'true' };
    Object.assign(seen, { replayed: true, taskId: first.task?.id });
    const reply: Reply =
      first.task === undefined
        ? { ...first.refusal!, headers: { ...first.refusal?.headers, ...headers } }
        : { status: 200, body: this.options.taskView(first.task), headers };
    return fault === undefined ? reply : faultReply(fault, reply, 'submit');
  }

  /** The first POST is over when its reply has left. */
  private withEnd(reply: Reply, post: FirstPost | undefined, atEnd?: () => void): Reply {
    const sent = () => {
      if (post !== undefined) post.open = false;
      atEnd?.();
    };
    return { ...reply, sent };
  }

  private async create({ apiKey, request, seen, rule }: Valid, post: FirstPost | undefined): Promise<Reply> {
    apiKey.usage.admitModel(request.model);
    if (this.tasks.openTasks(apiKey) >= this.options.concurrencyLimit) {
      throw ApiError.of('rate_limit_exceeded', { headers: { 'retry-after': '1' } });
    }
    const task: Task | undefined = this.tasks.create(apiKey, request, rule);
    if (task === undefined) throw this.insufficient(apiKey, request);
    seen.taskId = task.id;
    if (post !== undefined) post.task = task;
    const reply = { status: 200, body: createdView(task) };
    if (rule?.callback?.deliver === 'before-reply') await this.tasks.settle(task);
    return reply;
  }

  private insufficient({ account }: ApiKey, request: ValidRequest): ApiError {
    const remaining = remainingUnits(account);
    return ApiError.of('insufficient_quota', {
      message: `Insufficient quota: ${creditText(remaining)} credits are left.`,
      fields: {
        estimated_credits: creditNumber(this.tasks.holdOf(request)),
        account_balance_credits: creditNumber(remaining),
      },
    });
  }
}

export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw ApiError.of('invalid_request', { message: 'The body is not valid JSON.' });
  }
}
