/** Jobs that wait for a slot. */
import { attemptIdOf, type Attempt } from '../../lambda/shared/attempts/attempt';
import type { Claim } from '../../lambda/shared/attempts/claim';
import { letThrough, type LetThrough } from '../../lambda/shared/attempts/queue';
import type { Slots } from '../../lambda/shared/attempts/slots';
import { readSlots } from '../../lambda/shared/attempts/slots';
import { aJob } from './jobs';
import { TestPipeline } from './pipeline';
import { DAY_MS } from './sweeps';

export const arnOf = (jobId: string): string => `arn:aws:states:us-east-1:000000000000:execution:pipeline:${jobId}`;

/** The claim of a job of its own, a moment after the one before. */
export async function claimJob(pipeline: TestPipeline, jobId: string, tenant = 'default', claim: Partial<Claim> = {}) {
  pipeline.time += 1;
  const result = await pipeline.claim({
    job: aJob({ tenant }, jobId),
    taskToken: `token-${jobId}`,
    executionArn: arnOf(jobId),
    ...claim,
  });
  return result.kind;
}

export const slotsOf = (pipeline: TestPipeline): Promise<Slots> =>
  readSlots(pipeline.memory.client, pipeline.memory.tableName);

export const queueOf = (pipeline: TestPipeline): string[] =>
  pipeline.memory
    .items()
    .filter(({ pk }) => pk === 'queue')
    .map(({ attemptId }) => String(attemptId));

export const firstAttemptOf = (pipeline: TestPipeline, jobId: string) => pipeline.attempt(attemptIdOf(jobId, 1));

/** Another run takes the attempt out of the queue now, to send it. */
export function takeFromQueue(
  { memory: { client, tableName }, time: now }: TestPipeline,
  attempt: Attempt,
  { nextCheckAt = now, callbackSecretHash = 'h' } = {},
): Promise<LetThrough> {
  const turn = { now, nextCheckAt, callbackSecretHash, submission: {}, lastTenant: '' };
  return letThrough(attempt, { client, tableName, budgets: [], settings: {}, ...turn });
}

/** `job-1` has the only slot and is not due for a day; `job-2` waits for it. */
export async function oneQueued(): Promise<TestPipeline> {
  const pipeline = new TestPipeline();
  pipeline.maxConcurrentTasks = 1;
  await claimJob(pipeline, 'job-1');
  await claimJob(pipeline, 'job-2');
  await pipeline.table.takeCheck(await firstAttemptOf(pipeline, 'job-1'), pipeline.time + DAY_MS);
  return pipeline;
}
