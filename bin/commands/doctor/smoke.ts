/** One real job, the cheapest that there is, and whether everything that belongs to it came true. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdtemp, rm } from 'node:fs/promises';
import { estimateRequest, type RequestEstimate } from '../../../client/estimate';
import { ImagePipelineClient } from '../../../client/image-pipeline-client';
import { ImagePipelineError } from '../../../client/jobs/errors';
import { newJobId } from '../../../client/jobs/job-id';
import { formatCredits, formatUsd, parseCredits } from '../../../domain/credits';
import type { JobOutput } from '../../../domain/job';
import { DEFAULT_MODEL, findModel, qualitiesOf } from '../../../domain/models';
import { CommandError, type Io } from '../command';
import { followJob } from '../follow-job';
import { errorJson, errorText } from '../job-errors';
import { type Check, type Finding, makeChecks, notMade, type Result } from './check';
import type { Deployment } from './deployment';
import { ledgerRecordOf, type RecordLookup } from './smoke-ledger';
import { metricCheck } from './smoke-metric';

/** The smallest image that costs the fewest tokens, of EvoLink's default model. */
const REQUEST = {
  prompt: 'a single red dot in the middle of white paper',
  model: DEFAULT_MODEL,
  size: '3:1',
  resolution: '1K',
  quality: qualitiesOf(findModel(DEFAULT_MODEL)!)[0],
  n: 1,
} as const;

/** Exact, at EvoLink's published prices. */
export const smokeEstimate = (): RequestEstimate => estimateRequest(REQUEST);

export interface SmokeResult {
  readonly jobId: string;
  readonly results: readonly Result[];
  /** Credits; undefined for a job that did not succeed. */
  readonly used?: string;
}

/** @throws CommandError with exit code 130 after Ctrl-C */
export async function smoke(deployment: Deployment): Promise<SmokeResult> {
  const { io, aws } = deployment;
  const since = io.now();
  const jobId = newJobId(since).replace(/^job-/, 'doctor-');
  const [stepFunctions, s3] = await Promise.all([aws.stepFunctions(), aws.s3()]);
  const client = new ImagePipelineClient({ stateMachineArn: deployment.output('StateMachineArn'), stepFunctions, s3 });
  await io.err(`Job ${jobId}\n`);
  const { output, finding } = await runJob(client, jobId, io);
  const job = { id: 'job', title: 'job', ...finding };
  if (!output) return { jobId, results: [job] };
  const record = ledgerRecordOf(deployment, output);
  const checks = [
    imageCheck(client, output),
    foundByCheck(deployment, record),
    ledgerCheck(output, record),
    metricCheck(deployment, { since, used: parseCredits(output.credits.used) }),
  ];
  return { jobId, results: [job, ...(await makeChecks(checks, io))], used: output.credits.used };
}

/** Without a time limit: whoever loses patience presses Ctrl-C, and says what is to become of the job. */
async function runJob(
  client: ImagePipelineClient,
  jobId: string,
  io: Io,
): Promise<{ readonly output?: JobOutput; readonly finding: Finding }> {
  // Where the pipeline has higher prices than those that were shown, it refuses, and spends nothing.
  const request = { ...REQUEST, max_credits: smokeEstimate().credits.upper };
  try {
    const output = await followJob((signal) => client.generate(request, { jobId, signal }), { client, jobId, io });
    return { output, finding: succeeded(output) };
  } catch (error) {
    if (error instanceof CommandError) throw error;
    if (!(error instanceof ImagePipelineError)) return { finding: notMade(error, JOB_RIGHTS) };
    return { finding: { state: 'problem', text: errorText(error), facts: errorJson(error) } };
  }
}

const JOB_RIGHTS = ['states:StartExecution', 'states:DescribeExecution', 'states:StopExecution'];

function succeeded({ images, timings }: JobOutput): Finding {
  const seconds = timings.submit_to_complete_seconds;
  return {
    state: 'ok',
    text: `succeeded; EvoLink took ${seconds} s`,
    facts: { images: images.length, submit_to_complete_seconds: seconds },
  };
}

function imageCheck(client: ImagePipelineClient, { images }: JobOutput): Check {
  return {
    id: 'image',
    title: 'image',
    rights: ['s3:GetObject'],
    run: async () => {
      const [image] = images;
      if (!image) return { state: 'problem', text: 'the job has none' };
      const folder = await mkdtemp(join(tmpdir(), 'evolink-images-doctor-'));
      const facts = { bucket: image.bucket, key: image.key, sha256: image.sha256 };
      try {
        // Verified while it is written.
        await client.save(image, join(folder, 'image'));
      } catch (error) {
        if (!(error instanceof ImagePipelineError)) throw error;
        return { state: 'problem', text: error.message, facts };
      } finally {
        await rm(folder, { recursive: true });
      }
      return {
        state: 'ok',
        text: `in S3, with the SHA-256 that the job says: s3://${image.bucket}/${image.key}`,
        facts,
      };
    },
  };
}

/** Where there is no endpoint, the sweep is how tasks are found. */
function foundByCheck({ outputs }: Deployment, lookup: Promise<RecordLookup>): Check {
  return {
    id: 'found-by',
    title: 'found by',
    rights: ['dynamodb:Query'],
    run: async () => {
      const { record } = await lookup;
      const foundBy = record?.foundBy;
      const facts = { found_by: foundBy ?? null };
      if (foundBy === 'callback') return { state: 'ok', text: "EvoLink's callback", facts };
      if (foundBy === undefined) return { state: 'unknown', text: 'the ledger does not say', facts };
      if (outputs.CallbackUrl === undefined) return { state: 'ok', text: 'the sweep; there is no endpoint', facts };
      return {
        state: 'problem',
        text: 'the sweep: the callback did not come, or came to nothing',
        advice: ['Jobs end late, and none is lost: docs/runbook.md#the-callback-endpoint'],
        facts,
      };
    },
  };
}

function ledgerCheck({ credits }: JobOutput, lookup: Promise<RecordLookup>): Check {
  return {
    id: 'ledger',
    title: 'ledger',
    rights: ['dynamodb:Query'],
    run: async () => {
      const { record, days } = await lookup;
      if (!record) return { state: 'problem', text: `has no record of the job (${days.from} to ${days.to}, UTC)` };
      const { state, creditsUsed, basis } = record;
      const booked = formatCredits(creditsUsed);
      const facts = { attempt_id: record.attemptId, state, credits_used: booked, basis };
      if (creditsUsed !== parseCredits(credits.used)) {
        const text = `says ${booked} credits, the job ${credits.used}`;
        return { state: 'problem', text, advice: ['Both are written from one booking: report it.'], facts };
      }
      return { state: 'ok', text: `${state}: ${booked} credits`, facts };
    },
  };
}

/** What it cost, ready to be printed. */
export function bill({ used }: SmokeResult): string {
  if (used === undefined) return 'Bill: see above; a job that failed says whether it was charged.';
  const { upper } = smokeEstimate().credits;
  return `Bill: ${used} credits, ${formatUsd(parseCredits(used))} USD (at most ${upper} credits were expected).`;
}
