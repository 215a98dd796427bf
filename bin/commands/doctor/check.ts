/** What a check is, and how it is made: with a time limit, and with every failure told as a line of its own. */
import { explainAwsError, isAccessDenied } from '../aws-errors';
import { CommandError, type Io } from '../command';
import { printable } from '../table';

/**
 * - `ok`: nothing to do.
 * - `attention`: work goes on, but somebody should look.
 * - `problem`: something is wrong.
 * - `unknown`: the check could not be made.
 */
export type FindingState = 'ok' | 'attention' | 'problem' | 'unknown';

export interface Finding {
  readonly state: FindingState;
  /** What was found, in one line. */
  readonly text: string;
  /** What to do about it, a line each. @default - nothing */
  readonly advice?: readonly string[];
  /** For `--json`. */
  readonly facts?: Readonly<Record<string, unknown>>;
}

export interface Check {
  readonly id: string;
  readonly title: string;
  /** What it does at AWS, as policies name it. */
  readonly rights: readonly string[];
  readonly run: () => Promise<Finding>;
  /** @default - {@link LIMIT_MS} */
  readonly limitMs?: number;
}

export interface Result extends Finding {
  readonly id: string;
  readonly title: string;
}

const LIMIT_MS = 30_000;

/** At once: each has its own time, and none keeps another from being told. */
export function makeChecks(checks: readonly Check[], io: Io): Promise<Result[]> {
  return Promise.all(checks.map((check) => makeCheck(check, io)));
}

async function makeCheck(check: Check, io: Io): Promise<Result> {
  const { id, title, limitMs = LIMIT_MS } = check;
  const over = new AbortController();
  const tooLong = io.sleep(limitMs, over.signal).then(
    (): Finding => ({ state: 'unknown', text: `no answer within ${limitMs / 1_000} s`, advice: ['Try again.'] }),
    // The check was faster.
    (): Promise<Finding> => new Promise(() => undefined),
  );
  try {
    const found = check.run().catch((error: unknown) => notMade(error, check.rights));
    return { id, title, ...(await Promise.race([found, tooLong])) };
  } finally {
    over.abort();
  }
}

/** Why a check says nothing. @param rights what was needed */
export function notMade(error: unknown, rights: readonly string[]): Finding {
  if (isAccessDenied(error)) {
    const right = missingRight(error.message, rights);
    return {
      state: 'unknown',
      text: `could not be checked: these credentials lack ${right}`,
      advice: [`Add ${right} to their policy: docs/doctor.md lists what is needed.`],
      facts: { missing_right: right },
    };
  }
  const missing = error instanceof Error && error.name === 'ResourceNotFoundException';
  const ours = error instanceof CommandError ? error.message : undefined;
  const known = ours ?? (missing ? undefined : explainAwsError(error)?.message);
  const text = known ?? (error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  return { state: 'unknown', text: printable(`could not be checked: ${text}`) };
}

/** AWS mostly names it, not always in the letters of a policy. */
function missingRight(message: string, rights: readonly string[]): string {
  const named = /perform:? ([a-z0-9-]+:[a-z0-9]+)/i.exec(message)?.[1];
  return rights.find((right) => right.toLowerCase() === named?.toLowerCase()) ?? named ?? rights.join(', ');
}
