/** Posts of somebody who knows a callback's secret, as EvoLink does, and of strangers: what each can do, and cannot. */
import {
  attemptsOf,
  callbackAddress,
  eventually,
  forgeCallback,
  ledgerOf,
  simulator,
  startJob,
  waitForEnd,
} from '../support/pipeline';

const request = (word: string) => ({ prompt: `a bicycle, ${word}`, size: '3:1', quality: 'low' });

beforeAll(async () => {
  await simulator.script({ match: { promptIncludes: 'silent' }, callback: { deliver: 'never' } });
});

/** Starts a job whose callback the test sends itself, and waits until its task is in this state and on record. */
async function silentJob(word: string, status: string) {
  const job = await startJob(request(`silent ${word}`));
  const task = await eventually(async () => {
    const found = (await simulator.tasks()).find(({ prompt }) => prompt.includes(`silent ${word}`));
    expect(found?.status).toBe(status);
    const attempts = await attemptsOf(job.jobId);
    expect(attempts[0]?.taskId).toBe(found?.id);
    return found;
  }, 60_000);
  if (task === undefined) throw new Error('no task');
  return { ...job, task, ...callbackAddress(task) };
}

test('a right secret with the id of another job’s task ends its own job, by its own task', async () => {
  const [mine, other] = await Promise.all([silentJob('mine', 'completed'), silentJob('other', 'completed')]);

  const reply = await forgeCallback(mine.attemptId, mine.secret, { id: other.task.id, status: 'completed' });

  expect(reply.status).toBe(204);
  expect((await waitForEnd(mine.executionArn)).output?.task_id).toBe(mine.task.id);
  await forgeCallback(other.attemptId, other.secret, { id: other.task.id });
  expect((await waitForEnd(other.executionArn)).output?.task_id).toBe(other.task.id);
});

test('the secret of one attempt opens no other one', async () => {
  const [first, second] = await Promise.all([silentJob('first', 'completed'), silentJob('second', 'completed')]);
  const reply = await forgeCallback(first.attemptId, second.secret, { id: first.task.id, status: 'completed' });
  expect(reply.status).toBe(404);
  await Promise.all([first, second].map(({ attemptId, secret, task }) => forgeCallback(attemptId, secret, task)));
  await Promise.all([first, second].map(({ executionArn }) => waitForEnd(executionArn)));
});

test('a right secret does not end a task that still runs: 503, asked for again', async () => {
  await simulator.script({ match: { promptIncludes: 'running' }, task: { processingMs: 15_000 } });
  const { attemptId, secret, task, jobId, executionArn } = await silentJob('waiting, running', 'processing');

  const reply = await forgeCallback(attemptId, secret, { id: task.id, status: 'completed', results: ['https://x/y'] });

  expect(reply.status).toBe(503);
  expect(await attemptsOf(jobId)).toMatchObject([{ status: 'SUBMITTED' }]);
  await simulator.advance(15_000);
  await eventually(async () => expect((await forgeCallback(attemptId, secret, {})).status).toBe(204));
  expect((await waitForEnd(executionArn)).output?.task_id).toBe(task.id);
});

test.each<[string, string]>([
  ['that is no JSON', '{"id":'],
  ['of 10 MB', `{"filler":"${'x'.repeat(10_000_000)}"}`],
])('a body %s is no reason to lose the job', async (name, body) => {
  const { attemptId, secret, task, executionArn } = await silentJob(name, 'completed');

  // A body above the limits of the endpoint does not even arrive: the next delivery, or the sweep, ends the job.
  const reply = await forgeCallback(attemptId, secret, body);
  expect([204, 413]).toContain(reply.status);
  await forgeCallback(attemptId, secret, task);

  expect((await waitForEnd(executionArn)).output?.task_id).toBe(task.id);
});

test('a callback that is replayed after the booking changes nothing', async () => {
  const { attemptId, secret, task, jobId, executionArn } = await silentJob('replayed', 'completed');
  await forgeCallback(attemptId, secret, task);
  const { output } = await waitForEnd(executionArn);
  const before = await attemptsOf(jobId);

  const replies = await Promise.all([1, 2, 3, 4].map(() => forgeCallback(attemptId, secret, task)));

  expect(replies.map(({ status }) => status)).toEqual([204, 204, 204, 204]);
  expect(await attemptsOf(jobId)).toEqual(before);
  expect(await ledgerOf((record) => record.jobId === jobId)).toHaveLength(1);
  expect((await simulator.tasks()).find(({ id }) => id === task.id)?.downloads).toHaveLength(
    output?.images.length ?? 0,
  );
});
