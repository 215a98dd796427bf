/** `POST /v1/images/generations`, with a record of every POST that was seen. */
import { remainingUnits, type Account, type Accounts } from './accounts';
import { ApiError } from './api-error';
import { creditText } from './billing';
import type { SimulatorClock } from './clock';
import { readSubmission, type ValidRequest } from './contract';
import { faultReply } from './fault-reply';
import type { Rule, Script } from './faults';
import { replyOf, type Call, type Reply } from './http';
import type { Task, Tasks } from './tasks';
import type { Submission } from './types';
import { createdView } from './views';

type OpenSubmission = { -readonly [Name in keyof Submission]: Submission[Name] };

export class Submissions {
  private readonly seen: OpenSubmission[] = [];

  constructor(
    private readonly tasks: Tasks,
    private readonly accounts: Accounts,
    private readonly script: Script,
    private readonly clock: SimulatorClock,
    private readonly options: { readonly allowLocalCallbacks: boolean; readonly concurrencyLimit: number },
  ) {}

  all(): Submission[] {
    return this.seen.map((submission) => ({ ...submission }));
  }

  clear(): void {
    this.seen.length = 0;
  }

  async submit(call: Call): Promise<Reply> {
    const idempotencyKey = call.headers['idempotency-key'];
    const seen: OpenSubmission = { at: this.clock.now(), idempotencyKey: idempotencyKey?.toString() };
    this.seen.push(seen);
    const reply = await this.replyTo(call, seen);
    if (reply.drop === true) seen.fault = 'dropped';
    else seen.status = reply.status;
    return reply;
  }

  private async replyTo(call: Call, seen: OpenSubmission): Promise<Reply> {
    try {
      const account = this.accounts.authenticate(call.headers.authorization);
      if (account === undefined) throw ApiError.of('unauthorized');
      const request = readSubmission(parseJson(call.body), this.options);
      Object.assign(seen, { model: request.model, prompt: request.prompt });
      const rule = this.script.forSubmission(request);
      seen.rule = rule?.label;
      const fault = rule?.submit;
      if (fault?.status !== undefined) Object.assign(seen, { fault: 'reply', code: fault.code });
      // The account's own limits do not matter to a request that EvoLink never got to look at.
      const createTask = fault?.createTask ?? (fault?.status ?? 200) < 300;
      if (!createTask) return faultReply(fault!, { status: 500 });
      const reply = await this.create(account, request, seen, rule);
      return fault === undefined ? reply : faultReply(fault, reply);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      seen.code = error.facts.code;
      return replyOf(error);
    }
  }

  private async create(account: Account, request: ValidRequest, seen: OpenSubmission, rule?: Rule): Promise<Reply> {
    if (account.models !== undefined && !account.models.includes(request.model)) throw ApiError.of('modelDenied');
    if (this.tasks.openTasks(account) >= this.options.concurrencyLimit) {
      throw ApiError.of('rateLimited', { headers: { 'retry-after': '1' } });
    }
    const task: Task | undefined = this.tasks.create(account, request, rule);
    if (task === undefined) {
      const message = `Insufficient quota: ${creditText(remainingUnits(account))} credits are left.`;
      throw ApiError.of('insufficientQuota', { message });
    }
    seen.taskId = task.id;
    const reply = { status: 200, body: createdView(task) };
    if (rule?.callback?.deliver === 'before-reply') await this.tasks.settle(task);
    return reply;
  }
}

export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw ApiError.of('invalidRequest', { message: 'The body is not valid JSON.' });
  }
}
