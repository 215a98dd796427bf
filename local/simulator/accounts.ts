/** Accounts and their API keys: what is held, what is spent, what is left. */
import { creditText, creditUnits } from './credits';
import { KeyUsage, type KeySettings } from './key-state';

/** An API key of a simulated account. */
export interface KeyOptions extends KeySettings {
  readonly key: string;
  /**
   * The account that the key belongs to. Keys of one account share its balance, tasks and idempotency keys.
   * @default - an account of its own
   */
  readonly account?: string;
  /**
   * Credits on the account, decimal text with at most four decimals. Only the first key of an account may give them.
   * @default '1000'
   */
  readonly credits?: string;
}

/** Exact decimal text. `remaining` = granted - held - used; it may be negative, as a final charge can exceed its hold. */
export interface Bill {
  readonly creditsUsed: string;
  readonly creditsReserved: string;
  readonly remaining: string;
}

/** Amounts in 10^-4 credit. */
export interface Account {
  readonly name: string;
  granted: number;
  reserved: number;
  used: number;
}

export interface ApiKey {
  readonly key: string;
  readonly account: Account;
  readonly usage: KeyUsage;
}

export function remainingUnits(account: Account): number {
  return account.granted - account.reserved - account.used;
}

export class Accounts {
  private readonly keys = new Map<string, ApiKey>();

  constructor(
    private readonly initial: readonly KeyOptions[],
    private readonly now: () => number,
  ) {
    this.reset();
  }

  /** Back to the keys and credits that the simulator was started with. */
  reset(): void {
    this.set(this.initial);
  }

  set(keys: readonly KeyOptions[]): void {
    this.keys.clear();
    for (const options of keys) this.add(options);
  }

  /** Adds a key, or replaces it; an account that has no other key starts with a fresh balance. */
  add({ key, account = key, credits, ...settings }: KeyOptions): void {
    if (!/^[\x21-\x7e]+$/.test(key)) throw new RangeError('A key is printable ASCII without spaces, not empty.');
    const others = [...this.keys.values()].filter((next) => next.key !== key);
    const shared = others.find((next) => next.account.name === account)?.account;
    if (shared !== undefined && credits !== undefined) {
      throw new RangeError(`Account '${account}' has its credits already; only its first key may give them.`);
    }
    const owner = shared ?? { name: account, granted: creditUnits(credits ?? '1000'), reserved: 0, used: 0 };
    this.keys.set(key, { key, account: owner, usage: new KeyUsage(settings, this.now) });
  }

  /** From now on the key answers 401. What it spent stays on the bill. */
  revoke(key: string): void {
    this.change(key, { state: { is: 'revoked' } });
  }

  change(key: string, settings: KeySettings): void {
    this.find(key).usage.change(settings);
  }

  /** From now on this much is left on the key's account. */
  setRemaining(credits: string, key?: string): void {
    const { account } = this.find(key);
    account.granted = creditUnits(credits) + account.reserved + account.used;
  }

  /** The key of an `Authorization` header, if it is known and not revoked. */
  authenticate(authorization: string | undefined): ApiKey | undefined {
    const text = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    const known = text === undefined ? undefined : this.keys.get(text);
    return known?.usage.isRevoked ? undefined : known;
  }

  /** Holds the amount, or says that too little is left. */
  reserve({ account, usage }: ApiKey, units: number): boolean {
    if (remainingUnits(account) < units) return false;
    account.reserved += units;
    usage.book(units, 0);
    return true;
  }

  /** Ends a hold of the given time: `used` is charged, the rest is free again. */
  settle({ account, usage }: ApiKey, reserved: number, used: number, heldAt: number): void {
    account.reserved -= reserved;
    account.used += used;
    usage.book(-reserved, used, heldAt);
  }

  /** Takes back a charge. */
  refund({ account, usage }: ApiKey, units: number, heldAt: number): void {
    account.used -= units;
    usage.book(0, -units, heldAt);
  }

  /** The bill of the account of one key, or of all accounts together. */
  bill(key?: string): Bill {
    const all = key === undefined ? [...this.keys.values()] : [this.find(key)];
    const accounts = [...new Set(all.map(({ account }) => account))];
    const sum = (amount: (account: Account) => number) => accounts.reduce((total, next) => total + amount(next), 0);
    return {
      creditsUsed: creditText(sum((account) => account.used)),
      creditsReserved: creditText(sum((account) => account.reserved)),
      remaining: creditText(sum(remainingUnits)),
    };
  }

  /** Without a key: the first one. */
  find(key?: string): ApiKey {
    const found = key === undefined ? [...this.keys.values()][0] : this.keys.get(key);
    if (found === undefined) throw new RangeError('The simulator does not know this key.');
    return found;
  }
}
