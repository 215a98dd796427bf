/**
 * The memory of idempotency keys, one per account. A repeat of a submission is answered with the first one's task;
 * the same key with other bytes is a conflict; while the first POST is still being answered, its outcome is in doubt.
 * That the real service does all this for plain API keys is the vendor's statement and not proven.
 */
import { createHash } from 'node:crypto';
import type { Account } from './accounts';
import { ApiError } from './api-error';
import type { Behaviour } from './behaviour';
import type { Reply } from './http';
import type { Task } from './task';

/** What is remembered of the first POST with a key. */
export interface FirstPost {
  readonly hash: string;
  readonly at: number;
  /** Its reply has not left yet. */
  open: boolean;
  task?: Task;
  /** What refused it, where a refusal uses the key up. */
  refusal?: Reply;
}

/** One POST, as the ledger sees it. */
export interface Post {
  /** From 1: how many POSTs with this key the account has sent. Always 1 without a key. */
  readonly number: number;
  /** Set for a repeat. */
  readonly first?: FirstPost;
}

const KEY_FORM = /^[A-Za-z0-9._-]{16,96}$/;

export class IdempotencyLedger {
  /** By the account's name. */
  private readonly accounts = new Map<string, Map<string, FirstPost>>();
  private readonly counts = new Map<string, Map<string, number>>();

  constructor(
    private readonly behaviour: () => Behaviour,
    private readonly now: () => number,
  ) {}

  clear(): void {
    this.accounts.clear();
    this.counts.clear();
  }

  /** Counts the POST and looks its key up. Throws for a key that is not of the form that the gateway accepts. */
  seen(account: Account, key: string | undefined): Post {
    if (key === undefined) return { number: 1 };
    if (!KEY_FORM.test(key)) {
      const message = 'Idempotency-Key: 16 to 96 characters of A-Z, a-z, 0-9, dot, underscore and hyphen.';
      throw ApiError.of('invalid_request', { param: 'Idempotency-Key', message });
    }
    const counts = this.counts.get(account.name) ?? new Map<string, number>();
    const number = (counts.get(key) ?? 0) + 1;
    this.counts.set(account.name, counts.set(key, number));
    return { number, first: this.remembered(account, key) };
  }

  /** Remembers a first POST, from now until its time is over. Without a key, or where keys are ignored, nothing is. */
  begin(account: Account, key: string | undefined, body: Buffer): FirstPost | undefined {
    if (key === undefined || this.behaviour().idempotency === 'ignored') return undefined;
    const first: FirstPost = { hash: hashOf(body), at: this.now(), open: true };
    this.accounts.set(account.name, (this.accounts.get(account.name) ?? new Map<string, FirstPost>()).set(key, first));
    return first;
  }

  /** Ends a first POST without a task. Normally its key is free again. */
  refused(account: Account, key: string | undefined, first: FirstPost | undefined, reply: Reply): void {
    if (first === undefined) return;
    if (this.behaviour().refusalUsesKey)
      first.refusal = { status: reply.status, body: reply.body, headers: reply.headers };
    else this.forget(account, key, first);
  }

  /** As if the POST had never arrived. */
  forget(account: Account, key: string | undefined, first: FirstPost | undefined): void {
    const keys = this.accounts.get(account.name);
    if (key !== undefined && first !== undefined && keys?.get(key) === first) keys.delete(key);
  }

  /** Throws what a repeat is refused with before anything else is looked at. */
  check(first: FirstPost, body: Buffer): void {
    if (first.hash !== hashOf(body)) throw ApiError.of('idempotency_conflict');
    if (first.open) throw ApiError.of('paid_outcome_unknown');
  }

  private remembered(account: Account, key: string): FirstPost | undefined {
    const { idempotency, idempotencyMemoryMs } = this.behaviour();
    const first = this.accounts.get(account.name)?.get(key);
    if (first === undefined || idempotency === 'ignored') return undefined;
    if (this.now() < first.at + idempotencyMemoryMs) return first;
    this.forget(account, key, first);
    return undefined;
  }
}

function hashOf(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}
