/** A task's life on the clock: created, pending, processing, settled. */
import { randomBytes, randomInt } from 'node:crypto';
import type { Account, Accounts } from './accounts';
import {
  AUTO_CHOICE,
  AUTO_HOLD,
  BETA_CALL_UNITS,
  chargeUnits,
  creditUnits,
  taskTokens,
  textTokens,
  type Pixels,
  type Tokens,
} from './billing';
import type { SimulatorClock } from './clock';
import type { ValidRequest } from './contract';
import type { Rule, TaskScript } from './faults';
import type { CallbackDelivery, FileDownload } from './types';

export type TaskState = 'pending' | 'processing' | 'completed' | 'failed' | 'cancelled';

export interface TaskImage {
  /** 32 hex digits, the secret part of its link. */
  readonly fileId: string;
  /** From 1. */
  readonly number: number;
}

export interface Task {
  readonly id: string;
  readonly account: Account;
  readonly request: ValidRequest;
  /** The rule that took the submission. */
  readonly rule?: Rule;
  readonly createdAt: number;
  readonly reservedUnits: number;
  state: TaskState;
  processingAt?: number;
  /** When it is expected to end; progress is shown against it. */
  endsAt?: number;
  settledAt?: number;
  usedUnits: number;
  tokens?: Tokens;
  error?: { readonly code: string | number; readonly message: string };
  /** Pixels of every image; before the end, as far as they are known. */
  readonly delivered: Pixels;
  images: readonly TaskImage[];
  readonly callbacks: CallbackDelivery[];
  readonly downloads: FileDownload[];
}

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

export const TASK_ID_PREFIX = 'task-unified-';

const ID_CHARACTERS = '0123456789abcdefghijklmnopqrstuvwxyz';

export function isSettled(task: Task): boolean {
  return task.settledAt !== undefined;
}

export class Tasks {
  private readonly tasks = new Map<string, Task>();
  private readonly byFile = new Map<string, Task>();
  private readonly open = new Map<Account, number>();

  constructor(
    private readonly clock: SimulatorClock,
    private readonly accounts: Accounts,
    private readonly timing: TaskTiming,
    private readonly listener: TaskListener,
  ) {}

  /** A new task, or undefined if the account cannot cover its hold. */
  create(account: Account, request: ValidRequest, rule?: Rule): Task | undefined {
    const reservedUnits = holdUnits(request);
    if (!this.accounts.reserve(account, reservedUnits)) return undefined;
    const createdAt = this.clock.now();
    const task: Task = {
      id: this.newId(createdAt),
      account,
      request,
      rule,
      createdAt,
      reservedUnits,
      state: 'pending',
      usedUnits: 0,
      delivered: rule?.task?.size ?? request.pixels ?? AUTO_CHOICE,
      images: [],
      callbacks: [],
      downloads: [],
    };
    this.tasks.set(task.id, task);
    this.open.set(account, this.openTasks(account) + 1);
    this.start(task, rule?.task ?? {});
    return task;
  }

  find(id: string): Task | undefined {
    return this.tasks.get(id);
  }

  findFile(fileId: string): Task | undefined {
    return this.byFile.get(fileId);
  }

  /** Oldest first. */
  all(): Task[] {
    return [...this.tasks.values()];
  }

  openTasks(account: Account): number {
    return this.open.get(account) ?? 0;
  }

  /** Ends the task now, if it has not ended. */
  async settle(task: Task): Promise<void> {
    if (isSettled(task)) return;
    const script = task.rule?.task ?? {};
    task.settledAt = this.clock.now();
    task.state = script.outcome ?? 'completed';
    if (task.state === 'completed') this.complete(task, script);
    if (task.state === 'failed') {
      const code = script.errorCode ?? 'service_error';
      task.error = { code, message: script.errorMessage ?? `Simulated failure: ${code}` };
    }
    this.accounts.settle(task.account, task.reservedUnits, task.usedUnits);
    this.open.set(task.account, this.openTasks(task.account) - 1);
    await this.listener.onSettled(task);
  }

  clear(): void {
    this.tasks.clear();
    this.byFile.clear();
    this.open.clear();
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
    const images = script.images ?? request.n;
    task.images = Array.from({ length: images }, (_, index) => ({
      fileId: randomBytes(16).toString('hex'),
      number: index + 1,
    }));
    for (const image of task.images) this.byFile.set(image.fileId, task);
    task.tokens = taskTokens({
      pixels: delivered,
      quality: request.quality,
      images,
      references: request.references,
      text: textTokens(request.prompt),
    });
    const formula = request.billing === 'per_call' ? BETA_CALL_UNITS : chargeUnits(task.tokens);
    task.usedUnits = script.creditsUsed === undefined ? formula : creditUnits(script.creditsUsed);
  }

  private newId(createdAt: number): string {
    const random = Array.from({ length: 8 }, () => ID_CHARACTERS[randomInt(ID_CHARACTERS.length)]).join('');
    const id = `${TASK_ID_PREFIX}${Math.floor(createdAt / 1000)}-${random}`;
    return this.tasks.has(id) ? this.newId(createdAt) : id;
  }
}

/**
 * What is held at submission: images and references, without the text, which fits both EvoLink's published price range
 * and its sample (3.2241 held, 3.2323 charged). So a final charge is normally a little above its hold.
 */
function holdUnits(request: ValidRequest): number {
  if (request.billing === 'per_call') return BETA_CALL_UNITS;
  const { quality, n, references } = request;
  return chargeUnits(taskTokens({ pixels: request.pixels ?? AUTO_HOLD, quality, images: n, references, text: 0 }));
}
