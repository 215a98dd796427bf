/** The command line: `evolink-images <command>`. Exit codes: 0 done, 1 failed, 2 wrong use, 130 interrupted. */
import { COMMANDS } from './commands';
import { explainAwsError } from './commands/aws-errors';
import { readArguments } from './commands/arguments';
import { CommandError, type Command, type Io, UsageError, type UsageProblem } from './commands/command';
import { commandHelp, generalHelp, PROGRAM } from './commands/help';
import { processIo } from './commands/process-io';
import { tableLines } from './commands/table';
import { cut } from '../domain/preview';
import { packageVersion } from '../lib/package-json';

const DONE = 0;
const FAILED = 1;
const WRONG_USE = 2;

const HELP = new Set(['--help', '-h']);

/**
 * @param argv what follows the program's name
 * @returns the exit code
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = argv[0] === 'help' ? [argv[1] ?? '--help', '--help'] : argv;
  if (name === undefined) {
    await io.err(generalHelp(COMMANDS));
    return WRONG_USE;
  }
  if (name === '--version') {
    await io.out(`${packageVersion()}\n`);
    return DONE;
  }
  if (HELP.has(name)) {
    await io.out(generalHelp(COMMANDS));
    return DONE;
  }
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (!command) {
    const message = `There is no such command. Commands: ${COMMANDS.map((known) => known.name).join(', ')}.`;
    return wrongUse([{ where: name, message }], PROGRAM, io);
  }
  const beforeTerminator = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest;
  if (beforeTerminator.some((argument) => HELP.has(argument))) {
    await io.out(commandHelp(command));
    return DONE;
  }
  return run(command, rest, io);
}

async function run(command: Command, argv: readonly string[], io: Io): Promise<number> {
  try {
    await command.run(readArguments(argv, command.options), io);
    return DONE;
  } catch (error) {
    if (error instanceof UsageError) return wrongUse(error.problems, `${PROGRAM} ${command.name}`, io);
    const explained = error instanceof CommandError ? error : explainAwsError(error);
    const text = explained?.message ?? (error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    await io.err(`${io.paint.red('Error:')} ${text}\n`);
    return explained?.exitCode ?? FAILED;
  }
}

async function wrongUse(problems: readonly UsageProblem[], program: string, io: Io): Promise<number> {
  const lines = problems.map(({ where, message }) => [`  ${cut(where)}`, message]);
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  await io.err(
    `${[`${program}: ${io.paint.red(count)}`, ...tableLines([{}, {}], lines), `See: ${program} --help`].join('\n')}\n`,
  );
  return WRONG_USE;
}

/** Runs what this process was started for. */
export async function runProcess(): Promise<void> {
  // Not process.exit: what was written may still be on its way.
  process.exitCode = await main(process.argv.slice(2), processIo());
}
