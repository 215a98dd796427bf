/**
 * Everything around the attempt's life, in memory: the table with its real conditions and transactions, an EvoLink that
 * makes tasks, jobs that Step Functions runs, and our real functions, which may be killed at any of their calls. One
 * operation is one invocation; several may go on at once.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

import type { SFNClient } from '@aws-sdk/client-sfn';
import { DEFAULT_PRICES } from '../../../domain/prices';
import { EvolinkRateLimitedError, EvolinkTimeoutError } from '../../../evolink';
import type { SubmitRequest, Task } from '../../../evolink';
import { receiveCallback } from '../../../lambda/callback/callback';
import { dispatch } from '../../../lambda/dispatch/dispatch';
import { ended } from '../../../lambda/ended/ended';
import type { Attempt } from '../../../lambda/shared/attempts/attempt';
import { attemptIdOf } from '../../../lambda/shared/attempts/attempt';
import { AttemptTable } from '../../../lambda/shared/attempts/attempt-table';
import { Executions } from '../../../lambda/shared/executions';
import type { Provider } from '../../../lambda/shared/provider';
import { TaskTokens } from '../../../lambda/shared/task-token';
import { submit } from '../../../lambda/submit/submit';
import { sweep } from '../../../lambda/sweep/sweep';
import { BucketServer } from '../../support/bucket-server';
import { FakeLambda } from '../../support/fake-lambda';
import { FakeStepFunctions } from '../../support/fake-step-functions';
import { aJob } from '../../support/jobs';
import { MemoryTable } from '../../support/memory-table';

/** How EvoLink takes a POST. The reply of `lost` ones never arrives, whether there is a task by then or not. */
export type PostFate =
  'accepted' | 'lost after acceptance' | 'lost on the way' | 'rate limited' | 'killed after acceptance';

export type TaskEnd = 'completed' | 'service_error' | 'content_policy_violation';

/** What an invocation meets. */
export interface Weather {
  /** The function is killed at this call of its own, counted from 0. */
  readonly killedAt?: number;
  readonly post: PostFate;
  /** How long each call takes, in turns of the others: taken in rotation. */
  readonly delays: readonly number[];
}

interface Posted {
  readonly attemptId: string;
  readonly callbackUrl: string;
  readonly task?: WorldTask;
}

export interface WorldTask {
  readonly id: string;
  readonly attemptId: string;
  readonly createdAt: number;
  end?: TaskEnd;
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

  private readonly invocation = new AsyncLocalStorage<Weather & { calls: number }>();
  private readonly limit: number;
  private readonly perJob = aJob().estimate.creditsUpper;

  constructor(jobs: number, budgetFits: number) {
    this.memory = new MemoryTable({ before: () => this.call() });
    this.table = new AttemptTable(this.memory.client, this.memory.tableName, this.now);
    this.limit = this.perJob * budgetFits;
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
    try {
      await this.invocation.run({ ...weather, calls: 0 }, action);
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
    await receiveCallback(
      { rawPath: `/callback/${attemptId}/${secret}`, body, isBase64Encoded: false },
      this.dependencies(),
    );
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
    const ledger: { readonly attemptId: string; readonly state: string; readonly creditsUsed: number }[] = [];
    let slots = { taken: 0, queued: 0 };
    let counter = { held: 0, spent: 0, committed: 0 };
    let queue = 0;
    for (const item of this.memory.items()) {
      const pk = String(item.pk);
      if (item.sk === 'attempt') attempts.push(item as unknown as Attempt);
      else if (pk.startsWith('task#')) owners.set(pk.slice('task#'.length), String(item.attemptId));
      // As it is read: an `unknown` record that was superseded by a booking is none of the ledger any more.
      else if (pk.startsWith('ledger#') && item.supersededAt === undefined) ledger.push(item as never);
      else if (pk === 'slots') slots = { ...slots, ...pickNumbers(item, ['taken', 'queued']) };
      else if (pk.startsWith('budget#')) counter = { ...counter, ...pickNumbers(item, ['held', 'spent', 'committed']) };
      else if (pk === 'queue') queue++;
    }
    return { attempts, owners, ledger, slots, counter, queue };
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
    };
  }

  private provider(): Provider {
    const client = {
      submit: (request: SubmitRequest, { idempotencyKey }: { idempotencyKey: string }) =>
        this.post(idempotencyKey.slice(0, 22), request.callback_url ?? ''),
      getTask: async (id: string) => {
        await this.call();
        return this.taskOf(id);
      },
      listTasks: async ({ page }: { page: number }) => {
        await this.call();
        const shown = page === 1 ? this.tasks : [];
        const entries = shown.map(({ id, createdAt }) => ({ id, createdAt: createdAt / 1_000 }));
        return { total: this.tasks.length, page, pageSize: 100, entries, serverTime: this.time };
      },
    };
    const keyVersion = async () => 'version-1';
    return { keyVersion, call: (use: (one: unknown) => unknown) => use(client) } as unknown as Provider;
  }

  private async post(attemptId: string, callbackUrl: string): Promise<{ id: string }> {
    await this.call();
    const fate = this.invocation.getStore()?.post ?? 'accepted';
    const isTaken = fate !== 'lost on the way' && fate !== 'rate limited';
    const task = isTaken ? this.create(attemptId) : undefined;
    this.posts.push({ attemptId, callbackUrl, task });
    switch (fate) {
      case 'rate limited':
        throw new EvolinkRateLimitedError('429', { status: 429, outcome: 'refused' });
      case 'lost after acceptance':
      case 'lost on the way':
        throw new EvolinkTimeoutError('no reply', { outcome: 'unknown' });
      case 'killed after acceptance': {
        const current = this.invocation.getStore();
        if (current !== undefined) Object.assign(current, { killedAt: 0 });
        throw new Killed('killed');
      }
      case 'accepted':
        return { id: task?.id ?? '' };
    }
  }

  private create(attemptId: string): WorldTask {
    const number = this.tasks.length;
    const id = `task-unified-1790000000-${String(number).padStart(8, '0')}`;
    const task = { id, attemptId, createdAt: this.time };
    this.tasks.push(task);
    return task;
  }

  private taskOf(id: string): Task {
    const end = this.tasks.find((task) => task.id === id)?.end;
    const charged = { credits_used: end === 'completed' ? CREDITS : 0, billing_rule: 'per_token' };
    if (end === undefined) return { id, status: 'processing', rawStatus: 'processing', results: [] };
    if (end === 'completed') {
      return { id, status: end, rawStatus: end, results: ['https://files.example.org/1.png'], usage: charged };
    }
    return {
      id,
      status: 'failed',
      rawStatus: 'failed',
      results: [],
      usage: charged,
      error: { code: end, message: '' },
    };
  }

  /** What EvoLink charged for all of it, in credit units. */
  bill(): number {
    return this.tasks.filter(({ end }) => end === 'completed').length * PRICE_UNITS;
  }

  budgetLimit(): number {
    return this.limit;
  }
}

export const tokenOf = ({ jobId, tokens }: Pick<WorldJob, 'jobId' | 'tokens'>): string => `token-${jobId}-${tokens}`;

function pickNumbers(item: Record<string, unknown>, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.flatMap((name) => (typeof item[name] === 'number' ? [[name, item[name]]] : [])));
}
