/** `npm run soak -- --jobs 500 --seed 42`: random faults on many jobs. Without a seed it is a new one each time. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { UserError } from '../local/report.mjs';

/** @returns the environment in which `test/e2e/soak.test.ts` reads what was asked for */
export function soakEnvironment(args) {
  const { jobs, seed } = readArgs(args);
  return { SOAK_JOBS: String(jobs), SOAK_SEED: String(seed) };
}

function readArgs(args) {
  try {
    const { values } = parseArgs({ args, options: { jobs: { type: 'string' }, seed: { type: 'string' } } });
    return {
      jobs: wholeNumber('jobs', values.jobs ?? '500', 1),
      seed: wholeNumber('seed', values.seed ?? String(randomInt(2 ** 31)), 0),
    };
  } catch (error) {
    throw new UserError(`${error.message} Usage: npm run soak -- --jobs 500 --seed 42`);
  }
}

function wholeNumber(name, text, least) {
  const value = Number(text);
  if (/^\d{1,10}$/.test(text) && value >= least && value < 2 ** 31) return value;
  throw new Error(`--${name} must be a whole number from ${least}, got ${text}.`);
}
