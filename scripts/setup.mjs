/**
 * Makes a fresh clone ready, with nothing but Node and Python: npm packages from the lock file, and a virtual
 * environment with the pinned local cloud. Runs before node_modules exists, so it may import `node:*` only.
 *
 * A stamp inside each installation says from what it was made. It is written last, so an interrupted installation is
 * simply done again.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { endLeftovers } from './leftovers.mjs';
import { withLock } from './lock.mjs';
import { step, UserError } from '../local/report.mjs';
import { runLogged } from './run-logged.mjs';

export const MINIMUM_NODE = 20;
export const MINIMUM_PYTHON = [3, 10];

/**
 * The Node that the Lambdas run on, from the lock file: once it is there everything runs on it, so that the version on
 * the user's machine makes no difference.
 * @param {string} root
 */
export function pinnedNode(root) {
  return path.join(root, 'node_modules', 'node', 'bin', 'node');
}

/**
 * @param {string} root the repository
 * @param {{ afterwards?: () => Promise<void> }} [options] afterwards: more work that must not be done twice at once
 */
export async function setUp(root, { afterwards } = {}) {
  requireNode(process.versions.node);
  const local = path.join(root, '.local');
  await withLock(
    path.join(local, 'setup.lock'),
    async () => {
      const log = path.join(local, 'setup.log');
      rmSync(log, { force: true });
      endLeftovers(root);
      await installNodePackages(root, log);
      await installLocalCloud(root, log);
      await afterwards?.();
    },
    (holder) => console.log(`Waiting for the set-up of another run (process ${holder}) …`),
  );
}

/** @param {string} version */
export function requireNode(version) {
  if (Number.parseInt(version, 10) >= MINIMUM_NODE) return;
  throw new UserError(
    `Node.js ${MINIMUM_NODE} or newer is needed, this is ${version}. Get one at https://nodejs.org or with \`nvm install --lts\`.`,
  );
}

async function installNodePackages(root, log) {
  const stamp = path.join(root, 'node_modules', '.evolink-image-pipeline-stamp');
  const wanted = hashOf(`${process.platform} ${process.arch}\n${readFileSync(path.join(root, 'package-lock.json'))}`);
  if (readOr(stamp, '') === wanted) return;
  if (matchesLockFile(root)) return writeAtomically(stamp, wanted);
  await step('npm packages', async () => {
    // npm gives its own path to the scripts it runs; without it (plain `node scripts/run.mjs`) we take the one on PATH.
    const npm = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
    const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
    await runLogged(npm[0], [...npm.slice(1), ...args], {
      cwd: root,
      log,
      hints: [
        [/ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN/, 'Is the npm registry reachable? See `npm config get registry`.'],
        [/code EUSAGE/, 'package-lock.json does not fit package.json: mend it with `npm install --package-lock-only`.'],
      ],
    });
    if (!existsSync(pinnedNode(root))) {
      throw new UserError(
        'The pinned Node.js (package `node`) was not installed: its install script did not run. ' +
          'Allow install scripts (`npm config set ignore-scripts false`) and try again.',
      );
    }
    writeAtomically(stamp, wanted);
  });
}

/**
 * Whether somebody who ran `npm ci` or `npm install` by hand got exactly what the lock file says. npm keeps a copy of
 * what it installed, written as its last step.
 */
export function matchesLockFile(root) {
  try {
    const wanted = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages;
    const found = JSON.parse(readFileSync(path.join(root, 'node_modules/.package-lock.json'), 'utf8')).packages;
    const same = (name) =>
      found[name]?.version === wanted[name]?.version && found[name]?.integrity === wanted[name]?.integrity;
    return (
      existsSync(pinnedNode(root)) &&
      Object.keys(found).every(same) &&
      Object.keys(wanted).every((name) => name === '' || wanted[name].optional || same(name))
    );
  } catch {
    return false;
  }
}

async function installLocalCloud(root, log) {
  // A cloud that is already there needs no ministack of ours.
  if (process.env.AWS_ENDPOINT_URL) return;
  const venv = path.join(root, '.local', 'venv');
  const stamp = path.join(venv, 'stamp');
  const requirements = path.join(root, 'requirements-local.txt');
  const wanted = hashOf(readFileSync(requirements));
  // Python itself may have been updated or removed since: the link inside the environment then points nowhere.
  if (readOr(stamp, '') === wanted && existsSync(path.join(venv, 'bin', 'python'))) return;
  const python = findPython();
  await step('local cloud (ministack)', async () => {
    rmSync(venv, { recursive: true, force: true });
    await runLogged(python, ['-m', 'venv', venv], {
      cwd: root,
      log,
      hints: [
        [
          /ensurepip is not available|No module named '?(venv|ensurepip)/,
          'Install the missing part of Python: `apt install python3-venv`.',
        ],
      ],
    });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', '-r', requirements];
    await runLogged(path.join(venv, 'bin', 'python'), pip, {
      cwd: root,
      log,
      hints: [
        [
          /ConnectionError|NewConnectionError|Temporary failure|No matching distribution/,
          'Is the Python package index reachable? See `pip config list`.',
        ],
      ],
    });
    writeAtomically(stamp, wanted);
  });
}

/** The first Python on PATH that is new enough. `PYTHON` names another one. */
export function findPython(candidates = pythonNames()) {
  const seen = [];
  for (const candidate of candidates) {
    try {
      const script = 'import sys; print("%d.%d" % sys.version_info[:2])';
      const version = execFileSync(candidate, ['-c', script], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim();
      const [major, minor] = version.split('.').map(Number);
      if (major > MINIMUM_PYTHON[0] || (major === MINIMUM_PYTHON[0] && minor >= MINIMUM_PYTHON[1])) return candidate;
      seen.push(`${candidate} is ${version}`);
    } catch {
      // Not installed under this name: try the next.
    }
  }
  throw new UserError(
    `Python ${MINIMUM_PYTHON.join('.')} or newer is needed for the local cloud` +
      `${seen.length > 0 ? ` (found: ${seen.join(', ')})` : ', and none was found'}. ` +
      'Install one (`apt install python3 python3-venv`, `brew install python`) or name it: `PYTHON=/path/to/python3 npm start`.',
  );
}

function pythonNames() {
  if (process.env.PYTHON) return [process.env.PYTHON];
  return ['python3', 'python', ...[14, 13, 12, 11, 10].map((minor) => `python3.${minor}`)];
}

function hashOf(content) {
  return createHash('sha256').update(content).digest('hex');
}

function readOr(file, fallback) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return fallback;
  }
}

function writeAtomically(file, content) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, content);
  renameSync(`${file}.${process.pid}`, file);
}
