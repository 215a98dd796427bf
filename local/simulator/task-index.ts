/**
 * The tasks of each account and of each key in order of time, by status and model, so that a page of the task list costs
 * the same with 100 tasks as with 100 000.
 */
import type { ApiKey } from './accounts';

/** What `GET /v1/tasks` can filter by; `processing` includes tasks that still wait. */
export const LISTED_STATUSES = ['processing', 'completed', 'failed', 'cancelled'] as const;

export type ListedStatus = (typeof LISTED_STATUSES)[number];

export interface Listed {
  readonly apiKey: ApiKey;
  readonly createdAt: number;
  /** Unique; of two tasks of one millisecond, the later has the greater. */
  readonly sequence: number;
  readonly listedAs: ListedStatus;
  readonly request: { readonly model: string };
}

export interface ListFilter {
  readonly status?: ListedStatus;
  readonly model?: string;
  /** Epoch milliseconds: only tasks created from here on ... */
  readonly from: number;
  /** ... to here. */
  readonly to: number;
}

export class TaskIndex<T extends Listed> {
  private readonly owners = new Map<string, Map<string, T[]>>();

  clear(): void {
    this.owners.clear();
  }

  add(task: T): void {
    for (const list of this.listsOf(task)) insert(list, task);
  }

  /** Many at once, in any order. */
  addAll(tasks: readonly T[]): void {
    const lists = new Set<T[]>();
    for (const task of tasks) {
      for (const list of this.listsOf(task)) {
        list.push(task);
        lists.add(list);
      }
    }
    for (const list of lists) list.sort(compare);
  }

  /** To be called around a change of status. */
  move(task: T, change: () => void): void {
    for (const list of this.listsOf(task)) list.splice(position(list, task), 1);
    change();
    this.add(task);
  }

  /** Of the key, or of its whole account; newest first. */
  page(
    apiKey: ApiKey,
    scope: 'account' | 'key',
    filter: ListFilter,
    { skip, count }: { readonly skip: number; readonly count: number },
  ): { total: number; rows: T[] } {
    const list = this.owners.get(ownerOf(apiKey, scope))?.get(nameOf(filter.status, filter.model)) ?? [];
    const start = firstFrom(list, filter.from);
    const end = firstFrom(list, filter.to + 1);
    const last = Math.max(start, end - skip);
    return { total: Math.max(0, end - start), rows: list.slice(Math.max(start, last - count), last).reverse() };
  }

  private *listsOf(task: T): Iterable<T[]> {
    const { apiKey, listedAs, request } = task;
    for (const owner of [ownerOf(apiKey, 'account'), ownerOf(apiKey, 'key')]) {
      const lists = this.owners.get(owner) ?? new Map<string, T[]>();
      this.owners.set(owner, lists);
      for (const status of [undefined, listedAs]) {
        for (const model of [undefined, request.model]) {
          const name = nameOf(status, model);
          const list = lists.get(name) ?? [];
          lists.set(name, list);
          yield list;
        }
      }
    }
  }
}

/** By name: a key that is added anew keeps its tasks. */
function ownerOf({ key, account }: ApiKey, scope: 'account' | 'key'): string {
  return scope === 'key' ? `key ${key}` : `account ${account.name}`;
}

function nameOf(status: string | undefined, model: string | undefined): string {
  return `${status ?? '*'} ${model ?? '*'}`;
}

function compare(a: Listed, b: Listed): number {
  return a.createdAt - b.createdAt || a.sequence - b.sequence;
}

/** Where the task is, or belongs. */
function position(list: readonly Listed[], task: Listed): number {
  return bisect(list, (next) => compare(next, task) < 0);
}

function insert<T extends Listed>(list: T[], task: T): void {
  list.splice(position(list, task), 0, task);
}

function firstFrom(list: readonly Listed[], at: number): number {
  return bisect(list, (next) => next.createdAt < at);
}

/** The number of items at the front for which the test holds. */
function bisect<T>(list: readonly T[], isBefore: (item: T) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(list[middle])) low = middle + 1;
    else high = middle;
  }
  return low;
}
