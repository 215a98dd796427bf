/** `npm start`: deploys the pipeline on this machine, runs the example jobs (or a live one), shows what came out of them. */
import * as path from 'node:path';
import pc from 'picocolors';
import { step } from './report.mjs';
import { exampleRequests } from './example-requests';
import { type JobProgress, runJob } from './job-run';
import { HELP, readStartArguments } from './live/arguments';
import { live, liveVerification } from './live/live';
import { OUT_DIR, ROOT } from './paths';
import { type LocalPipeline, startLocalPipeline } from './pipeline';
import { progressView } from './progress-view';
import { type Result, resultTable } from './result-table';
import { saveImages } from './save-images';

/** Returns the exit code: 0 only if every job succeeded. */
export async function start(argv: readonly string[]): Promise<number> {
  const args = readStartArguments(argv);
  if (args.kind === 'live') return await live(args);
  if (args.kind === 'verify') return await liveVerification(args.yes);
  if (args.kind === 'examples') return await examples();
  process.stdout.write(HELP);
  return 0;
}

async function examples(): Promise<number> {
  const pipeline = await startLocalPipeline({ step });
  try {
    return await runExamples(pipeline);
  } finally {
    await pipeline.stop();
  }
}

async function runExamples(pipeline: LocalPipeline): Promise<number> {
  const requests = exampleRequests();
  console.log(`\n${pc.bold(`${requests.length} jobs`)} from examples/requests, started with StartExecution\n`);
  const view = await progressView(requests.map(({ name }) => name));
  let finished: JobProgress[];
  try {
    finished = await Promise.all(
      requests.map((request) => runJob(pipeline, request, (progress) => view.show(progress))),
    );
  } finally {
    view.done();
  }
  const results = await Promise.all(finished.map((progress) => withFiles(pipeline, progress)));
  console.log(`\n${resultTable(results)}\n`);
  const failed = results.filter(({ progress }) => progress.outcome?.kind !== 'succeeded').length;
  const { creditsUsed } = pipeline.simulator.library.bill();
  console.log(`The simulated EvoLink account was charged ${creditsUsed} credits.`);
  console.log(
    failed === 0
      ? pc.green(`All ${results.length} jobs succeeded. Images: ${path.relative(ROOT, OUT_DIR)}/`)
      : pc.red(`${failed} of ${results.length} jobs failed.`),
  );
  return failed === 0 ? 0 : 1;
}

async function withFiles(pipeline: LocalPipeline, progress: JobProgress): Promise<Result> {
  const { outcome } = progress;
  const files = outcome?.kind === 'succeeded' ? await saveImages(pipeline.app, outcome.output) : [];
  return { progress, files };
}
