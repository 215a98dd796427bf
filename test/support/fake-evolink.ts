import type { PublicPrices } from '../../domain/price-comparison';
import { EvolinkNotFoundError } from '../../evolink/errors';
import type { Credits, Task, TaskList, TaskListEntry } from '../../evolink/types';
import type { Provider } from '../../lambda/shared/provider';
import { TASK_ID } from './jobs';

export const KEY_VERSION = 'version-1';

const RESULT = 'https://files.evolink.ai/account/images/file_0.png';

export function aTask(task: Partial<Task> = {}): Task {
  return { id: TASK_ID, status: 'processing', rawStatus: task.status ?? 'processing', results: [], ...task };
}

export function aCompletedTask(task: Partial<Task> = {}): Task {
  const usage = { billing_rule: 'per_token', credits_reserved: 3.2241, credits_used: 0.3682 };
  return aTask({ status: 'completed', model: 'gpt-image-2', results: [RESULT], usage, ...task });
}

export function aFailedTask(code: string, task: Partial<Task> = {}): Task {
  return aTask({ status: 'failed', error: { code, message: 'said EvoLink' }, ...task });
}

/** EvoLink behind the provider: tasks by id, each answered as it is when it is asked for. */
export class FakeEvolink {
  readonly tasks = new Map<string, Task | Error>();
  /** Ids that were asked for. */
  readonly asked: string[] = [];
  /** Ids that were asked for together. */
  readonly batches: (readonly string[])[] = [];
  /** What it says of tasks that are asked for together. @default - there is no such route */
  batch: ((ids: readonly string[]) => Task[]) | Error = new EvolinkNotFoundError('no batch', { status: 404 });
  /** What it says of the balance. */
  credits: Credits | Error = new Error('no balance in this test');
  /** Public prices by model; a model without any is not found. */
  readonly priceRules = new Map<string, PublicPrices | Error>();
  /** Models whose public prices were asked for. */
  readonly pricesAsked: string[] = [];
  /** All tasks of the account, or why they cannot be listed. */
  list: readonly TaskListEntry[] | Error = new Error('no list in this test');
  /** EvoLink's clock, in epoch milliseconds; absent where its reply had no `Date`. */
  serverTime: () => number | undefined = () => undefined;
  /** Happens right before a page is read. */
  onPage: (page: number) => unknown = () => undefined;
  /** Pages that were asked for. */
  readonly pages: number[] = [];
  /** Of the secret with the key; changed by a rotation. */
  keyVersion: string | undefined = KEY_VERSION;
  readonly provider = {
    keyVersion: async () => this.keyVersion,
    query: (use: (client: unknown) => Promise<unknown>) =>
      use({
        getTask: (id: string) => this.getTask(id),
        getTasks: (ids: readonly string[]) => this.getTasks(ids),
        getCredits: () => this.getCredits(),
        getPriceRules: (model: string) => this.getPriceRules(model),
        listTasks: (query: { readonly page: number; readonly pageSize: number }) => this.listTasks(query),
      }),
  } as unknown as Provider;

  constructor(private readonly before?: (id: string) => unknown) {}

  set(task: Task): this {
    this.tasks.set(task.id, task);
    return this;
  }

  private async getCredits(): Promise<Credits> {
    await this.before?.('credits');
    if (this.credits instanceof Error) throw this.credits;
    return this.credits;
  }

  private async getPriceRules(model: string): Promise<PublicPrices> {
    this.pricesAsked.push(model);
    const rules = this.priceRules.get(model) ?? new EvolinkNotFoundError('no public prices in this test', {});
    if (rules instanceof Error) throw rules;
    return rules;
  }

  private async listTasks(query: { readonly page: number; readonly pageSize: number }): Promise<TaskList> {
    const { page, pageSize } = query;
    this.pages.push(page);
    await this.onPage(page);
    if (this.list instanceof Error) throw this.list;
    const entries = this.list.slice((page - 1) * pageSize, page * pageSize);
    return { total: this.list.length, page, pageSize, entries, serverTime: this.serverTime() };
  }

  /** As a gateway without that route, unless the test gives tasks of a batch. */
  private async getTasks(ids: readonly string[]): Promise<Task[]> {
    this.batches.push(ids);
    if (this.batch instanceof Error) throw this.batch;
    return this.batch(ids);
  }

  private async getTask(id: string): Promise<Task> {
    this.asked.push(id);
    await this.before?.(id);
    const task = this.tasks.get(id);
    if (task === undefined) throw new Error(`no task ${id} in this test`);
    if (task instanceof Error) throw task;
    return task;
  }
}
