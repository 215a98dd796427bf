/**
 * Everything around the attempt's life, in memory: the table with its real conditions and transactions, an EvoLink that
 * makes tasks, jobs that Step Functions runs, and our real functions, which may be killed at any of their calls. One
 * operation is one invocation; several may go on at once.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

import type { SFNClient } from '@aws-sdk/client-sfn';
import { DEFAULT_PRICES } from '../../../domain/prices';
import { SUBMISSION_SECONDS } from '../../../domain/constants';
import { OPEN_REFUNDS_PARTITION } from '../../../domain/ledger';
import { type RuntimeSettings, SETTINGS_KEY } from '../../../domain/settings';
import type { SubmitRequest, SubmittedTask, Task } from '../../../evolink';
import { receiveCallback } from '../../../lambda/callback/callback';
import { dispatch } from '../../../lambda/dispatch/dispatch';
import { ended } from '../../../lambda/ended/ended';
import { openRefunds, settleRefunds } from '../../../lambda/reconcile/refunds';
import type { Attempt } from '../../../lambda/shared/attempts/attempt';
import { attemptIdOf } from '../../../lambda/shared/attempts/attempt';
import { AttemptTable } from '../../../lambda/shared/attempts/attempt-table';
import { Executions } from '../../../lambda/shared/executions';
import type { KeyedClient, Provider } from '../../../lambda/shared/provider';
import { TaskTokens } from '../../../lambda/shared/task-token';
import { submit } from '../../../lambda/submit/submit';
import { sweep } from '../../../lambda/sweep/sweep';
import { BucketServer } from '../../support/bucket-server';
import { FakeLambda } from '../../support/fake-lambda';
import { FakeStepFunctions } from '../../support/fake-step-functions';
import { aJob } from '../../support/jobs';
import { MemoryTable } from '../../support/memory-table';
import { type Fate, FATES, type PostFate } from './fates';

export type TaskEnd = 'completed' | 'service_error' | 'service_error, refunded' | 'content_policy_violation';

/** What an invocation meets. */
export interface Weather {
  /** The function is killed at this call of its own, counted from 0. */
  readonly killedAt?: number;
  /** Its POSTs, one after the other: taken in rotation. */
  readonly posts: readonly PostFate[];
  /** How long each call takes, in turns of the others: taken in rotation. */
  readonly delays: readonly number[];
  /** It still has the API key from before the last rotation. @default false */
  readonly hasOldKey?: boolean;
}

export interface Gateway {
  /** Whether a repeat under the same idempotency key gets the task of the first POST. */
  readonly honoursKeys: boolean;
  /** What the pipeline knows of that from the start. */
  readonly proof?: 'proven';
  /** Jobs whose holds together fit into the budget. */
  readonly budgetFits: number;
}

interface Posted {
  readonly attemptId: string;
  readonly idempotencyKey: string;
  readonly keyVersion: string;
  readonly body: string;
  readonly callbackUrl: string;
  readonly answer: Fate['answer'];
  /** Made by it, or known to EvoLink by its key. */
  readonly task?: WorldTask;
  /** Its answer leaves it open whether there is a task. */
  readonly isOpen: boolean;
  /** It is one more for its key. */
  readonly isSecondTask: boolean;
}

export interface WorldTask {
  readonly id: string;
  readonly attemptId: string;
  readonly idempotencyKey: string;
  readonly createdAt: number;
  end?: TaskEnd;
  /** A callback of it came through: its function was not killed. */
  isHeardOf: boolean;
}

interface WorldJob {
  readonly jobId: string;
  readonly executionArn: string;
  readonly startedAt: string;
  state: 'new' | 'running' | 'archiving' | 'succeeded' | 'over';
  attempt: number;
  tokens: number;
  /** `submit` returned, so that the state waits; Step Functions repeats it only after a fault. */
  waits: boolean;
}

class Killed extends Error {}

export const MAX_TASKS = 2;
const CREDITS = 0.2;
const REFUNDED = {
  ...{ refund_scope: 'account_balance', charge_status: 'released', refund_status: 'completed' },
  ...{ reserved_credits: 0.2, charged_credits: 0, refunded_credits: 0.2, refunded_at: '2026-11-03T12:00:00Z' },
};
const PRICE_UNITS = 2_000;

export class World {
  time = Date.parse('2026-11-03T12:00:00Z');
  readonly now = () => this.time;
  readonly memory: MemoryTable;
  readonly table: AttemptTable;
  readonly steps = new FakeStepFunctions();
  readonly lambda = new FakeLambda();
  readonly posts: Posted[] = [];
  readonly tasks: WorldTask[] = [];
  readonly jobs: WorldJob[];

  private readonly invocation = new AsyncLocalStorage<
    Omit<Weather, 'killedAt'> & { killedAt?: number; calls: number; posted: number; readonly endsAt: number }
  >();
  private rotations = 1;
  private readonly limit: number;
  private readonly perJob = aJob().estimate.creditsUpper;

  constructor(
    jobs: number,
    private readonly gateway: Gateway,
  ) {
    this.memory = new MemoryTable({ before: () => this.call() });
    this.table = new AttemptTable(this.memory.client, this.memory.tableName, this.now);
    this.limit = this.perJob * gateway.budgetFits;
    if (gateway.proof !== undefined) {
      const idempotency = { state: gateway.proof, since: '2026-11-01T00:00:00.000Z', by: 'verify' };
      this.memory.seed({ ...SETTINGS_KEY, idempotency });
    }
    this.jobs = Array.from({ length: jobs }, (_, index) => ({
      jobId: `job-${index}`,
      executionArn: `arn:aws:states:us-east-1:000000000000:execution:pipeline:job-${index}`,
      startedAt: '2026-11-03T11:59:00.000Z',
      state: 'new',
      attempt: 1,
      tokens: 0,
      waits: false,
    }));
  }

  /** Runs one invocation to its end or its death, then lets Step Functions act on what it was told. */
  async invoke(weather: Weather, action: () => Promise<unknown>): Promise<void> {
    const endsAt = this.time + SUBMISSION_SECONDS * 1_000;
    try {
      await this.invocation.run({ ...weather, calls: 0, posted: 0, endsAt }, action);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
  }

  /** Starts the job, or repeats its Generate state with a new token, as Step Functions does after a fault. */
  async submit(job: WorldJob): Promise<void> {
    if (job.state !== 'new' && job.state !== 'running') return;
    if (job.state === 'new') job.state = 'running';
    if (job.tokens > 0) this.steps.refuse(tokenOf(job));
    const token = ++job.tokens;
    job.waits = false;
    await submit(
      {
        taskToken: tokenOf(job),
        executionArn: job.executionArn,
        executionStartedAt: job.startedAt,
        attempt: job.attempt,
        job: aJob({ tenant: Number(job.jobId.slice(4)) % 2 === 0 ? 'even' : 'odd' }, job.jobId),
      },
      this.dependencies(),
    );
    // A call that was thought lost may return after the one that repeated it.
    if (token === job.tokens) job.waits = true;
  }

  async callback(post: Posted | undefined, taskId?: string): Promise<void> {
    if (post === undefined) return;
    const [, attemptId, secret] = /\/callback\/([^/]+)\/([^/]+)$/.exec(post.callbackUrl) ?? [];
    const body = JSON.stringify({ id: taskId ?? post.task?.id });
    const event = { rawPath: `/callback/${attemptId}/${secret}`, body, isBase64Encoded: false };
    await receiveCallback(event, this.dependencies());
    if (taskId === undefined && post.task !== undefined) post.task.isHeardOf = true;
  }

  /** Another version of the secret; the old key goes on working, as it does at EvoLink until it is deleted. */
  rotateKey(): void {
    this.rotations++;
  }

  async settleRefunds(): Promise<void> {
    const dependencies = this.dependencies();
    await settleRefunds(await openRefunds(dependencies), dependencies);
  }

  async sweep(): Promise<void> {
    await sweep({
      ...this.dependencies(),
      archive: this.lambda.function('archive'),
      taskTimeoutSeconds: 3_600,
      deadline: this.time + 1,
    });
  }

  async dispatch(): Promise<void> {
    await dispatch({ ...this.dependencies(), dispatch: undefined, deadline: this.time + 1 });
  }

  async ended(job: WorldJob): Promise<void> {
    if (job.state === 'over') await ended({ executionArn: job.executionArn }, this.dependencies());
  }

  /** The Archive state, or the salvage: what they store is not the matter here, only that they close the attempt. */
  async archive(attemptId: string): Promise<void> {
    const attempt = await this.table.get(attemptId);
    if (attempt?.status !== 'COMPLETED' || attempt.archivedAt !== undefined) return;
    if (await this.table.markArchived(attempt, this.time)) {
      if (attempt.orphanedAt !== undefined) await this.table.noteSalvaged(attempt);
    }
  }

  stop(job: WorldJob): void {
    if (job.state === 'running' || job.state === 'archiving') this.end(job, 'ABORTED');
  }

  endTask(task: WorldTask | undefined, end: TaskEnd): void {
    if (task !== undefined) task.end ??= end;
  }

  /** What Step Functions makes of the answers that it took. */
  followAnswers(): void {
    for (const job of this.jobs) {
      if (job.state === 'archiving') {
        const attempt = this.attempts().find(({ attemptId }) => attemptId === attemptIdOf(job.jobId, job.attempt));
        if (attempt?.archivedAt !== undefined) this.end(job, 'SUCCEEDED');
        continue;
      }
      if (job.state !== 'running') continue;
      const answer = this.steps.answers.find(({ taskToken }) => taskToken === tokenOf(job));
      if (answer === undefined) continue;
      if (answer.error === undefined) job.state = 'archiving';
      else this.fail(job, answer.error, answer.cause ?? '');
    }
  }

  attempts(): Attempt[] {
    return this.view().attempts;
  }

  /** Tasks that an attempt owns on record: what a callback could name to take one away. */
  linkedTasks(): string[] {
    return [...this.view().owners.keys()];
  }

  endOf(taskId: string): TaskEnd | undefined {
    return this.tasks.find(({ id }) => id === taskId)?.end;
  }

  /** The table, sorted out. */
  view() {
    const attempts: Attempt[] = [];
    const owners = new Map<string, string>();
    const ledger: {
      readonly attemptId: string;
      readonly state: string;
      readonly creditsUsed: number;
      readonly noTask?: string;
    }[] = [];
    let slots = { taken: 0, queued: 0 };
    const counter = { held: 0, spent: 0, committed: 0 };
    let refunds = 0;
    let queue = 0;
    let settings: RuntimeSettings = {};
    for (const item of this.memory.items()) {
      const pk = String(item.pk);
      if (item.sk === 'attempt') attempts.push(item as unknown as Attempt);
      else if (pk.startsWith('task#')) owners.set(pk.slice('task#'.length), String(item.attemptId));
      // As it is read: an `unknown` record that was superseded by a booking is none of the ledger any more.
      else if (pk.startsWith('ledger#') && item.supersededAt === undefined) ledger.push(item as never);
      else if (pk === 'slots') slots = { ...slots, ...pickNumbers(item, ['taken', 'queued']) };
      else if (pk.startsWith('budget#')) {
        // One for each day.
        for (const name of ['held', 'spent', 'committed'] as const) counter[name] += Number(item[name] ?? 0);
      } else if (pk === OPEN_REFUNDS_PARTITION) refunds += Number(item.units);
      else if (pk === SETTINGS_KEY.pk) settings = item;
      else if (pk === 'queue') queue++;
    }
    return { attempts, owners, ledger, slots, counter, refunds, queue, settings };
  }

  private fail(job: WorldJob, error: string, cause: string): void {
    const { retry_after_seconds: wait } = JSON.parse(cause) as { retry_after_seconds?: number };
    if (wait === undefined) return this.end(job, 'FAILED', error);
    if (error !== 'Busy') job.attempt++;
    // The back-off is over when the state is entered next, with a new token.
    job.waits = false;
  }

  private end(job: WorldJob, status: string, error?: string): void {
    this.steps.execution(job.executionArn, status, { startDate: new Date(job.startedAt), error });
    this.steps.refuse(tokenOf(job));
    job.state = status === 'SUCCEEDED' ? 'succeeded' : 'over';
  }

  /** Before each call of a function to anything outside it. */
  private async call(): Promise<void> {
    const current = this.invocation.getStore();
    if (current === undefined) return;
    const turns = current.delays[current.calls % current.delays.length] ?? 0;
    for (let turn = 0; turn < turns; turn++) await Promise.resolve();
    // What is dead makes no further call, whatever its code does about the first that failed.
    if (current.killedAt !== undefined && current.calls >= current.killedAt) throw new Killed('killed');
    if (this.time > current.endsAt) throw new Killed('stopped by its time limit');
    current.calls++;
  }

  private dependencies() {
    const send = async (command: never) => {
      await this.call();
      return this.steps.client.send(command);
    };
    const stepFunctions = { send } as unknown as SFNClient;
    return {
      client: this.memory.client,
      table: this.table,
      tokens: new TaskTokens(stepFunctions),
      executions: new Executions(stepFunctions),
      dispatch: this.lambda.function('dispatch'),
      provider: this.provider(),
      // No job here has references.
      references: { s3: BucketServer.nobody, urlSeconds: 60 },
      maxAttempts: 3,
      maxConcurrentTasks: MAX_TASKS,
      prices: DEFAULT_PRICES,
      budgets: [{ id: 'all-day', scope: 'all', period: 'day', limit: this.limit, timeZone: 'UTC' }] as const,
      callbackBaseUrl: 'https://hooks.example.org',
      firstCheckSeconds: 60,
      maxQueueSeconds: 21_600,
      patienceMs: 0,
      now: this.now,
      stopsAt: () => this.invocation.getStore()?.endsAt ?? Infinity,
      pause: () => this.call(),
    };
  }

  private provider(): Provider {
    const isOld = this.invocation.getStore()?.hasOldKey === true;
    let version = Math.max(1, this.rotations - (isOld ? 1 : 0));
    const keyed = (): KeyedClient => {
      const keyVersion = `version-${version}`;
      return { keyVersion, client: this.client(keyVersion) as KeyedClient['client'] };
    };
    return {
      current: async () => keyed(),
      keyVersion: async () => keyed().keyVersion,
      renewed: async () => {
        await this.call();
        if (version === this.rotations) return undefined;
        version = this.rotations;
        return keyed();
      },
      query: (use: (one: unknown) => unknown) => use(keyed().client),
    } as unknown as Provider;
  }

  private client(keyVersion: string): unknown {
    return {
      submit: (request: SubmitRequest, options: { idempotencyKey: string }) =>
        this.post(request, options.idempotencyKey, keyVersion),
      getTask: async (id: string) => {
        await this.call();
        return this.taskOf(id);
      },
      getTasks: async (ids: readonly string[]) => {
        await this.call();
        return ids.map((id) => this.taskOf(id));
      },
      listTasks: async ({ page, pageSize }: { page: number; pageSize: number }) => {
        await this.call();
        const shown = page === 1 ? this.tasks.toReversed() : [];
        const entries = shown.map(({ id, createdAt }) => ({ id, createdAt: createdAt / 1_000 }));
        return { total: this.tasks.length, page, pageSize, entries, serverTime: this.time };
      },
    };
  }

  private async post(request: SubmitRequest, idempotencyKey: string, keyVersion: string): Promise<SubmittedTask> {
    await this.call();
    const current = this.invocation.getStore();
    const posts = current?.posts ?? ['accepted'];
    const { answer, makesTask, error }: Fate = FATES[posts[(current?.posted ?? 0) % posts.length] ?? 'accepted'];
    if (current !== undefined) current.posted++;

    const attemptId = idempotencyKey.slice(0, 22);
    const ofKey = this.tasks.find((task) => task.idempotencyKey === idempotencyKey);
    const known = this.gateway.honoursKeys ? ofKey : undefined;
    const task = makesTask ? (known ?? this.create(attemptId, idempotencyKey)) : undefined;
    const isSecondTask = task !== undefined && ofKey !== undefined && task !== ofKey;
    const [body, callbackUrl] = [JSON.stringify(request), request.callback_url ?? ''];
    const isOpen = answer === 'killed' || error?.().outcome === 'unknown';
    this.posts.push({ attemptId, idempotencyKey, keyVersion, body, callbackUrl, answer, task, isOpen, isSecondTask });
    if (answer === 'killed') {
      if (current !== undefined) current.killedAt = 0;
      throw new Killed('killed');
    }
    if (error !== undefined) throw error();
    return { id: task?.id ?? '', status: 'pending', ...(known === undefined ? {} : { replayed: true }) };
  }

  private create(attemptId: string, idempotencyKey: string): WorldTask {
    const number = this.tasks.length;
    const id = `task-unified-1790000000-${String(number).padStart(8, '0')}`;
    const task = { id, attemptId, idempotencyKey, createdAt: this.time, isHeardOf: false };
    this.tasks.push(task);
    return task;
  }

  private taskOf(id: string): Task {
    const end = this.tasks.find((task) => task.id === id)?.end;
    if (end === undefined) return { id, status: 'processing', rawStatus: 'processing', results: [] };
    if (end === 'completed') {
      const usage = { credits_used: CREDITS, billing_rule: 'per_token' };
      return { id, status: end, rawStatus: end, results: ['https://files.example.org/1.png'], usage };
    }
    const [code = '', isRefunded] = end.split(', ');
    return {
      ...{ id, status: 'failed', rawStatus: 'failed', results: [] },
      ...(isRefunded === undefined ? {} : { billing: REFUNDED }),
      error: { code, message: '' },
    };
  }

  /** What EvoLink charged for all of it, in credit units. */
  bill(): number {
    return this.tasks.filter(({ end }) => end === 'completed').length * PRICE_UNITS;
  }

  get honoursKeys(): boolean {
    return this.gateway.honoursKeys;
  }

  budgetLimit(): number {
    return this.limit;
  }
}

export const tokenOf = ({ jobId, tokens }: Pick<WorldJob, 'jobId' | 'tokens'>): string => `token-${jobId}-${tokens}`;

function pickNumbers(item: Record<string, unknown>, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.flatMap((name) => (typeof item[name] === 'number' ? [[name, item[name]]] : [])));
}
