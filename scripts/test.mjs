/**
 * `npm test`: every check there is, each as a step of its own. A failed step does not hide the ones after it, and the
 * last line counts real tests, so that a machine can read it: `N passed, N failed`.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BUILD_ASSETS, stamped } from './assets.mjs';
import { runForeground } from './foreground.mjs';
import { withLock } from './lock.mjs';
import { bold, green, red, seconds } from '../local/report.mjs';
import { pinnedNode } from './setup.mjs';

const JEST = 'node_modules/jest/bin/jest.js';

/** The bundles come first: the template and the end-to-end tests need them. */
const BUILD = { name: 'Lambda bundles', args: BUILD_ASSETS };

const ALL_STEPS = [
  BUILD,
  { name: 'Type check', args: ['node_modules/typescript/bin/tsc', '--noEmit'] },
  { name: 'Lint', args: ['node_modules/eslint/bin/eslint.js', '.'] },
  { name: 'Format', args: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'] },
  // Each app that they synthesise leaves an assembly behind, thousands in all. On every core: by itself jest would leave
  // one to its own process, which only waits.
  { name: 'Unit tests', args: [JEST, '--selectProjects', 'unit', '--maxWorkers=100%'], counted: true, litters: true },
  // One local cloud for all of them, so one after the other.
  { name: 'End-to-end tests', args: [JEST, '--selectProjects', 'e2e', '--runInBand'], counted: true },
];

/**
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 * @param {string[]} args for jest: with any, only jest runs (`npm test -- test/domain`)
 * @returns {Promise<number>} exit code
 */
export async function runTests(root, env, args = []) {
  const steps =
    args.length > 0 ? [BUILD, { name: 'Tests', args: [JEST, '--runInBand', ...args], counted: true }] : ALL_STEPS;
  const results = mkdtempSync(path.join(root, '.local', 'test-'));
  let passed = 0;
  let failed = 0;
  try {
    for (const [index, step] of steps.entries()) {
      const count = await runStep(root, env, step, path.join(results, `${index}.json`));
      if (count === undefined) return 130;
      passed += count.passed;
      failed += count.failed;
    }
  } finally {
    rmSync(results, { recursive: true, force: true });
  }
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

/** Undefined: interrupted. */
async function runStep(root, shellEnv, { name, args, counted, litters }, resultFile) {
  console.log(`\n${bold(`▸ ${name}`)}`);
  const since = performance.now();
  const litter = litters ? mkdtempSync(path.join(tmpdir(), 'evolink-unit-')) : undefined;
  const env = litter ? { ...shellEnv, TMPDIR: litter } : shellEnv;
  const all = counted ? [...args, '--json', '--outputFile', resultFile] : args;
  const run = async () => {
    try {
      return await runForeground(pinnedNode(root), all, { cwd: root, env });
    } finally {
      if (litter) rmSync(litter, { recursive: true, force: true });
    }
  };
  const build = () => withLock(path.join(root, '.local', 'build.lock'), () => stamped(root, run));
  const code = args === BUILD_ASSETS ? await build() : await run();
  if (code === 130 || code === 143) return undefined;
  const count = counted ? countTests(resultFile, code) : { passed: 0, failed: code === 0 ? 0 : 1 };
  console.log(`${count.failed === 0 ? green('✓') : red('✗')} ${name}  ${seconds(since)}`);
  return count;
}

/** A file that could not even be loaded, and a run that ended without a result, count as one failure each. */
function countTests(resultFile, code) {
  try {
    const result = JSON.parse(readFileSync(resultFile, 'utf8'));
    const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
    return { passed: result.numPassedTests, failed: Math.max(failed, code === 0 ? 0 : 1) };
  } catch {
    return { passed: 0, failed: 1 };
  }
}
