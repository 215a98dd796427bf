/** How an attempt in the queue ends, and what happens when the answer of its job gets lost. */
import { endQueued } from '../../lambda/shared/end-queued';
import { captureOutput } from '../support/output';
import { firstAttemptOf, oneQueued, slotsOf } from '../support/queues';
import { runSweep } from '../support/sweeps';

captureOutput();

test.each(['QueueTimedOut', 'BudgetExceeded'] as const)(
  '%s: an answer that got lost is sent by the next sweep, not hours later',
  async (name) => {
    const pipeline = await oneQueued();
    pipeline.steps.failNext(new Error('Step Functions is away'));
    const ending = endQueued(await firstAttemptOf(pipeline, 'job-2'), name, {}, pipeline.dependencies());
    await expect(ending).rejects.toThrow('away');
    expect(pipeline.steps.answers).toEqual([]);

    await runSweep(pipeline);

    expect(pipeline.steps.onlyAnswer()).toMatchObject({ taskToken: 'token-job-2', error: name });
    expect(await pipeline.openAttempts()).toEqual([(await firstAttemptOf(pipeline, 'job-1')).attemptId]);
    expect(await slotsOf(pipeline)).toMatchObject({ taken: 1, queued: 0 });
  },
);

test('the end of a job that is over never answers a token, also where another end was first', async () => {
  const pipeline = await oneQueued();
  const seen = await firstAttemptOf(pipeline, 'job-2');
  const failure = { name: 'QueueTimedOut', cause: '{}' } as const;
  const end = { status: 'FAILED', completedAt: pipeline.time, creditsUsed: 0, basis: 'assumed', failure } as const;
  await pipeline.book(seen, end);

  await expect(endQueued(seen, 'JobStopped', {}, pipeline.dependencies())).resolves.toEqual({ won: false });

  expect(pipeline.steps.sent).toEqual([]);
  expect(await firstAttemptOf(pipeline, 'job-2')).toMatchObject({ failure: { name: 'QueueTimedOut' } });
});
