/** What a command of the command line is, and what it gets from outside. */
import type { Arguments } from './arguments';
import type { Aws } from './aws';

export interface OptionDefinition {
  /** What its value stands for: `--size <size>`. Absent for a switch. */
  readonly value?: string;
  /** May be given more than once. @default - it may not */
  readonly many?: true;
  readonly help: string;
}

export type OptionDefinitions = Readonly<Record<string, OptionDefinition>>;

export interface Command {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What comes after the command's name, options aside: one line for each form. @default - nothing */
  readonly forms?: readonly string[];
  /** What else one should know, ready to be printed. */
  readonly details?: string;
  readonly options: OptionDefinitions;
  readonly examples: readonly string[];
  /**
   * @throws UsageError when the arguments can't be used
   * @throws CommandError when it could not be done
   */
  readonly run: (args: Arguments, io: Io) => Promise<void>;
}

/** The world outside, so that tests can bring their own. */
export interface Io {
  /** Resolves when there is room for more. */
  readonly out: (text: string) => Promise<void>;
  readonly err: (text: string) => Promise<void>;
  readonly paint: Paint;
  readonly now: () => Date;
  /** Environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** Posts nothing to an address, as a stranger would. Rejects where no answer came. */
  readonly post: (url: string, timeoutMs: number) => Promise<HttpReply>;
  /** Clients of AWS, made when a command first needs them. */
  readonly aws: (region?: string) => Promise<Aws>;
  /** Somebody who watches and can answer. @default - output goes elsewhere, and nobody does */
  readonly terminal?: Terminal;
  /** Takes Ctrl-C, until the function that it returns is called. */
  readonly onInterrupt: (listener: () => void) => () => void;
}

export interface Terminal {
  /** Shows a line in place of the one that it showed before; an empty one clears it. */
  readonly live: (line: string) => void;
  /** Undefined when it was answered by Ctrl-C. */
  readonly ask: (question: string) => Promise<string | undefined>;
}

/** What an address answered. */
export interface HttpReply {
  readonly status: number;
  /** Its beginning. */
  readonly body: string;
}

export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

export interface UsageProblem {
  /** The option or argument that it is about: `--size`. */
  readonly where: string;
  readonly message: string;
}

/** Wrong use: exit code 2, with every problem listed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';

  /** @param problems never empty */
  constructor(readonly problems: readonly UsageProblem[]) {
    super(problems.map(({ where, message }) => `${where}: ${message}`).join('\n'));
  }
}

/** It could not be done, for a reason that the user can mend: exit code 1 unless said otherwise, no stack trace. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: number;

  constructor(message: string, options: ErrorOptions & { readonly exitCode?: number } = {}) {
    super(message, options);
    this.exitCode = options.exitCode ?? 1;
  }
}

/** Options that are the same everywhere. */
export const JSON_OPTION = { json: { help: 'Print JSON.' } } as const satisfies OptionDefinitions;

export function printJson(io: Io, value: unknown): Promise<void> {
  return io.out(`${JSON.stringify(value, null, 2)}\n`);
}
