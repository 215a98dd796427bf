/**
 * Entry of `npm start` and `npm run dev`, run by `scripts/run.mjs` once everything is installed. However it ends, it
 * first ends everything that it started.
 */
import pc from 'picocolors';
import { takeLeave } from './before-leaving';
import { stopAllProcesses } from './cloud/supervised-process';
import { dev } from './dev';
import { start } from './start';
import { WrongUse } from './wrong-use';

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = { start, dev };

const WRONG_USE = 2;

/** A program that does not end in this time is killed by its supervisor when we are gone. */
const STOP_TIMEOUT_MS = 10_000;

let leaving = false;

async function leave(exitCode: number, message?: string): Promise<void> {
  if (leaving) return;
  leaving = true;
  if (message) console.error(`\n${message}`);
  // It has time limits of its own; the one below is for programs.
  await takeLeave();
  const timeout = setTimeout(() => process.exit(exitCode), STOP_TIMEOUT_MS);
  await stopAllProcesses().catch(() => undefined);
  clearTimeout(timeout);
  process.exit(exitCode);
}

process.on('SIGINT', () => void leave(130, 'Stopping …'));
process.on('SIGTERM', () => void leave(143, 'Stopping …'));
process.on('SIGHUP', () => void leave(129));
// Whoever started us is gone.
process.on('disconnect', () => void leave(143));
process.channel?.unref();
process.on('uncaughtException', (error) => void leave(1, failure(error)));
process.on('unhandledRejection', (error) => void leave(1, failure(error)));

function failure(error: unknown): string {
  return `${pc.red('Error:')} ${error instanceof Error ? error.message : String(error)}`;
}

const [name = '', ...args] = process.argv.slice(2);
const command = COMMANDS[name];
if (!command) {
  console.error(`Unknown command ${name}. Use one of: ${Object.keys(COMMANDS).join(', ')}.`);
  process.exit(WRONG_USE);
}
command(args).then(
  (exitCode) => leave(exitCode),
  (error: unknown) => leave(error instanceof WrongUse ? WRONG_USE : 1, failure(error)),
);
