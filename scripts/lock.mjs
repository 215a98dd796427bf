/**
 * One set-up at a time. The lock is a file that names its holder, so that the lock of a run that was killed
 * (SIGKILL leaves no chance to clean up) is taken over at once and nobody ever has to remove a file by hand.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf, isAlive } from '../local/cloud/process-identity.mjs';

const POLL_MS = 200;

/**
 * Runs the action while holding the lock; waits for another holder as long as that one lives.
 * @template T
 * @param {string} file
 * @param {() => T | Promise<T>} action
 * @param {(holder: number) => void} [onWait] called once, when another run holds the lock
 * @returns {Promise<T>}
 */
export async function withLock(file, action, onWait) {
  mkdirSync(path.dirname(file), { recursive: true });
  const mine = JSON.stringify({ ...identityOf(), nonce: randomBytes(8).toString('hex') });
  for (let told = false; !tryTake(file, mine);) {
    const seen = read(file);
    if (seen === undefined) continue;
    const holder = parse(seen);
    if (!isAlive(holder)) {
      removeStale(file, seen);
      continue;
    }
    if (!told) onWait?.(holder.pid);
    told = true;
    await sleep(POLL_MS);
  }
  const release = () => {
    if (read(file) === mine) rmSync(file, { force: true });
  };
  process.once('exit', release);
  try {
    return await action();
  } finally {
    process.off('exit', release);
    release();
  }
}

/** A link appears whole or not at all, so nobody reads a half-written holder. */
function tryTake(file, content) {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, content);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Two runs may find the same stale lock. Moving it aside lets one of them see that it took a fresh one, and undo it. */
function removeStale(file, seen) {
  const aside = `${file}.stale.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    renameSync(file, aside);
    if (read(aside) !== seen) linkSync(aside, file);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
