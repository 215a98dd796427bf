import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from './aws';
import type { Io, Paint, Terminal } from './command';
import { post } from './post';

/** The terminal, the clock and AWS. */
export function processIo(): Io {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // Who reads has seen enough: `evolink-images ledger … | head`.
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }
  const isTerminal = process.stdin.isTTY && process.stderr.isTTY && process.env.TERM !== 'dumb';
  return {
    out: (text) => write(process.stdout, text),
    err: (text) => write(process.stderr, text),
    paint: paint(process.stdout.isTTY && process.stderr.isTTY && !process.env.NO_COLOR && process.env.TERM !== 'dumb'),
    now: () => new Date(),
    env: process.env,
    sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
    post,
    aws: connect,
    terminal: isTerminal ? processTerminal() : undefined,
    onInterrupt: (listener) => {
      process.on('SIGINT', listener);
      return () => process.off('SIGINT', listener);
    },
  };
}

/** Beside the results, which go to stdout. */
function processTerminal(): Terminal {
  return {
    live: (line) => void process.stderr.write(`\r\u001b[K${line.slice(0, process.stderr.columns - 1)}`),
    ask: async (question) => {
      const lines = createInterface({ input: process.stdin, output: process.stderr });
      const interrupted = once(lines, 'SIGINT').then(() => undefined);
      try {
        return await Promise.race([lines.question(question), interrupted]);
      } finally {
        lines.close();
      }
    },
  };
}

/** @see https://no-color.org */
export function paint(colour: boolean): Paint {
  const code = (open: number, close: number) => (text: string) =>
    colour ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return { bold: code(1, 22), dim: code(2, 22), red: code(31, 39), green: code(32, 39), yellow: code(33, 39) };
}

async function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  if (!stream.write(text)) await once(stream, 'drain');
}
