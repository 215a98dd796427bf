/**
 * Makes what the npm package holds and is not in the repository: the Lambda bundles, and `dist/` with the compiled
 * constructs, client and simulator, and the command line as one file. `npm pack` runs it.
 *
 *     npx tsx scripts/build-package.ts
 */
import { execFileSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { BUNDLE_OPTIONS, buildFunctions, bundleProblems } from './build-assets';
import { licenceNotice } from './licence-notice';

const ROOT = join(__dirname, '..');
const DIST = join(ROOT, 'dist');

/** Constructs, client and simulator: a module each, so that an app loads what it uses. */
function compile(): void {
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '--project', 'tsconfig.package.json'], { cwd: ROOT, stdio: 'inherit' });
}

/** In one file: it starts in a fraction of the time, and an app that installs the client gets no more AWS clients. */
async function bundleCommandLine(): Promise<void> {
  const result = await build({
    ...BUNDLE_OPTIONS,
    write: true,
    entryPoints: ['bin/evolink-images.ts'],
    outfile: join(DIST, 'bin', 'evolink-images.js'),
    target: 'node20',
    // What a command logs of an error is its name.
    keepNames: true,
  });
  await writeFile(join(DIST, 'bin', 'THIRD-PARTY-LICENSES.txt'), licenceNotice(ROOT, [result.metafile]));
}

async function main(): Promise<void> {
  const problems = (await buildFunctions()).flatMap(bundleProblems);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  await rm(DIST, { recursive: true, force: true });
  compile();
  await bundleCommandLine();
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
