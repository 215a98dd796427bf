/**
 * Bundles every Lambda function into `assets/<name>/index.js`, and refuses a bundle that is too big.
 *
 *     npx tsx scripts/build-assets.ts [--report]
 *
 * The bundles are made here, once, and not at synthesis: whoever uses the construct needs neither esbuild nor Docker
 * nor our sources.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build, type BuildOptions, type Metafile } from 'esbuild';
import { referenceSource } from './bundle-reference';
import { licenceNotice } from './licence-notice';

const ROOT = join(__dirname, '..');

/**
 * A bundle may be this many times the size of its reference: a bundle of nothing but the SDK clients and Powertools
 * that the function uses. What is above 1 is our own code and what it drags in.
 */
export const SIZE_BAR = 1.2;

/**
 * A function that calls nobody has next to nothing to be measured against: its own code may have this much in any case
 * (docs/decisions/0007).
 */
export const OWN_CODE_BYTES = 40_000;

/** Never in a function: it would add megabytes, and means that a handler imports from `lib/`. */
const FORBIDDEN_PACKAGES = ['aws-cdk-lib', 'constructs'];

export const BUNDLE_OPTIONS = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none',
  treeShaking: true,
  metafile: true,
  write: false,
  logLevel: 'silent',
  absWorkingDir: ROOT,
} as const satisfies BuildOptions;

export interface BundleSize {
  readonly name: string;
  readonly bytes: number;
  /** Absent for a function that uses neither an SDK client nor Powertools. */
  readonly referenceBytes?: number;
  readonly forbiddenPackages: readonly string[];
}

export interface BundleReport extends BundleSize {
  /** What is inside. */
  readonly metafile: Metafile;
}

/** Every folder of `lambda/` with a `handler.ts` is a function. */
export function functionNames(): string[] {
  return readdirSync(join(ROOT, 'lambda')).filter((name) => existsSync(join(ROOT, 'lambda', name, 'handler.ts')));
}

export async function buildFunction(name: string): Promise<BundleReport> {
  const outfile = join(ROOT, 'assets', name, 'index.js');
  // 'external' writes a map without naming it in the bundle: Node would otherwise look for it at every start. Without
  // the sources themselves, which would be megabytes: a map is for finding file and line of a stack trace.
  const result = await build({
    ...BUNDLE_OPTIONS,
    entryPoints: [`lambda/${name}/handler.ts`],
    outfile,
    sourcemap: 'external',
    sourcesContent: false,
  });
  await mkdir(dirname(outfile), { recursive: true });
  await Promise.all(result.outputFiles.map((file) => writeFile(file.path, file.contents)));
  const bundle = result.outputFiles.find((file) => file.path === outfile);
  if (!bundle) throw new Error(`esbuild made no bundle for ${name}`);
  return {
    name,
    bytes: bundle.contents.length,
    referenceBytes: await referenceBytes(name, result.metafile),
    forbiddenPackages: FORBIDDEN_PACKAGES.filter((forbidden) =>
      Object.keys(result.metafile.inputs).some((input) => input.includes(`node_modules/${forbidden}/`)),
    ),
    metafile: result.metafile,
  };
}

/**
 * Every function, and a notice of the licences inside.
 */
export async function buildFunctions(): Promise<readonly BundleReport[]> {
  const reports = await Promise.all(functionNames().map(buildFunction));
  const notice = licenceNotice(
    ROOT,
    reports.map(({ metafile }) => metafile),
  );
  await writeFile(join(ROOT, 'assets', 'THIRD-PARTY-LICENSES.txt'), notice);
  return reports;
}

async function referenceBytes(name: string, metafile: Metafile): Promise<number | undefined> {
  const contents = referenceSource(name, metafile, (path) => readFileSync(join(ROOT, path), 'utf8'));
  if (contents === undefined) return undefined;
  const { outputFiles } = await build({ ...BUNDLE_OPTIONS, stdin: { contents, resolveDir: ROOT, loader: 'ts' } });
  return outputFiles[0]?.contents.length;
}

/** What is wrong with a bundle, one sentence each; empty when nothing is. */
export function bundleProblems(report: BundleSize): string[] {
  const problems = report.forbiddenPackages.map((name) => `${report.name}: the bundle contains ${name}`);
  const reference = report.referenceBytes ?? 0;
  const limit = Math.max(SIZE_BAR * reference, reference + OWN_CODE_BYTES);
  if (report.bytes > limit) {
    problems.push(
      `${report.name}: ${kilobytes(report.bytes)} KB is above ${kilobytes(limit)} KB (its SDK clients and Powertools alone: ${kilobytes(reference)} KB)`,
    );
  }
  return problems;
}

export function reportTable(reports: readonly BundleSize[]): string {
  const rows = reports.map((report) => [
    report.name,
    kilobytes(report.bytes),
    report.referenceBytes === undefined ? '-' : kilobytes(report.referenceBytes),
    report.referenceBytes === undefined ? '-' : (report.bytes / report.referenceBytes).toFixed(2),
  ]);
  return [['function', 'KB', 'reference KB', 'ratio'], ...rows]
    .map(([name = '', ...figures]) => name.padEnd(12) + figures.map((figure) => figure.padStart(14)).join(''))
    .join('\n');
}

function kilobytes(bytes: number): string {
  return (bytes / 1_000).toFixed(1);
}

async function main(): Promise<void> {
  const reports = await buildFunctions();
  const problems = reports.flatMap(bundleProblems);
  if (process.argv.includes('--report') || problems.length > 0) console.log(reportTable(reports));
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}

if (require.main === module) {
  main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
