/** Scripts and inspects a simulator that runs in another process; it must have been started with `control`. */
import type { Bill, KeyOptions } from './accounts';
import type { BehaviourChange } from './behaviour';
import type { KeyChange } from './control-routes';
import type { Rule } from './faults';
import type { KeySettings } from './key-state';
import type { RateChange } from './prices';
import type { SeedOptions } from './seed-tasks';
import type { Submission, TaskSnapshot } from './types';

const TIMEOUT_MS = 30_000;

/**
 * The same calls as `EvolinkSimulator` has, over HTTP. For HTTPS, the process needs the simulator's certificate in
 * `NODE_EXTRA_CA_CERTS` when it starts.
 */
export class SimulatorControl {
  private readonly baseUrl: string;

  /** @param baseUrl - the simulator's base URL */
  constructor(baseUrl: string) {
    this.baseUrl = baseUrl.replace(/\/+$/, '');
  }

  /** Oldest first. */
  tasks(): Promise<TaskSnapshot[]> {
    return this.call('GET', 'tasks');
  }

  /** Every POST to the generation route, also refused ones, oldest first. */
  submissions(): Promise<Submission[]> {
    return this.call('GET', 'submissions');
  }

  /** The most unfinished tasks that one key had at the same time since the last reset. */
  async mostOpenTasks(): Promise<number> {
    return (await this.call<{ mostOpenTasks: number }>('GET', 'most-open-tasks')).mostOpenTasks;
  }

  /** How many requests were answered how, by method, route and status. */
  requests(): Promise<Readonly<Record<string, number>>> {
    return this.call('GET', 'requests');
  }

  /** Of the account of one key, or of all accounts together. */
  bill(key?: string): Promise<Bill> {
    return this.call('GET', key === undefined ? 'bill' : `bill?key=${encodeURIComponent(key)}`);
  }

  /** Adds rules behind those that are there. */
  async script(...rules: Rule[]): Promise<void> {
    await this.call('POST', 'script', rules);
  }

  /** Forgets every rule. */
  async clearScript(): Promise<void> {
    await this.call('DELETE', 'script');
  }

  /** Epoch milliseconds of the simulator's clock. */
  async now(): Promise<number> {
    return (await this.call<{ now: number }>('GET', 'clock')).now;
  }

  /** Moves the simulator's clock ahead; returns the new time. */
  async advance(ms: number): Promise<number> {
    return (await this.call<{ now: number }>('POST', 'clock', { advanceMs: ms })).now;
  }

  /** Replaces all keys; their bills start afresh. */
  setKeys(keys: readonly KeyOptions[]): Promise<void> {
    return this.changeKeys({ set: keys });
  }

  /** One more key, with a bill of its own. */
  addKey(key: KeyOptions): Promise<void> {
    return this.changeKeys({ add: key });
  }

  /** From now on the key is refused. */
  revokeKey(key: string): Promise<void> {
    return this.changeKeys({ revoke: key });
  }

  /** Changes a key's state, models or limits; what is left out stays. */
  changeKey(key: string, settings: KeySettings): Promise<void> {
    return this.changeKeys({ change: key, settings });
  }

  /** From now on this much is left on the account of the key. @param key - the first key if left out */
  setCredits(credits: string, key?: string): Promise<void> {
    return this.changeKeys({ credits, key });
  }

  /** Switches what EvoLink may do in more than one way; what is left out stays. */
  async behave(change: BehaviourChange): Promise<void> {
    await this.call('POST', 'behaviour', change);
  }

  /** From now on tasks are held and charged at this rate, and the public price rules show it. */
  async setRate(change: RateChange): Promise<void> {
    await this.call('POST', 'rates', change);
  }

  /** Completes refunds that are pending or failed: of one task, or all. Resolves with how many there were. */
  async completeRefunds(taskId?: string): Promise<number> {
    return (await this.call<{ completed: number }>('POST', 'refunds', { taskId })).completed;
  }

  /** Adds finished tasks to an account, cheaply. */
  async seedTasks(options: SeedOptions): Promise<void> {
    await this.call('POST', 'seeds', options);
  }

  /** Forgets tasks, submissions, rules and bills; keys, prices and behaviour are as at the start. */
  async reset(): Promise<void> {
    await this.call('POST', 'reset');
  }

  private async changeKeys(change: KeyChange): Promise<void> {
    await this.call('POST', 'keys', change);
  }

  private async call<T>(method: string, route: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.baseUrl}/_simulator/${route}`, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer = (await response.json()) as T & { error?: { message?: string } };
    if (response.ok) return answer;
    const name = route.replace(/\?.*/, '');
    throw new Error(`Simulator refused ${method} ${name} (${response.status}): ${answer.error?.message}`);
  }
}
