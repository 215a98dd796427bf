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

/** Characters of 256 bits in base64url. */
const SECRET_LENGTH = 43;

/** Base64url without a sign of it around: in a path, in quotes, behind an equals sign. */
const RUNS = new RegExp(`[A-Za-z0-9_-]{${SECRET_LENGTH},}`, 'g');

export function findLeaks(places: Iterable<Place>, { values, hashes }: Secrets): Leak[] {
  const leaks: Leak[] = [];
  for (const { where, text } of places) {
    if (values.some((value) => text.includes(value))) leaks.push({ where, kind: 'value' });
    if (secretsIn(text, hashes)) leaks.push({ where, kind: 'callback secret' });
  }
  return leaks;
}

function secretsIn(text: string, hashes: ReadonlySet<string>): boolean {
  for (const [run] of text.matchAll(RUNS)) {
    for (let start = 0; start + SECRET_LENGTH <= run.length; start++) {
      if (hashes.has(hashCallbackSecret(run.slice(start, start + SECRET_LENGTH)))) return true;
    }
  }
  return false;
}
