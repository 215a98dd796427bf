/** What the simulator shows of itself. Times are epoch milliseconds of its clock; credits are exact decimal text. */
import type { Bill, KeyOptions } from './accounts';
import type { BehaviourChange } from './behaviour';
import type { RefundState } from './billing-block';
import type { Rule } from './faults';
import type { KeySettings } from './key-state';
import type { RateChange } from './prices';
import type { SeedOptions } from './seed-tasks';

/** One try to deliver a callback. */
export interface CallbackDelivery {
  readonly at: number;
  /** 1 to 4 within one delivery; more than one delivery happens only if a rule asks for it. */
  readonly attempt: number;
  /** Of the receiver's reply. */
  readonly status?: number;
  /** Why there was no reply: `ECONNREFUSED`, `TIMED_OUT`, `INTERNAL_ADDRESS` and the like. */
  readonly error?: string;
  /** Real milliseconds. */
  readonly durationMs: number;
}

/** One request for an image file. */
export interface FileDownload {
  readonly at: number;
  /** From 1. */
  readonly image: number;
  readonly status: number;
  /** Of the picture, where all of it was sent: hex digits. */
  readonly sha256?: string;
  /** The client sent an `Authorization` header to the file host, which it never should. */
  readonly sentAuthorization: boolean;
}

/** A task as the simulator knows it. */
export interface TaskSnapshot {
  readonly id: string;
  /** The API key that submitted it. */
  readonly key: string;
  /** The account that the key belongs to. */
  readonly account: string;
  readonly model: string;
  readonly prompt: string;
  /** The body of the submission. */
  readonly request: Readonly<Record<string, unknown>>;
  /** As a query shows it. */
  readonly status: string;
  readonly createdAt: number;
  readonly settledAt?: number;
  /** Held at submission. */
  readonly creditsReserved: string;
  /** Finally charged; '0' until the end, and for a failed task unless a rule charges it all the same. */
  readonly creditsUsed: string;
  /** How far its refund is, from the end on. While it is pending, the reserved credits are still held. */
  readonly refund?: RefundState;
  readonly images: readonly { readonly url: string; readonly width: number; readonly height: number }[];
  readonly error?: { readonly code: string | number; readonly message: string };
  readonly callbacks: readonly CallbackDelivery[];
  readonly downloads: readonly FileDownload[];
  /** Label of the rule that took it. */
  readonly rule?: string;
}

/** One POST to the generation route, also one that was refused. */
export interface Submission {
  readonly at: number;
  /** Absent when the reply was dropped or is still due. */
  readonly status?: number;
  /** `error.code` of a refusal. */
  readonly code?: string | number;
  readonly taskId?: string;
  readonly model?: string;
  readonly prompt?: string;
  readonly idempotencyKey?: string;
  /** The `X-Evo-Run-Id` header, in which EvoLink's own client repeats the idempotency key. */
  readonly runId?: string;
  /** How many POSTs with this idempotency key it was, from 1. Absent when the API key was refused. */
  readonly post?: number;
  /** It was answered with the task of an earlier POST, which `taskId` names. */
  readonly replayed?: boolean;
  /** What a rule did to it. */
  readonly fault?: 'reply' | 'dropped';
  /** Label of the rule that took it. */
  readonly rule?: string;
}

/** How a simulator is set up. */
export interface SimulatorOptions extends BehaviourChange {
  /** @default 0 - a free one */
  readonly port?: number;
  /** Address to listen on. @default '127.0.0.1' */
  readonly host?: string;
  /** PEM texts. @default - plain HTTP */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Start of the links to images, if clients reach the simulator under another address. @default - `baseUrl` */
  readonly publicBaseUrl?: string;
  /** @default - one key, 'sk-simulator', with 1000 credits */
  readonly keys?: readonly KeyOptions[];
  /** Accepts callback URLs that EvoLink refuses: http, loopback, private addresses. @default false */
  readonly allowLocalCallbacks?: boolean;
  /** Serves `/_simulator/*`, so that other processes can script and inspect it. @default false */
  readonly control?: boolean;
  readonly timing?: Partial<SimulatorTiming>;
  /**
   * `running` follows real time and can be moved ahead; `manual` stands still until `clock.advance` is called.
   * @default 'running'
   */
  readonly clock?: 'running' | 'manual';
  /** Addresses for callback hosts. `localhost` and names below it are 127.0.0.1 in any case. @default - DNS */
  readonly resolveHost?: (hostname: string) => string | undefined;
  /** PEM certificates that callbacks trust besides Node's own roots. @default - NODE_EXTRA_CA_CERTS applies as always */
  readonly ca?: string | readonly string[];
  /**
   * Unfinished tasks per key; a submission above it answers 429 with `Retry-After: 1`. EvoLink publishes no number.
   * @default - unlimited
   */
  readonly concurrencyLimit?: number;
  /** What an image link answers after 24 hours. EvoLink does not say. @default 404 */
  readonly expiredLinkStatus?: 403 | 404 | 410;
  /** Image links answer 403 to the default User-Agent of Python's urllib, as EvoLink's file host was seen to. @default false */
  readonly strict?: boolean;
}

/** How long things take. */
export interface SimulatorTiming {
  /** Simulated milliseconds before a task is worked on. @default 150 */
  readonly pendingMs: number;
  /** Simulated milliseconds of work. @default 250 */
  readonly processingMs: number;
  /** Real milliseconds before a callback delivery is given up. @default 10000 */
  readonly callbackTimeoutMs: number;
  /** Simulated milliseconds before each further delivery. @default [1000, 2000, 4000] */
  readonly callbackRetryMs: readonly number[];
}

/** What can be asked of a simulator and done to it; `SimulatorControl` offers the same to other processes. */
export interface SimulatorControls {
  readonly clock: {
    /** Epoch milliseconds. */
    now(): number;
    /** Moves the time ahead; all that happens on the way has happened when it returns, replies to callbacks aside. */
    advance(ms: number): void;
  };
  /** Oldest first. */
  tasks(): TaskSnapshot[];
  /** Every POST to the generation route, oldest first. */
  submissions(): Submission[];
  /** The most unfinished tasks that one key had at the same time since the last reset. */
  mostOpenTasks(): number;
  /** Requests of clients since the last reset, by method, route and status: `GET /v1/tasks/{id} 404`. */
  requests(): Readonly<Record<string, number>>;
  /** Of the account of one key. @default - all accounts together */
  bill(key?: string): Bill;
  /** Adds rules behind those that are there. Throws TypeError on an unknown field. */
  script(...rules: Rule[]): void;
  /** Forgets every rule. */
  clearScript(): void;
  /** Replaces all keys; their bills start afresh. */
  setKeys(keys: readonly KeyOptions[]): void;
  /** One more key, with a bill of its own. */
  addKey(key: KeyOptions): void;
  /** From now on the key is refused. */
  revokeKey(key: string): void;
  /** Changes a key's state, models or limits; what is left out stays. Throws TypeError or RangeError for nonsense. */
  changeKey(key: string, settings: KeySettings): void;
  /** From now on this much is left on the account of the key. @param key - the first key if left out */
  setCredits(credits: string, key?: string): void;
  /** Switches what EvoLink may do in more than one way; what is left out stays. Throws TypeError for nonsense. */
  behave(change: BehaviourChange): void;
  /** From now on tasks are held and charged at this rate, and the public price rules show it. */
  setRate(change: RateChange): void;
  /** Completes refunds that are pending or failed. @param taskId - all of them if left out @returns how many */
  completeRefunds(taskId?: string): number;
  /** Adds finished tasks to an account, cheaply: 100000 of them take less than a second. */
  seedTasks(options: SeedOptions): void;
  /**
   * Forgets tasks, submissions, idempotency keys, requests, rules and bills; keys, prices and behaviour are as at the
   * start. For use between tests.
   */
  reset(): void;
}

/** A simulator in this process. */
export interface EvolinkSimulator extends SimulatorControls {
  /** Without a trailing slash: `http://127.0.0.1:40123`. */
  readonly baseUrl: string;
  /** Ends connections, timers and callbacks under way. */
  close(): Promise<void>;
}
