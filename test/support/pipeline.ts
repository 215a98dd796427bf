/** The parts that submit, callback and sweep share, around a table in memory. Nothing leaves this process. */
import type { BudgetRule } from '../../domain/budgets';
import { DEFAULT_PRICES } from '../../domain/prices';
import type { Attempt, SubmitError } from '../../lambda/shared/attempts/attempt';
import { attemptIdOf } from '../../lambda/shared/attempts/attempt';
import { AttemptTable } from '../../lambda/shared/attempts/attempt-table';
import type { AttemptEnd } from '../../lambda/shared/attempts/book';
import { book } from '../../lambda/shared/attempts/book';
import type { Claim, ClaimResult } from '../../lambda/shared/attempts/claim';
import { claimAttempt } from '../../lambda/shared/attempts/claim';
import { readRequestFacts } from '../../lambda/shared/attempts/requests';
import { hashCallbackSecret } from '../../lambda/shared/callback-secret';
import type { CompleteTaskDependencies } from '../../lambda/shared/complete-task';
import { Executions } from '../../lambda/shared/executions';
import type { Provider } from '../../lambda/shared/provider';
import { TaskTokens } from '../../lambda/shared/task-token';
import { FakeEvolink, KEY_VERSION } from './fake-evolink';
import { FakeLambda } from './fake-lambda';
import { FakeStepFunctions } from './fake-step-functions';
import { aJob, EXECUTION_ARN, STARTED_AT } from './jobs';
import { MemoryTable, type MemoryTableOptions } from './memory-table';

export const CALLBACK_SECRET = 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I';
/** How long a job may wait for a slot. */
export const MAX_QUEUE_SECONDS = 21_600;
/** A reply to the POST that was lost. */
export const LOST: SubmitError = { kind: 'lost', outcome: 'unknown', at: 0, repeatAfter: 0, provider: {} };
export const ATTEMPT_ID = attemptIdOf('job-1', 1);

export class TestPipeline {
  /** Epoch milliseconds; moved by the test. */
  time = Date.parse('2026-11-03T00:00:00Z');
  readonly now = () => this.time;
  readonly memory: MemoryTable;
  readonly table: AttemptTable;
  private claims = 0;
  readonly steps = new FakeStepFunctions();
  readonly lambda = new FakeLambda();
  /** Tasks at EvoLink at once; set by the test. */
  maxConcurrentTasks: number | undefined;
  /** What claims are held against; set by the test. */
  budgets: readonly BudgetRule[] = [];
  readonly evolink: FakeEvolink;

  constructor(options: MemoryTableOptions & { readonly beforeGetTask?: (id: string) => unknown } = {}) {
    this.memory = new MemoryTable({ staleReads: true, ...options });
    this.evolink = new FakeEvolink(options.beforeGetTask);
    this.table = new AttemptTable(this.memory.client, this.memory.tableName, this.now);
  }

  dependencies(provider: Provider = this.evolink.provider): CompleteTaskDependencies {
    return {
      client: this.memory.client,
      table: this.table,
      tokens: new TaskTokens(this.steps.client),
      executions: new Executions(this.steps.client),
      dispatch: this.lambda.function('dispatch'),
      maxConcurrentTasks: this.maxConcurrentTasks,
      provider,
      maxAttempts: 3,
      prices: DEFAULT_PRICES,
      now: this.now,
    };
  }

  /** What `submit` claims for the first attempt of `job-1`, due in two minutes. */
  aClaim(claim: Partial<Claim> = {}): Claim {
    return {
      job: aJob(),
      attempt: 1,
      taskToken: 'token-1',
      callbackSecretHash: hashCallbackSecret(CALLBACK_SECRET),
      executionArn: EXECUTION_ARN,
      executionStartedAt: STARTED_AT,
      nextCheckAt: this.time + 120_000,
      keyVersion: KEY_VERSION,
      ...claim,
    };
  }

  claim(claim: Partial<Claim> = {}): Promise<ClaimResult> {
    const { client, tableName } = this.memory;
    // Each call of submit makes a secret of its own.
    const callbackSecretHash = hashCallbackSecret(`secret-${++this.claims}`);
    return claimAttempt(this.aClaim({ callbackSecretHash, ...claim }), {
      client,
      tableName,
      budgets: this.budgets,
      maxConcurrentTasks: this.maxConcurrentTasks,
      maxQueueMs: MAX_QUEUE_SECONDS * 1_000,
      now: this.now,
    });
  }

  /** Ends an attempt as a completion does, without answering its token. */
  async book(attempt: Attempt, end: AttemptEnd): Promise<boolean> {
    const { client, tableName } = this.memory;
    const request = await readRequestFacts(client, tableName, attempt);
    return book({ client, tableName }, attempt, request, end);
  }

  /** Claims an attempt, and links it where a task is given. */
  async open({ taskId, ...claim }: Partial<Claim> & { readonly taskId?: string } = {}): Promise<Attempt> {
    const whole = this.aClaim(claim);
    await this.claim(whole);
    const attemptId = attemptIdOf(whole.job.jobId, whole.attempt);
    if (taskId !== undefined) await this.table.link(attemptId, taskId, this.time, whole.nextCheckAt);
    return this.attempt(attemptId);
  }

  async attempt(attemptId = ATTEMPT_ID): Promise<Attempt> {
    const attempt = await this.table.get(attemptId);
    if (attempt === undefined) throw new Error('no such attempt');
    return attempt;
  }

  /** Lines of the ledger. */
  ledger(): Record<string, unknown>[] {
    return this.memory.items().filter(({ pk }) => String(pk).startsWith('ledger#'));
  }

  /** Ids of the attempts that the sweep would see. */
  async openAttempts(): Promise<string[]> {
    const found: string[] = [];
    for await (const { attemptId } of this.table.openAttempts()) found.push(attemptId);
    return found;
  }
}
