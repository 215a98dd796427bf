/** API keys and their credits: what is held, what is spent, what is left. */
import { creditText, creditUnits } from './billing';

/** An API key, which is an account of its own. */
export interface KeyOptions {
  readonly key: string;
  /** Credits on the account, decimal text with at most four decimals. @default '1000' */
  readonly credits?: string;
  /** Models that the key may use. @default - all */
  readonly models?: readonly string[];
}

/** Exact decimal text. `remaining` = granted - held - used; it may be negative, as a final charge can exceed its hold. */
export interface Bill {
  readonly creditsUsed: string;
  readonly creditsReserved: string;
  readonly remaining: string;
}

/** Each key is an account of its own. Amounts in 10^-4 credit. */
export interface Account {
  readonly key: string;
  readonly models?: readonly string[];
  granted: number;
  reserved: number;
  used: number;
  revoked: boolean;
}

export function remainingUnits(account: Account): number {
  return account.granted - account.reserved - account.used;
}

export class Accounts {
  private readonly accounts = new Map<string, Account>();

  constructor(private readonly initial: readonly KeyOptions[]) {
    this.reset();
  }

  /** Back to the keys and credits that the simulator was started with. */
  reset(): void {
    this.set(this.initial);
  }

  set(keys: readonly KeyOptions[]): void {
    this.accounts.clear();
    for (const options of keys) this.add(options);
  }

  /** Adds a key, or replaces it with a fresh balance. */
  add({ key, credits = '1000', models }: KeyOptions): void {
    if (!/^[\x21-\x7e]+$/.test(key)) throw new RangeError('A key is printable ASCII without spaces, not empty.');
    this.accounts.set(key, { key, models, granted: creditUnits(credits), reserved: 0, used: 0, revoked: false });
  }

  /** From now on the key answers 401. What it spent stays on the bill. */
  revoke(key: string): void {
    this.account(key).revoked = true;
  }

  /** From now on this much is left. */
  setRemaining(credits: string, key?: string): void {
    const account = this.account(key);
    account.granted = creditUnits(credits) + account.reserved + account.used;
  }

  /** The account of an `Authorization` header, if the key is known and not revoked. */
  authenticate(authorization: string | undefined): Account | undefined {
    const key = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    const account = key === undefined ? undefined : this.accounts.get(key);
    return account?.revoked ? undefined : account;
  }

  /** Holds the amount, or says that too little is left. */
  reserve(account: Account, units: number): boolean {
    if (remainingUnits(account) < units) return false;
    account.reserved += units;
    return true;
  }

  /** Ends a hold: `used` is charged, the rest is free again. */
  settle(account: Account, reserved: number, used: number): void {
    account.reserved -= reserved;
    account.used += used;
  }

  /** The bill of one key, or of all of them together. */
  bill(key?: string): Bill {
    const accounts = key === undefined ? [...this.accounts.values()] : [this.account(key)];
    const sum = (amount: (account: Account) => number) => accounts.reduce((total, next) => total + amount(next), 0);
    return {
      creditsUsed: creditText(sum((account) => account.used)),
      creditsReserved: creditText(sum((account) => account.reserved)),
      remaining: creditText(sum(remainingUnits)),
    };
  }

  /** Without a key: the first one. */
  private account(key?: string): Account {
    const account = key === undefined ? [...this.accounts.values()][0] : this.accounts.get(key);
    if (account === undefined) throw new RangeError('The simulator does not know this key.');
    return account;
  }
}
