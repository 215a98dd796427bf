/** The paid call whose reply was lost: never a second POST, never a failure that says "not charged". */
import { EvolinkClient } from '../../../evolink';
import { closeServers, startRawServer, type Reply } from '../../evolink/support/servers';
import { TASK_ID } from '../../support/jobs';
import { captureOutput } from '../../support/output';
import { ATTEMPT_ID } from '../../support/pipeline';
import { CREATED, refusal, Submissions } from '../../support/submissions';

const output = captureOutput();
afterEach(closeServers);

async function expectOpen(pipeline: Submissions): Promise<void> {
  const attempt = await pipeline.attempt();
  expect(attempt).toMatchObject({ status: 'SUBMIT_UNKNOWN', nextCheckAt: pipeline.time + 120_000 });
  expect(attempt.taskId).toBeUndefined();
  expect(pipeline.steps.sent).toEqual([]);
  expect(pipeline.ledger()).toEqual([]);
  expect(output.metrics()).toEqual([]);
  expect(await pipeline.openAttempts()).toEqual([ATTEMPT_ID]);
}

test.each<[string, Reply]>([
  ['500', refusal(500, 'internal_error')],
  ['504', refusal(504, 504)],
  ['409', refusal(409, 'paid_outcome_unknown')],
  ["a proxy's 502", { status: 502, body: '<html>bad gateway</html>' }],
  ['a redirect', { status: 307, headers: { location: '/elsewhere' } }],
  ['a success that is no JSON', { body: 'ok' }],
  ['a success without a task id', { body: { id: 'x' } }],
])('%s leaves the attempt open, unanswered and unbooked', async (_, reply) => {
  const pipeline = await Submissions.start({ replies: [reply, CREATED] });
  await pipeline.submit();
  await expectOpen(pipeline);
  expect(pipeline.posts()).toHaveLength(1);
});

test('a reply that is lost on its way does so too', async () => {
  const server = await startRawServer((socket, received) => {
    if (received.includes('callback_url')) socket.destroy();
  });
  const pipeline = await Submissions.start({ baseUrl: `http://127.0.0.1:${server.port}` });
  await pipeline.submit();
  await expectOpen(pipeline);
  expect(server.received().match(/POST /g)).toHaveLength(1);
});

test('being called again sends nothing again', async () => {
  const pipeline = await Submissions.start({ replies: [refusal(500, 'internal_error'), CREATED] });
  await pipeline.submit();
  await pipeline.submit({ taskToken: 'token-2' });
  await expectOpen(pipeline);
  expect(pipeline.posts()).toHaveLength(1);
  expect((await pipeline.attempt()).taskToken).toBe('token-2');
});

test('a callback that linked the task meanwhile is not undone', async () => {
  const pipeline = await Submissions.start({
    replies: [refusal(500, 'internal_error')],
    before: async (name) => {
      if (name !== 'UpdateCommand' || (await pipeline.attempt()).taskId !== undefined) return;
      await pipeline.table.link(ATTEMPT_ID, TASK_ID, pipeline.time, pipeline.time);
    },
  });
  await pipeline.submit();
  expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTED', taskId: TASK_ID });
});

test('the mark that cannot be stored is no reason to fail a job that may be paid', async () => {
  const pipeline = await Submissions.start({ replies: [refusal(500, 'internal_error')] });
  pipeline.memory.failNext('UpdateCommand', new Error('table down'));
  await pipeline.submit();
  expect((await pipeline.attempt()).status).toBe('SUBMITTING');
  expect(pipeline.steps.sent).toEqual([]);
  expect(await pipeline.openAttempts()).toEqual([ATTEMPT_ID]);
});

test('an error that is not of the client says nothing about the POST: it is thrown, and nothing is booked', async () => {
  const pipeline = await Submissions.start();
  const post = jest.spyOn(EvolinkClient.prototype, 'submit').mockRejectedValueOnce(new TypeError('a bug'));

  await expect(pipeline.submit()).rejects.toThrow('a bug');

  post.mockRestore();
  expect((await pipeline.attempt()).status).toBe('SUBMITTING');
  expect(pipeline.steps.sent).toEqual([]);
  expect(pipeline.ledger()).toEqual([]);
  expect(await pipeline.openAttempts()).toEqual([ATTEMPT_ID]);
});
