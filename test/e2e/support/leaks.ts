/** Finds secrets where none may be. */
import { hashCallbackSecret } from '../../../lambda/shared/callback-secret';

/** A place that is looked at, and what is written there. */
export interface Place {
  readonly where: string;
  readonly text: string;
}

export interface Secrets {
  /** In the clear: API keys and task tokens. */
  readonly values: readonly string[];
  /** As the table has them. A callback's secret is stored nowhere but in this form, so it is looked for by its hash. */
  readonly hashes: ReadonlySet<string>;
}

export interface Leak {
  readonly where: string;
  /** The secret itself is not shown: a test's output is a log too. */
  readonly kind: 'value' | 'callback secret';
}

/** What a secret is made of, whichever it is. Text is looked at run by run, since most runs come again and again. */
export const SECRET_PATTERN = /^[A-Za-z0-9+/=_.-]{20,}$/;
const RUNS = /[A-Za-z0-9+/=_.-]{20,}/g;

/** 256 bits in base64url: 43 characters, without a sign of it around. */
const SECRET_LENGTH = 43;
const SECRET_RUNS = new RegExp(`[A-Za-z0-9_-]{${SECRET_LENGTH},}`, 'g');

export class LeakScanner {
  private readonly clean = new Set<string>();

  constructor(private readonly secrets: Secrets) {}

  scan({ where, text }: Place): Leak[] {
    const kinds = new Set<Leak['kind']>();
    for (const [run] of text.matchAll(RUNS)) {
      if (this.clean.has(run)) continue;
      const found = this.kindsIn(run);
      found.forEach((kind) => kinds.add(kind));
      if (found.length === 0) this.clean.add(run);
    }
    return [...kinds].map((kind) => ({ where, kind }));
  }

  private kindsIn(run: string): Leak['kind'][] {
    const { values, hashes } = this.secrets;
    const kinds: Leak['kind'][] = [];
    if (values.some((value) => run.includes(value))) kinds.push('value');
    if (windowsOf(run).some((window) => hashes.has(hashCallbackSecret(window)))) kinds.push('callback secret');
    return kinds;
  }
}

function windowsOf(run: string): string[] {
  return [...run.matchAll(SECRET_RUNS)].flatMap(([part]) =>
    Array.from({ length: part.length - SECRET_LENGTH + 1 }, (_, start) => part.slice(start, start + SECRET_LENGTH)),
  );
}
