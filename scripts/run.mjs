/**
 * `npm start`, `npm run dev` and `npm test`: does all the set-up, then runs the command. Plain JavaScript, since on a
 * fresh clone nothing else can run yet.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildAssetsIfStale } from './assets.mjs';
import { runForeground } from './foreground.mjs';
import { endWithParent } from './parent.mjs';
import { red, UserError } from '../local/report.mjs';
import { pinnedNode, setUp } from './setup.mjs';
import { soakEnvironment } from './soak.mjs';
import { takeApiKey, withoutOwnAws } from './shell-environment.mjs';
import { runTests } from './test.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);

const SOAK_TEST = ['--selectProjects', 'e2e', '--runTestsByPath', 'test/e2e/soak.test.ts'];

/** A real key is for the launcher of a live run alone: not for npm, pip, or tests. */
const apiKey = takeApiKey(process.env);

const COMMANDS = {
  start: (env, args) => runLocal('start', args.includes('--live') ? { ...env, ...apiKey } : env, args),
  dev: (env) => runLocal('dev', env),
  test: (env, args) => runTests(root, env, args),
  soak: (env, args) => runTests(root, { ...env, ...soakEnvironment(args) }, SOAK_TEST),
};

async function main([name, ...args]) {
  const command = COMMANDS[name];
  if (!command) throw new UserError(`Unknown command ${name ?? ''}. Use one of: ${Object.keys(COMMANDS).join(', ')}.`);
  let env;
  await setUp(root, { afterwards: async () => (env = await localEnvironment()) });
  return await command(env, args);
}

/** Certificates must be known when a Node process starts, so they are made here, before the process that needs them. */
async function localEnvironment() {
  const { prepareTrust, trustEnvironment } = require('tsx/cjs/api').require('../local/cloud/trust.ts', import.meta.url);
  const { bundlePath } = await prepareTrust();
  return { ...withoutOwnAws(process.env), ...trustEnvironment(bundlePath) };
}

async function runLocal(command, env, rest = []) {
  await buildAssetsIfStale(root);
  const args = ['--require', 'tsx/cjs', path.join(root, 'local', 'main.ts'), command, ...rest];
  return runForeground(pinnedNode(root), args, { cwd: root, env });
}

// npm starts us with `exec`, so it is our parent; who runs this file by hand may leave us alone on purpose.
if (process.env.npm_lifecycle_event) endWithParent();

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`\n${red('Error:')} ${error instanceof UserError ? error.message : (error?.stack ?? error)}`);
  process.exitCode = 1;
}
