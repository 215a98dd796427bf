/** What the commands say while they work: one short line per step, with its seconds. */

const colour = process.stdout.isTTY && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
const paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);

export const green = (text) => paint(32, text);
export const red = (text) => paint(31, text);
export const bold = (text) => paint(1, text);
export const dim = (text) => paint(2, text);

/** A failure that the user can mend: shown without a stack trace. */
export class UserError extends Error {
  name = 'UserError';
}

/** @param {number} since milliseconds, from `performance.now()` */
export function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

/**
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} action
 * @returns {Promise<T>}
 */
export async function step(name, action) {
  const since = performance.now();
  if (process.stdout.isTTY) process.stdout.write(dim(`… ${name}`));
  try {
    const result = await action();
    finish(`${green('✓')} ${name}  ${dim(seconds(since))}`);
    return result;
  } catch (error) {
    finish(`${red('✗')} ${name}  ${dim(seconds(since))}`);
    throw error;
  }
}

function finish(line) {
  process.stdout.write(process.stdout.isTTY ? `\r\u001b[K${line}\n` : `${line}\n`);
}
