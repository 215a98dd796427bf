/** One run: what it asked, bought and found so far, on disk at every moment. */
import { randomUUID } from 'node:crypto';
import { creditAmount } from '../../domain/billing-block';
import { formatCredits, type CreditUnits } from '../../domain/credits';
import { field } from '../../domain/json';
import type { TokenPrices } from '../../domain/prices';
import type { Pixels } from '../../domain/sizes';
import { EvolinkClient } from '../index';
import { EvolinkConflictError, EvolinkError } from '../errors';
import { parseJson } from '../json';
import type { HttpReply } from '../transport';
import type { SubmitRequest, Task } from '../types';
import type { AssumptionId, State } from './assumptions';
import { mostOfOne } from './requests';
import { inOrder, rowOf, type Report, type Row, type SubmissionRecord, type TaskRecord, type Verdict } from './report';
import type { ReportFolder } from './report-folder';
import { Purse, SPENDING_LIMIT } from './purse';
import { fieldNames, word } from './safe-text';

export interface VerifyOptions {
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Of the package. */
  readonly version: string;
  /** Whether tasks may be bought. */
  readonly paid: boolean;
  readonly folder: ReportFolder;
  /** Resolves early, or rejects, when the signal says so. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<unknown>;
  readonly now: () => Date;
  /** Ends the run before its next call; a POST that is on its way is still answered, and recorded. */
  readonly signal?: AbortSignal;
  /** What is being done, for a person who waits. */
  readonly onProgress?: (text: string) => void;
}

/** A call's result or error, with the reply as it came. */
export interface Answer<T> {
  readonly value?: T;
  readonly error?: EvolinkError;
  /** Parsed; undefined for what is no JSON, or without a reply. */
  readonly body: unknown;
}

export type Posted =
  | { readonly kind: 'task'; readonly id: string; readonly replayed: boolean; readonly isNew: boolean }
  | { readonly kind: 'refused'; readonly error: EvolinkError }
  | { readonly kind: 'unknown'; readonly error: EvolinkError };

export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

export class Session {
  readonly purse = new Purse(mostOfOne());
  readonly startedAt: Date;
  /** By which charges are recomputed: EvoLink's public rates where they could be read exactly. */
  prices?: TokenPrices;
  /** Why nothing more is bought. */
  stopped?: string;
  /** Of a POST without a usable answer; see the report. */
  otherTasks?: readonly string[];
  /** A second task for one idempotency key was seen. */
  secondTask = false;
  /** Tasks as they were last read. */
  readonly tasks = new Map<string, Task>();
  /** Pixels of their files, where these could be read. */
  readonly delivered = new Map<string, Pixels>();

  private readonly found_ = new Map<AssumptionId, Row>();
  private readonly records: SubmissionRecord[] = [];
  private readonly bought = new Map<string, TaskRecord>();
  private wasInterrupted = false;
  private endedAt?: Date;

  constructor(readonly options: VerifyOptions) {
    this.startedAt = options.now();
  }

  // What is found.

  found(id: AssumptionId, state: State, seen: string): void {
    this.found_.set(id, rowOf(id, state, seen));
    this.write();
  }

  /** Of one task of several: what does not hold stays, whatever another one shows. */
  foundOfTask(id: AssumptionId, state: State, seen: string): void {
    const before = this.stateOf(id);
    if (before === undefined || before === 'not seen' || (before === 'held' && state === 'not held')) {
      this.found(id, state, seen);
    }
  }

  stateOf(id: AssumptionId): State | undefined {
    return this.found_.get(id)?.state;
  }

  /** Nothing is bought from here on. The first reason stays. */
  stopPaying(reason: string): void {
    this.stopped ??= reason;
    this.write();
  }

  get mayPay(): boolean {
    return this.options.paid && this.stopped === undefined;
  }

  // Calls.

  /** @throws Interrupted */
  async ask<T>(call: (client: EvolinkClient) => Promise<T>, apiKey = this.options.apiKey): Promise<Answer<T>> {
    this.checkSignal();
    return await this.exchange(call, apiKey);
  }

  private async exchange<T>(call: (client: EvolinkClient) => Promise<T>, apiKey: string): Promise<Answer<T>> {
    const { baseUrl, version } = this.options;
    let reply: HttpReply | undefined;
    // One for each call: what is observed belongs to it, also where calls are made at the same time.
    const client = new EvolinkClient({ baseUrl, version, apiKey, observe: (seen) => (reply = seen) });
    const body = () => (reply === undefined ? undefined : parseJson(reply.body));
    try {
      const value = await call(client);
      return { value, body: body() };
    } catch (error) {
      if (!(error instanceof EvolinkError)) throw error;
      return { error, body: body() };
    }
  }

  /** @throws Interrupted */
  async pause(milliseconds: number, why: string): Promise<void> {
    this.checkSignal();
    const { sleep, signal, onProgress } = this.options;
    onProgress?.(why);
    await sleep(milliseconds, signal).catch((error: unknown) => {
      if (signal?.aborted !== true) throw error;
    });
    this.checkSignal();
  }

  private checkSignal(): void {
    if (this.options.signal?.aborted) throw new Interrupted('interrupted');
  }

  // Submissions.

  readonly newKey = (): string => `verify-${randomUUID()}`;

  /**
   * The only way to a POST that could make a task: it is paid out of the purse and on disk before it is sent.
   *
   * @throws OverLimitError, Interrupted: nothing was sent
   */
  async submit(
    what: string,
    idempotencyKey: string,
    request: SubmitRequest,
    apiKey = this.options.apiKey,
  ): Promise<Posted> {
    this.checkSignal();
    const taken = this.purse.take();
    const index = this.records.length;
    const sent: SubmissionRecord = { what, idempotencyKey, sentAt: this.options.now().toISOString() };
    this.records.push(sent);
    this.write();
    this.options.onProgress?.(what);

    const { value, error, body } = await this.exchange((client) => client.submit(request, { idempotencyKey }), apiKey);
    if (value === undefined) {
      const isRefused = hasNoTask(error!);
      if (isRefused) taken.putBack();
      const { status, code } = error!;
      const answer = isRefused ? 'refused' : 'unknown';
      this.answered(index, { ...sent, answer, status, ...(code !== undefined && { code: word(code) }) });
      return { kind: answer, error: error! };
    }
    const { id, replayed = false } = value;
    const isNew = !this.bought.has(id);
    if (isNew) {
      const reserved = creditAmount(field(field(body, 'usage'), 'credits_reserved'));
      if (reserved !== undefined) this.purse.raise(reserved);
      taken.becomes(Math.max(this.purse.mostOfOne, reserved ?? 0));
      const credits = reserved === undefined ? {} : { reserved: formatCredits(reserved) };
      this.bought.set(id, { id, status: value.status, ...credits });
    } else taken.putBack();
    this.answered(index, { ...sent, answer: 'task', taskId: id, replayed, status: 200 });
    return { kind: 'task', id, replayed, isNew };
  }

  private answered(index: number, record: SubmissionRecord): void {
    this.records[index] = record;
    this.write();
  }

  // Tasks.

  get taskIds(): string[] {
    return [...this.bought.keys()];
  }

  /** Whether there may be a task without an id here. */
  get hasUnknown(): boolean {
    return this.records.some(({ answer, idempotencyKey }) => {
      const settled = this.records.some((one) => one.idempotencyKey === idempotencyKey && one.taskId !== undefined);
      return (answer === undefined || answer === 'unknown') && !settled;
    });
  }

  /** Whether some POST had no usable answer, even if its repeat named a task. */
  get hasLostAnswer(): boolean {
    return this.records.some(({ answer }) => answer === 'unknown');
  }

  reservedOf(id: string): string | undefined {
    return this.bought.get(id)?.reserved;
  }

  noteTask(task: Task, more: Pick<TaskRecord, 'image'> = {}): void {
    this.tasks.set(task.id, task);
    const charged = chargeOfTask(task);
    const amounts = charged === undefined ? {} : { charged: formatCredits(charged) };
    this.bought.set(task.id, { ...this.bought.get(task.id), id: task.id, status: task.status, ...amounts, ...more });
    this.write();
  }

  // The report.

  interrupt(): void {
    this.wasInterrupted = true;
  }

  end(): Report {
    this.endedAt = this.options.now();
    this.write();
    return this.report();
  }

  write(): void {
    this.options.folder.write(this.report());
  }

  private get charged(): CreditUnits | undefined {
    const charges = [...this.tasks.values()].flatMap((task) => chargeOfTask(task) ?? []);
    return charges.length === 0 ? undefined : charges.reduce((sum, units) => sum + units, 0);
  }

  private get verdict(): Verdict {
    if (this.secondTask) return 'refuted';
    const isDoubtful = (['pair', 'repeat-ended', 'balance-key'] as const).some((id) => this.stateOf(id) === 'not held');
    const hasEnded = this.endedAt !== undefined && !this.wasInterrupted;
    return this.stateOf('repeat') === 'held' && hasEnded && !isDoubtful ? 'proven' : 'unproven';
  }

  private report(): Report {
    const { options, charged } = this;
    return {
      format: 1,
      version: options.version,
      host: new URL(options.baseUrl).host,
      startedAt: this.startedAt.toISOString(),
      ...(this.endedAt && { endedAt: this.endedAt.toISOString() }),
      interrupted: this.wasInterrupted,
      idempotency: this.verdict,
      ...(this.stopped !== undefined && { stoppedPaying: this.stopped }),
      credits: {
        limit: formatCredits(SPENDING_LIMIT),
        held: formatCredits(this.purse.held),
        ...(charged !== undefined && { charged: formatCredits(charged) }),
      },
      submissions: [...this.records],
      tasks: [...this.bought.values()],
      ...(this.otherTasks && { otherTasks: this.otherTasks }),
      rows: inOrder([...this.found_.values()]),
    };
  }
}

/** Only a refusal in EvoLink's own form. One of a repeat says nothing of the POST before it, which is on record by itself. */
function hasNoTask(error: EvolinkError): boolean {
  const knowsKey =
    error instanceof EvolinkConflictError && /^idempotency_conflict$|^paid_outcome_unknown$/i.test(error.code ?? '');
  return knowsKey || error.outcome === 'no_task' || error.outcome === 'refused';
}

/** The settled charge. Absent for a task that has not ended, and where EvoLink shows none. */
export function chargeOfTask({ status, usage, billing }: Task): CreditUnits | undefined {
  if (status !== 'completed') return undefined;
  const stated = field(usage, 'credits_used') ?? field(field(usage, 'cost'), 'credits');
  return creditAmount(stated) ?? creditAmount(field(billing, 'charged_credits'));
}

/** `404 task_not_found (error.code, error.message, error.type)`. */
export function describe({ error, body }: Answer<unknown>): string {
  if (error === undefined) return 'answered';
  if (error.status === undefined) return error.name;
  const names = fieldNames(body);
  return `${error.status} ${word(error.code)}${names.length === 0 ? '' : ` (${names.join(', ')})`}`;
}

export function describeError({ status, code, name }: EvolinkError): string {
  return status === undefined ? name : `${status} ${word(code)}`;
}
