/** A task's life on the clock: created, pending, processing, settled, refunded. */
import { randomBytes } from 'node:crypto';
import type { Accounts, ApiKey } from './accounts';
import type { Behaviour } from './behaviour';
import { aftermathOf } from './billing-block';
import type { SimulatorClock } from './clock';
import type { ValidRequest } from './contract';
import { creditUnits } from './credits';
import type { Rule, TaskScript } from './faults';
import type { Prices } from './prices';
import { mostImages } from './result-shapes';
import { AUTO_CHOICE } from './sizes';
import { isSettled, type Task, type TaskImage } from './task';
import { newTaskId } from './task-ids';
import { TaskIndex } from './task-index';
import { finalCharge, holdUnits } from './task-money';

export interface TaskTiming {
  readonly pendingMs: number;
  readonly processingMs: number;
}

export interface TaskListener {
  /** Called once per task, when the work on it begins. */
  readonly onProcessing: (task: Task) => void;
  /** Called once per task, after its bill is settled. Resolves when the callback's first delivery is over. */
  readonly onSettled: (task: Task) => Promise<void>;
}

export class Tasks {
  readonly index = new TaskIndex<Task>();
  private readonly tasks = new Map<string, Task>();
  private readonly seeded = new Map<string, Task>();
  private readonly byFile = new Map<string, Task>();
  private readonly open = new Map<ApiKey, number>();
  private mostOpen = 0;
  private sequence = 0;

  constructor(
    private readonly clock: SimulatorClock,
    private readonly accounts: Accounts,
    private readonly prices: Prices,
    private readonly behaviour: () => Behaviour,
    private readonly timing: TaskTiming,
    private readonly listener: TaskListener,
  ) {}

  /** A new task, or undefined if the account cannot cover its hold. Throws what the key's own limits refuse. */
  create(apiKey: ApiKey, request: ValidRequest, rule?: Rule): Task | undefined {
    const script = rule?.task ?? {};
    const reservedUnits = this.holdOf(request);
    apiKey.usage.admitHold(reservedUnits);
    if (!this.accounts.reserve(apiKey, reservedUnits)) return undefined;
    const createdAt = this.clock.now();
    const task: Task = {
      id: newTaskId(script.taskIds ?? this.behaviour().taskIds, createdAt, (id) => this.find(id) !== undefined),
      sequence: this.nextSequence(),
      apiKey,
      request,
      rule,
      createdAt,
      reservedUnits,
      state: 'pending',
      listedAs: 'processing',
      usedUnits: 0,
      delivered: script.size ?? request.pixels ?? AUTO_CHOICE,
      images: [],
      callbacks: [],
      downloads: [],
    };
    this.tasks.set(task.id, task);
    this.index.add(task);
    this.open.set(apiKey, this.openTasks(apiKey) + 1);
    this.mostOpen = Math.max(this.mostOpen, this.openTasks(apiKey));
    this.start(task, script);
    return task;
  }

  /** What a task of this request would hold. */
  holdOf(request: ValidRequest): number {
    return holdUnits(request, this.prices, this.behaviour().imageBilling);
  }

  find(id: string): Task | undefined {
    return this.tasks.get(id) ?? this.seeded.get(id);
  }

  findFile(fileId: string): Task | undefined {
    return this.byFile.get(fileId);
  }

  /** Oldest first, without the seeded ones. */
  all(): Task[] {
    return [...this.tasks.values()];
  }

  openTasks(apiKey: ApiKey): number {
    return this.open.get(apiKey) ?? 0;
  }

  /** The most unfinished tasks that a key ever had at once. */
  mostOpenTasks(): number {
    return this.mostOpen;
  }

  nextSequence(): number {
    return this.sequence++;
  }

  /** Finished tasks that were never worked on. */
  addSeeded(tasks: readonly Task[]): void {
    for (const task of tasks) this.seeded.set(task.id, task);
    this.index.addAll(tasks);
  }

  /** Ends the task now, if it has not ended. */
  async settle(task: Task): Promise<void> {
    if (isSettled(task)) return;
    const script = task.rule?.task ?? {};
    const outcome = script.outcome ?? 'completed';
    task.settledAt = this.clock.now();
    this.index.move(task, () => {
      task.state = outcome;
      task.listedAs = outcome;
    });
    if (outcome === 'failed') {
      const code = script.errorCode ?? 'service_error';
      task.error = { code, message: script.errorMessage ?? `Simulated failure: ${code}` };
    }
    if (outcome === 'completed') this.complete(task, script);
    else this.endWithoutResult(task, script);
    this.open.set(task.apiKey, this.openTasks(task.apiKey) - 1);
    await this.listener.onSettled(task);
  }

  /** Completes refunds that are pending or failed: of one task, or of all. Returns how many there were. */
  completeRefunds(taskId?: string): number {
    const open = this.all().filter(
      ({ id, refund }) => (taskId === undefined || id === taskId) && (refund === 'pending' || refund === 'failed'),
    );
    for (const task of open) this.completeRefund(task);
    return open.length;
  }

  clear(): void {
    this.tasks.clear();
    this.seeded.clear();
    this.index.clear();
    this.byFile.clear();
    this.open.clear();
    this.mostOpen = 0;
  }

  private start(task: Task, script: TaskScript): void {
    const pendingMs = script.pendingMs ?? this.timing.pendingMs;
    const processingMs = script.processingMs ?? this.timing.processingMs;
    task.endsAt = task.createdAt + pendingMs + processingMs;
    const process = () => {
      if (isSettled(task)) return;
      task.state = 'processing';
      task.processingAt = this.clock.now();
      this.listener.onProcessing(task);
      if (script.never !== true) this.clock.after(processingMs, () => void this.settle(task));
    };
    if (pendingMs === 0) process();
    else this.clock.after(pendingMs, process);
  }

  private complete(task: Task, script: TaskScript): void {
    const { request, delivered } = task;
    const images = Math.min(script.images ?? request.n, mostImages(script.results ?? 'both'));
    task.images = Array.from({ length: images }, (_, index): TaskImage => ({
      fileId: randomBytes(16).toString('hex'),
      number: index + 1,
    }));
    for (const image of task.images) this.byFile.set(image.fileId, task);
    const { units, tokens } = finalCharge(
      request,
      { pixels: delivered, images, measured: script.tokens },
      this.prices,
      this.behaviour().imageBilling,
    );
    task.tokens = tokens;
    task.usedUnits = script.creditsUsed === undefined ? units : creditUnits(script.creditsUsed);
    task.refund = 'not_required';
    this.accounts.settle(task.apiKey, task.reservedUnits, task.usedUnits, task.createdAt);
  }

  private endWithoutResult(task: Task, script: TaskScript): void {
    const charge = script.creditsUsed === undefined ? undefined : creditUnits(script.creditsUsed);
    const { used, held, refund } = aftermathOf(script.billing, task.reservedUnits, charge);
    task.usedUnits = used;
    task.refund = refund;
    if (refund === 'completed') task.refundedAt = task.settledAt;
    this.accounts.settle(task.apiKey, task.reservedUnits - held, used, task.createdAt);
    if (refund !== 'pending' || script.refundAfterMs === undefined) return;
    this.clock.after(script.refundAfterMs, () => {
      if (task.refund === 'pending') this.completeRefund(task);
    });
  }

  private completeRefund(task: Task): void {
    if (task.refund === 'pending') this.accounts.settle(task.apiKey, task.reservedUnits, 0, task.createdAt);
    else this.accounts.refund(task.apiKey, task.usedUnits, task.createdAt);
    task.usedUnits = 0;
    task.refund = 'completed';
    task.refundedAt = this.clock.now();
  }
}
