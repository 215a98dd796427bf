/** Callbacks that are early, double, forged or lost. */
import { METRIC } from '../../domain/constants';
import {
  attemptsOf,
  eventually,
  forgeCallback,
  freshStart,
  metricSum,
  simulator,
  startJob,
  succeed,
  waitForEnd,
} from './support/pipeline';

const request = (word: string) => ({ prompt: `a bicycle, ${word}`, size: '3:1', quality: 'low' });

test('a callback before the reply to the submission completes the job', async () => {
  await simulator.script({ match: { promptIncludes: 'early' }, callback: { deliver: 'before-reply' } });

  const output = await succeed(request('early'));

  expect(await attemptsOf(output.job_id)).toMatchObject([{ status: 'COMPLETED', taskId: output.task_id }]);
});

test('four callbacks at once book once', async () => {
  const since = await freshStart();
  await simulator.script({ match: { promptIncludes: 'fourfold' }, callback: { deliver: 4 } });

  const output = await succeed(request('fourfold'));

  await eventually(async () => {
    expect(await metricSum({ name: METRIC.creditsUsed, since })).toBeCloseTo(Number(output.credits.used), 4);
    // Another function's line, so it may be forwarded later.
    expect(await metricSum({ name: METRIC.jobsSucceeded, since })).toBe(1);
  });
});

test('a stranger with a wrong secret gets 404, and the job goes on waiting', async () => {
  const since = await freshStart();
  await simulator.script({ match: { promptIncludes: 'stranger' }, task: { processingMs: 4_000 } });
  const { jobId, executionArn } = await startJob(request('stranger'));
  const [attempt] = await eventually(async () => {
    const found = await attemptsOf(jobId);
    expect(found).toMatchObject([{ status: 'SUBMITTED' }]);
    return found;
  });

  const forged = await forgeCallback(String(attempt?.attemptId), 'A'.repeat(43), {
    id: attempt?.taskId,
    status: 'completed',
  });
  const unknown = await forgeCallback('B'.repeat(22), 'A'.repeat(43), {});

  expect([forged.status, unknown.status]).toEqual([404, 404]);
  expect(await attemptsOf(jobId)).toMatchObject([{ status: 'SUBMITTED' }]);
  expect(await waitForEnd(executionArn)).toMatchObject({ status: 'SUCCEEDED' });
  await eventually(async () => expect(await metricSum({ name: METRIC.callbacksRejected, since })).toBe(2));
});

test('a callback that claims too much is asked back', async () => {
  await simulator.script({
    match: { promptIncludes: 'liar' },
    task: { outcome: 'failed', errorCode: 'content_policy_violation' },
    callback: { body: { status: 'completed', results: ['https://example.com/not-ours.png'] } },
  });

  const { executionArn } = await startJob(request('liar'));

  expect(await waitForEnd(executionArn)).toMatchObject({ status: 'FAILED', error: 'ContentPolicyViolation' });
});

test('a callback that never comes: the scheduled sweep finds the task', async () => {
  const since = await freshStart();
  await simulator.script({ match: { promptIncludes: 'lost' }, callback: { deliver: 'never' } });

  const output = await succeed(request('lost'), { timeoutMs: 150_000 });

  const task = (await simulator.tasks()).find(({ id }) => id === output.task_id);
  expect(task?.callbacks).toEqual([]);
  await eventually(async () => expect(await metricSum({ name: METRIC.completedBySweep, since })).toBe(1));
});
