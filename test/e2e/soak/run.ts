/** Starts the jobs of a soak and goes on until nothing is open. */
import { DisableRuleCommand, EnableRuleCommand } from '@aws-sdk/client-eventbridge';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { setTimeout as delay } from 'node:timers/promises';
import type { Attempt } from '../../../lambda/shared/attempts/attempt';
import { AttemptTable } from '../../../lambda/shared/attempts/attempt-table';
import { attemptKey } from '../../../lambda/shared/attempts/items';
import {
  admin,
  attemptsOf,
  connection,
  type EndedJob,
  endOf,
  endPause,
  eventually,
  inFlight,
  makeDue,
  physicalId,
  simulator,
  slots,
  startJob,
  type StartedJob,
  stopJob,
  sweepNow,
} from '../support/pipeline';
import type { SoakJob } from './plan';

/** As many at once as two cores can start functions for. */
const STARTS_AT_ONCE = 5;

/** A stop that comes too late stops nothing. */
async function stopUnlessEnded({ executionArn }: StartedJob): Promise<void> {
  try {
    await stopJob(executionArn);
  } catch (error) {
    if (!(error instanceof Error && error.message.includes('is not running'))) throw error;
  }
}

export interface SoakRun {
  readonly ended: ReadonlyMap<SoakJob, EndedJob>;
}

/** Every second half of a soak goes without the events of jobs that end: nothing may depend on them. */
export async function runSoak(jobs: readonly SoakJob[], timeoutMs: number): Promise<SoakRun> {
  await simulator.script(...jobs.flatMap(({ rules }) => rules));
  const rule = { Name: await physicalId('AWS::Events::Rule', 'JobEndRule') };
  const stops: Promise<void>[] = [];
  const start = async (job: SoakJob): Promise<StartedJob> => {
    const { marker, request, tenant, name, stopAfterMs } = job;
    const prompt = `a bicycle in the rain, ${marker}`;
    const started = await startJob({ prompt, size: '3:1', quality: 'low', tenant, ...request }, { name });
    if (stopAfterMs !== undefined) stops.push(delay(stopAfterMs).then(() => stopUnlessEnded(started)));
    return started;
  };
  const half = Math.ceil(jobs.length / 2);
  const startAll = (part: readonly SoakJob[]) => inFlight(part.length, (index) => start(part[index]), STARTS_AT_ONCE);
  // The local cloud loses first calls of a function that come together, and with them jobs that no sweep could know of.
  const alone = await startAll(jobs.slice(0, 1));
  await eventually(async () => {
    const [job] = alone;
    const has = job === undefined || (await attemptsOf(job.jobId)).length > 0 || (await endOf(job.executionArn));
    if (!has) throw new Error('the first job has no attempt');
  }, 60_000);
  const first = [...alone, ...(await startAll(jobs.slice(1, half)))];
  await admin.events.send(new DisableRuleCommand(rule));
  const started = [...first, ...(await startAll(jobs.slice(half)))];
  const unknown = new Set(jobs.filter(({ ends }) => ends === 'SubmitOutcomeUnknown').map(({ name }) => name));
  const ended = await driveToTheEnd(started, unknown, timeoutMs);
  await Promise.all(stops);
  await admin.events.send(new EnableRuleCommand(rule));
  return { ended: new Map(jobs.map((job, index) => [job, ended[index]])) };
}

/** Hours of waiting in minutes: whatever waits for time to pass is told that it has. */
async function driveToTheEnd(
  started: readonly StartedJob[],
  unknown: ReadonlySet<string>,
  timeoutMs: number,
): Promise<EndedJob[]> {
  const table = new AttemptTable(admin.dynamo, connection.outputs.TableName);
  const ended = new Map<string, EndedJob>();
  return eventually(async () => {
    await endPause();
    for await (const { attemptId, status } of table.openAttempts()) {
      // What is queued is due when its time in the queue is up: it would be thrown out.
      if (status === 'QUEUED') continue;
      const attempt = await table.get(attemptId);
      if (attempt === undefined) continue;
      if (unknown.has(attempt.jobId)) await age(attempt);
      await makeDue(attempt);
    }
    // Two at once, as when one takes longer than a minute.
    const [{ open }] = await Promise.all([sweepNow(), sweepNow()]);
    for (const { executionArn } of started) {
      if (ended.has(executionArn)) continue;
      const job = await endOf(executionArn);
      if (job !== undefined) ended.set(executionArn, job);
    }
    if (open > 0 || ended.size < started.length) {
      const rest = `${started.length - ended.size} jobs still run, ${open} attempts are open`;
      throw new Error(`${rest}, slots: ${JSON.stringify(await slots())}`);
    }
    return started.map(({ executionArn }) => ended.get(executionArn)!);
  }, timeoutMs);
}

/** Five minutes is the time limit of a task here. */
const PAST_THE_LIMIT_MS = 6 * 60_000;
const A_DAY_MS = 25 * 3_600_000;

/** A task that there never was: first its job stops waiting, a day later the attempt is given up. */
async function age({ attemptId, status, deliveredAt, orphanedAt }: Attempt): Promise<void> {
  if (status !== 'SUBMIT_UNKNOWN') return;
  const letGo = deliveredAt !== undefined || orphanedAt !== undefined;
  await admin.dynamo.send(
    new UpdateCommand({
      TableName: connection.outputs.TableName,
      Key: attemptKey(attemptId),
      UpdateExpression: 'SET sendingSince = :past',
      ExpressionAttributeValues: { ':past': Date.now() - (letGo ? A_DAY_MS : PAST_THE_LIMIT_MS) },
    }),
  );
}
