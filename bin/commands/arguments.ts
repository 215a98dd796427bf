import { parseArgs } from 'node:util';
import type { OptionDefinitions, UsageProblem } from './command';

/** Arguments of one command, as they were written. */
export class Arguments {
  constructor(
    private readonly values: ReadonlyMap<string, string | true>,
    private readonly lists: ReadonlyMap<string, readonly string[]>,
    readonly positionals: readonly string[],
    /** What is wrong with them so far. A command adds its own, and reports all of them together. */
    readonly problems: readonly UsageProblem[],
  ) {}

  /** The value of an option; undefined when it was not given. */
  text(option: string): string | undefined {
    const value = this.values.get(option);
    return value === true ? undefined : value;
  }

  /** Every value of an option that may be given more than once. */
  all(option: string): readonly string[] {
    return this.lists.get(option) ?? [];
  }

  flag(option: string): boolean {
    return this.values.get(option) === true;
  }

  /** @param expected how many arguments that are no options the command takes */
  unexpected(expected = 0): UsageProblem[] {
    return this.positionals.slice(expected).map((where) => ({ where, message: 'Unexpected argument.' }));
  }
}

/**
 * Reads what follows the name of a command. Collects what is wrong instead of stopping at the first mistake, as
 * `parseArgs` alone would.
 */
export function readArguments(argv: readonly string[], options: OptionDefinitions): Arguments {
  const values = new Map<string, string | true>();
  const lists = new Map<string, string[]>();
  const positionals: string[] = [];
  const problems: UsageProblem[] = [];
  const refuse = (where: string, message: string) => problems.push({ where, message });
  /** What follows an unknown option may be its value, and is no mistake of its own. */
  let afterUnknown = -1;

  for (const token of tokensOf(argv, options)) {
    const { name, rawName, value, index } = token;
    if (token.kind === 'positional') {
      if (index !== afterUnknown) positionals.push(value ?? '');
      continue;
    }
    const known = Object.hasOwn(options, name) && rawName === `--${name}` ? options[name] : undefined;
    if (!known) {
      refuse(rawName, 'There is no such option.');
      afterUnknown = value === undefined ? index + 1 : -1;
    } else if (values.has(name)) {
      refuse(rawName, 'Given more than once.');
    } else if (known.value === undefined) {
      if (value !== undefined) refuse(rawName, 'Takes no value.');
      values.set(name, true);
    } else if (value === undefined) {
      refuse(rawName, `Needs a value: ${rawName} <${known.value}>.`);
      values.set(name, true);
    } else if (known.many) {
      lists.set(name, [...(lists.get(name) ?? []), value]);
    } else {
      values.set(name, value);
    }
  }
  return new Arguments(values, lists, positionals, problems);
}

interface Token {
  readonly kind: 'option' | 'positional';
  readonly index: number;
  readonly name: string;
  readonly rawName: string;
  readonly value?: string;
}

/** An option that lacks its value must not swallow the next option: what comes after it is read afresh. */
function* tokensOf(argv: readonly string[], options: OptionDefinitions, offset = 0): Generator<Token> {
  const { tokens } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      Object.entries(options).map(([name, { value }]) => [name, { type: value === undefined ? 'boolean' : 'string' }]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    const index = offset + token.index;
    if (token.kind === 'positional') yield { kind: 'positional', index, name: '', rawName: '', value: token.value };
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    const swallows = value?.startsWith('--') === true && !inlineValue;
    yield { kind: 'option', index, name, rawName, ...(!swallows && { value }) };
    if (!swallows) continue;
    const rest = token.index + 1;
    yield* tokensOf(argv.slice(rest), options, offset + rest);
    return;
  }
}
