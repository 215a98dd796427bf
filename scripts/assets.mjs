/** Builds the Lambda bundles, unless they are already built from exactly these sources. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withLock } from './lock.mjs';
import { step } from '../local/report.mjs';
import { runLogged } from './run-logged.mjs';
import { pinnedNode } from './setup.mjs';

/** What a bundle is made of: our own sources, the libraries, and the way it is built. */
const SOURCES = ['lambda', 'domain', 'evolink', 'scripts', 'package.json', 'package-lock.json'];

const STAMP = '.stamp';

export const BUILD_ASSETS = ['node_modules/tsx/dist/cli.mjs', 'scripts/build-assets.ts'];

/** @param {string} root */
export async function buildAssetsIfStale(root) {
  const local = path.join(root, '.local');
  await withLock(path.join(local, 'build.lock'), async () => {
    const stamp = path.join(root, 'assets', STAMP);
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hashOfSources(root)) return;
    await step('Lambda bundles', () =>
      stamped(root, async () => {
        await runLogged(pinnedNode(root), BUILD_ASSETS, { cwd: root, log: path.join(local, 'build.log') });
        return 0;
      }),
    );
  });
}

/**
 * Remembers from which sources a build was made, so that a local run after it, or beside the tests, does not build again.
 *
 * @param {string} root
 * @param {() => Promise<number>} build resolves with its exit code
 */
export async function stamped(root, build) {
  const sources = hashOfSources(root);
  const code = await build();
  if (code === 0) writeFileSync(path.join(root, 'assets', STAMP), sources);
  return code;
}

function hashOfSources(root) {
  const hash = createHash('sha256');
  for (const source of SOURCES) addTo(hash, root, source);
  return hash.digest('hex');
}

function addTo(hash, root, name) {
  const file = path.join(root, name);
  const entries = directoryEntries(file);
  hash.update(`${name}\0`);
  if (entries) for (const entry of entries) addTo(hash, root, path.join(name, entry));
  else hash.update(readFileSync(file));
}

function directoryEntries(file) {
  try {
    return readdirSync(file).sort();
  } catch (error) {
    if (error.code === 'ENOTDIR') return undefined;
    throw error;
  }
}
