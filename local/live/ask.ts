/** A question on the terminal. */
import { createInterface } from 'node:readline/promises';

export async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  // The terminal is the question's while it is open: without this Ctrl-C would end nothing.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}
