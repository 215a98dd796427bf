/** Jobs that leave something behind: for each metric and alarm about them, one that makes it speak. */
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { attemptKey } from '../../../lambda/shared/attempts/items';
import { attemptsOf } from './attempts';
import { admin, connection, simulator } from './clients';
import { eventually } from './eventually';
import { makeDue, sweepNow } from './functions';
import { startJob, type StartedJob, stopJob, succeed } from './jobs';

const small = { size: '3:1', quality: 'low' };

/** A result that may not be fetched, once; then it may. */
export async function blockOnce(): Promise<void> {
  await simulator.script({
    match: { promptIncludes: 'blocked once' },
    file: { status: 302, headers: { location: 'http://files.example.org/image.png' }, times: 1 },
  });
  await succeed({ prompt: 'blocked once', ...small });
}

/** A job is stopped while EvoLink works, and what comes of it is salvaged. */
export async function stopAndSalvage(): Promise<void> {
  const job = await startSlow('left behind', 8_000);
  await stopJob(job.executionArn);
  await sweepUntilArchived(job);
}

/** An attempt grows a day older than it is: it is given up, and salvaged all the same when its end comes. */
export async function loseAndSalvage(): Promise<void> {
  const job = await startSlow('given up', 15_000);
  const { attemptId } = await attemptOf(job);
  await admin.dynamo.send(
    new UpdateCommand({
      TableName: connection.outputs.TableName,
      Key: attemptKey(attemptId),
      UpdateExpression: 'SET sendingSince = :past, submittedAt = :past, nextCheckAt = :past',
      ExpressionAttributeValues: { ':past': Date.now() - 25 * 3_600_000 },
    }),
  );
  await eventually(async () => {
    await sweepNow();
    if ((await attemptOf(job)).lostAt === undefined) throw new Error(`${job.jobId} is not given up`);
  }, 60_000);
  await sweepUntilArchived(job);
}

async function startSlow(prompt: string, processingMs: number): Promise<StartedJob> {
  await simulator.script({ match: { promptIncludes: prompt }, task: { processingMs } });
  const job = await startJob({ prompt, ...small });
  await eventually(async () => {
    const { status } = await attemptOf(job);
    if (status !== 'SUBMITTED') throw new Error(`${job.jobId} is ${status}`);
  }, 60_000);
  return job;
}

async function attemptOf({ jobId }: StartedJob) {
  const [attempt] = await attemptsOf(jobId);
  if (attempt === undefined) throw new Error(`${jobId} has no attempt yet`);
  return attempt;
}

async function sweepUntilArchived(job: StartedJob): Promise<void> {
  await eventually(async () => {
    const attempt = await attemptOf(job);
    if (attempt.archivedAt !== undefined) return;
    await makeDue(attempt);
    await sweepNow();
    throw new Error(`${job.jobId} is ${attempt.status}, orphaned: ${attempt.orphanedAt}, lost: ${attempt.lostAt}`);
  }, 90_000);
}
