/** A flood of forged callbacks while jobs run: each is turned away before it costs anything, and every job ends. */
import { randomBytes } from 'node:crypto';
import { METRIC } from '../../domain/constants';
import {
  atScale,
  attemptsOf,
  eventually,
  forgeCallback,
  freshStart,
  inFlight,
  metricSum,
  simulator,
  startJob,
  waitForEnd,
} from './support/pipeline';

const JOBS = atScale(20, 50);
const FORGERIES = atScale(500, 2_000);

/** Everything that a stranger may try: a wrong secret for a right attempt, attempts that are none, nonsense. */
function forgery(index: number, attemptIds: readonly string[]): Promise<Response> {
  const body = { id: `task-unified-1790000000-${String(index).padStart(8, '0')}`, status: 'completed' };
  const secret = randomBytes(32).toString('base64url');
  const known = attemptIds[index % attemptIds.length] ?? '';
  const attemptId = [known, randomBytes(16).toString('base64url'), 'x', `${known}x`][index % 4] ?? '';
  return forgeCallback(attemptId, secret, body, 60_000);
}

test(`${FORGERIES} forged callbacks in a burst while ${JOBS} jobs run`, async () => {
  await simulator.script({ task: { processingMs: 5_000 } });
  const since = await freshStart();
  const started = await inFlight(JOBS, (index) => startJob({ prompt: `a dam, ${index}`, size: '3:1', quality: 'low' }));
  const attemptIds = await eventually(async () => {
    const attempts = await Promise.all(started.map(({ jobId }) => attemptsOf(jobId)));
    return attempts.map(([attempt]) => {
      if (attempt === undefined) throw new Error('not all jobs have an attempt yet');
      return attempt.attemptId;
    });
  }, 120_000);

  const replies = await inFlight(FORGERIES, (index) => forgery(index, attemptIds), 20);
  const jobs = await Promise.all(started.map(({ executionArn }) => waitForEnd(executionArn, 300_000)));

  // A machine that cannot start functions in time kills them and answers 502: nobody is let in by that either.
  const killed = replies.filter(({ status }) => status === 502).length;
  const turnedAway = replies.filter(({ status }) => status === 404).length;
  expect(turnedAway + killed).toBe(FORGERIES);
  expect(turnedAway).toBeGreaterThan(FORGERIES / 2);
  expect(jobs.filter(({ status }) => status !== 'SUCCEEDED')).toEqual([]);
  // None of the ids that were made up was ever asked for: strangers cost EvoLink nothing.
  expect(Object.keys(await simulator.requests())).not.toContain('GET /v1/tasks/{id} 404');
  expect(await simulator.tasks()).toHaveLength(JOBS);
  await eventually(async () => {
    const counted = await metricSum({ name: METRIC.callbacksRejected, since });
    // A function that is killed takes the lines with it that were not collected yet; without one it is all of them.
    expect(counted).toBeGreaterThanOrEqual(turnedAway - killed);
    expect(counted).toBeLessThanOrEqual(FORGERIES);
  }, 60_000);
}, 900_000);
