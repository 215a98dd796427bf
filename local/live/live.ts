/** `npm start -- --live`: one job through the pipeline on this machine, bought from the real EvoLink. */
import * as path from 'node:path';
import pc from 'picocolors';
import { isLoopbackHost } from '../../domain/public-address';
import { beforeLeaving } from '../before-leaving';
import { type DeployedPipeline, deployPipeline, type EvolinkAccount } from '../deployed-pipeline';
import { type JobProgress, newJobId, runJob } from '../job-run';
import { ROOT } from '../paths';
import { progressView } from '../progress-view';
import { step } from '../report.mjs';
import { resultTable } from '../result-table';
import { saveImages } from '../save-images';
import { WrongUse } from '../wrong-use';
import { creditsOf, takeAccount } from './account';
import type { StartArguments } from './arguments';
import { sayWhatIsThere, stopAndSay } from './at-evolink';
import { ask } from './ask';
import { balance, isYes, offer, QUESTION } from './consent';
import { whileSweeping } from './sweep-loop';
import { verifyLive } from './verify';

type LiveArguments = Extract<StartArguments, { kind: 'live' }>;

/** One attempt: what was agreed to is one task. EvoLink's figures are not to be asked for while it runs. */
const SETTINGS = { callbackEndpoint: 'none', firstCheckSeconds: '3', maxAttempts: '1', reconcileIntervalMinutes: '60' };

/** Returns the exit code: 0 if there is an image, or none was wanted. */
export async function live(args: LiveArguments): Promise<number> {
  const account = takeAccount(process.env);
  refuseForeignCloud(process.env.AWS_ENDPOINT_URL);
  refuseUnasked(args.yes);
  console.log(offer(account.baseUrl, await creditsOf(account), args.estimate));
  if (!args.yes && !isYes(await ask(QUESTION))) {
    console.log('Nothing was sent to EvoLink.');
    return 0;
  }
  const pipeline = await deployPipeline(account, { step, settings: SETTINGS });
  try {
    return await buy(pipeline, account, args);
  } finally {
    await pipeline.stop();
  }
}

/** The same account and consent, another use. @param yes agreed beforehand */
export async function liveVerification(yes: boolean): Promise<number> {
  const account = takeAccount(process.env);
  refuseUnasked(yes);
  return await verifyLive(account, yes);
}

function refuseUnasked(yes: boolean): void {
  if (yes || (process.stdin.isTTY && process.stdout.isTTY)) return;
  throw new WrongUse('--live costs credits, and nobody is there to be asked: give --yes.');
}

/** The pipeline's cloud gets the key. Our own holds it in memory, on loopback, and ends with us. */
function refuseForeignCloud(endpoint = ''): void {
  if (endpoint === '' || (URL.canParse(endpoint) && isLoopbackHost(new URL(endpoint).hostname))) return;
  throw new WrongUse('AWS_ENDPOINT_URL is not on this machine, and would get the key. `unset AWS_ENDPOINT_URL`');
}

async function buy(pipeline: DeployedPipeline, account: EvolinkAccount, args: LiveArguments): Promise<number> {
  const jobId = newJobId('live');
  let interrupted = false;
  const forget = beforeLeaving(async () => {
    interrupted = true;
    console.error(await stopAndSay(pipeline, jobId, account.baseUrl));
  });
  try {
    const progress = await follow(pipeline, jobId, args);
    const exitCode = interrupted ? undefined : await report(pipeline, account, progress);
    // What is being said at this moment needs the cloud; the process ends after it.
    return exitCode === undefined || interrupted ? await forever() : exitCode;
  } catch (error) {
    if (interrupted) return await forever();
    console.error(await stopAndSay(pipeline, jobId, account.baseUrl));
    throw error;
  } finally {
    forget();
  }
}

const forever = () => new Promise<never>(() => undefined);

async function report(pipeline: DeployedPipeline, account: EvolinkAccount, progress: JobProgress): Promise<number> {
  const { outcome, jobId } = progress;
  if (outcome?.kind !== 'succeeded') {
    console.log(`\n${resultTable([{ progress, files: [] }])}\n`);
    console.log(await sayWhatIsThere(pipeline, jobId, account.baseUrl));
    return 1;
  }
  const files = await saveImages(pipeline.app, outcome.output);
  console.log(`\n${resultTable([{ progress, files }])}\n`);
  const { credits, cost_usd: usd, task_id: task } = outcome.output;
  const whose = credits.basis === 'credits_used' ? 'by its own figure' : `as computed here (${credits.basis})`;
  console.log(`EvoLink charged ${credits.used} credits (${usd} USD) ${whose} for ${task}.`);
  const left = await creditsOf(account).catch(() => undefined);
  if (left) console.log(`Account: ${balance(left)}.`);
  console.log(pc.green(`Image: ${files.map((file) => path.relative(ROOT, file)).join(', ')}`));
  return 0;
}

async function follow(pipeline: DeployedPipeline, jobId: string, args: LiveArguments): Promise<JobProgress> {
  // Where the pipeline's prices are higher than those that were shown, it refuses, and spends nothing.
  const input = JSON.stringify({ ...args.request, max_credits: args.estimate.credits.upper });
  console.log(`\nJob ${jobId}\n`);
  const view = await progressView(['live']);
  try {
    const job = () => runJob(pipeline, { name: 'live', input }, (progress) => view.show(progress), jobId);
    return await whileSweeping(pipeline.admin, pipeline.stackName, job);
  } finally {
    view.done();
  }
}
