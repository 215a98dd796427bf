/** Jobs that end before their images do. Nothing is paid twice, and nothing that was paid is lost. */
import { DisableRuleCommand, EnableRuleCommand } from '@aws-sdk/client-eventbridge';
import { createHash } from 'node:crypto';
import { DIMENSION, METRIC, STATE } from '../../domain/constants';
import type { JobOutput } from '../../domain/job';
import {
  admin,
  attemptsOf,
  enteredStates,
  eventually,
  freshStart,
  getJson,
  getObject,
  invoke,
  ledgerOf,
  makeDue,
  metricSum,
  physicalId,
  simulator,
  startJob,
  stopJob,
  sweepNow,
  units,
  waitForEnd,
} from './support/pipeline';

beforeEach(() => simulator.reset());

const request = (word: string) => ({ prompt: `a bicycle, ${word}`, size: '3:1', quality: 'low' });

async function attemptOf(jobId: string) {
  const [attempt, ...others] = await attemptsOf(jobId);
  if (attempt === undefined || others.length > 0) throw new Error(`${jobId} has ${others.length + 1} attempts`);
  return attempt;
}

/** Sweeps, with the attempt due, until it needs nobody any more. */
const sweepUntilClosed = (jobId: string) =>
  eventually(async () => {
    const attempt = await attemptOf(jobId);
    if (attempt.nextCheckAt !== undefined && attempt.archivedAt === undefined) {
      await makeDue(attempt);
      await sweepNow();
    }
    expect(await attemptOf(jobId)).toMatchObject({ status: 'COMPLETED', archivedAt: expect.any(Number) });
  }, 60_000);

/** Every image that EvoLink charged is in S3, byte by byte, the manifest says how it got there, and the ledger too. */
async function expectSalvaged(jobId: string): Promise<void> {
  const { taskId, executionStartedAt } = await attemptOf(jobId);
  const [task, ...more] = (await simulator.tasks()).filter(({ id }) => id === taskId);
  expect(more).toEqual([]);
  const day = executionStartedAt.slice(0, 10).replaceAll('-', '/');
  const manifest = (await getJson(`default/${day}/${jobId}/manifest.json`)) as unknown as JobOutput;
  expect(manifest).toMatchObject({ job_id: jobId, task_id: taskId, salvaged: true });
  expect(manifest.images).toHaveLength(task?.images.length ?? NaN);
  for (const { key, sha256 } of manifest.images) {
    const { bytes } = await getObject(key);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
    expect(task?.downloads.map((download) => download.sha256)).toContain(sha256);
  }
  const records = await ledgerOf((record) => record.jobId === jobId);
  expect(records).toMatchObject([{ state: 'booked', salvaged: true, creditsUsed: units(task?.creditsUsed ?? NaN) }]);
}

const submitted = (jobId: string) =>
  eventually(async () => expect(await attemptOf(jobId)).toMatchObject({ status: 'SUBMITTED' }));

describe('stopped while it waits', () => {
  const slow = (word: string) =>
    simulator.script({ match: { promptIncludes: word }, task: { processingMs: 3_600_000 } });

  test('what EvoLink delivers afterwards is salvaged, and the stopped job is counted once', async () => {
    const since = await freshStart();
    await slow('stopped waiting');
    const { jobId, executionArn } = await startJob(request('stopped waiting'));
    await submitted(jobId);

    await stopJob(executionArn);
    await eventually(async () => expect(await attemptOf(jobId)).toMatchObject({ orphanedAt: expect.any(Number) }));
    // The event again, as EventBridge may.
    await invoke('Ended', { executionArn });
    await simulator.advance(3_700_000);
    await sweepUntilClosed(jobId);

    await expectSalvaged(jobId);
    const sum = (name: string, dimensions = {}) => metricSum({ name, dimensions, since });
    await eventually(async () => {
      expect(await sum(METRIC.jobsFailed, { [DIMENSION.errorName]: 'JobStopped' })).toBe(1);
      expect(await sum(METRIC.jobsFailed)).toBe(1);
    });
  });

  test('without the event of its end the sweep salvages all the same', async () => {
    const Name = await physicalId('AWS::Events::Rule', 'JobEndRule');
    await slow('event dropped');
    const { jobId, executionArn } = await startJob(request('event dropped'));
    await submitted(jobId);
    await admin.events.send(new DisableRuleCommand({ Name }));
    try {
      await stopJob(executionArn);
      await waitForEnd(executionArn);
      expect(await attemptOf(jobId)).not.toHaveProperty('orphanedAt');
      await simulator.advance(3_700_000);
      await sweepUntilClosed(jobId);
    } finally {
      await admin.events.send(new EnableRuleCommand({ Name }));
    }
    await expectSalvaged(jobId);
  });
});

test('stopped while its images are archived: they are archived', async () => {
  await simulator.script({ match: { promptIncludes: 'stopped archiving' }, file: { delayMs: 5_000 } });
  const { jobId, executionArn } = await startJob(request('stopped archiving'));
  await eventually(async () => expect(await enteredStates(executionArn)).toContain(STATE.archive));

  await stopJob(executionArn);
  await eventually(async () => expect(await attemptOf(jobId)).toMatchObject({ orphanedAt: expect.any(Number) }));
  await sweepUntilClosed(jobId);

  await expectSalvaged(jobId);
});

test('an archive that only failed until its job was over is run again: the images come, and nothing is paid again', async () => {
  await simulator.script({
    match: { promptIncludes: 'not a picture' },
    file: { body: '<html></html>', contentType: 'text/html' },
  });
  const { jobId, executionArn } = await startJob(request('not a picture'));
  // On AWS the state gives up at the fourth failure. The local cloud calls each error the same, so it goes on for hours.
  await eventually(async () => expect((await simulator.tasks())[0]?.downloads.length).toBeGreaterThan(1), 60_000);
  await stopJob(executionArn);
  await expect(invoke('Archive', { jobId, attempt: 1 })).rejects.toThrow('no image');
  const before = await simulator.bill();

  await simulator.clearScript();
  await eventually(async () => expect(await attemptOf(jobId)).toMatchObject({ orphanedAt: expect.any(Number) }));
  const output = await invoke<JobOutput>('Archive', { jobId, attempt: 1 });

  expect(output.images).toHaveLength(1);
  expect(await invoke('Archive', { jobId, attempt: 1 })).toEqual(output);
  await expectSalvaged(jobId);
  expect(await simulator.submissions()).toHaveLength(1);
  expect(await simulator.bill()).toEqual(before);
});

test('the same name twice is one job', async () => {
  const name = `e2e-twin-${Date.now()}`;
  // Step Functions answers the second one with the first one's execution; the local cloud says that there is one.
  const start = () =>
    startJob(request('twin'), { name }).catch((error: Error) => {
      if (error.name !== 'ExecutionAlreadyExists') throw error;
    });
  const started = (await Promise.all([start(), start()])).filter((job) => job !== undefined);

  expect(new Set(started.map(({ executionArn }) => executionArn)).size).toBe(1);
  expect(await waitForEnd(started[0]?.executionArn ?? '')).toMatchObject({ status: 'SUCCEEDED' });
  expect(await simulator.submissions()).toHaveLength(1);
  expect(await attemptsOf(name)).toHaveLength(1);
});
