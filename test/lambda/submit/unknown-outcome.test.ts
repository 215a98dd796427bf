/** The paid call whose reply was lost: never another submission, never a failure that says "not charged". */
import { EvolinkClient } from '../../../evolink';
import { closeServers, startRawServer, type Reply } from '../../evolink/support/servers';
import { TASK_ID } from '../../support/jobs';
import { captureOutput } from '../../support/output';
import { ATTEMPT_ID } from '../../support/pipeline';
import { CREATED, refusal, Submissions } from '../../support/submissions';

const output = captureOutput();
afterEach(closeServers);

async function expectOpen(pipeline: Submissions, waitMs = 500): Promise<void> {
  const attempt = await pipeline.attempt();
  const repeatAfter = pipeline.time + waitMs;
  expect(attempt).toMatchObject({
    ...{ status: 'SUBMIT_UNKNOWN', nextCheckAt: repeatAfter },
    submitError: { kind: 'lost', outcome: 'unknown', at: pipeline.time, repeatAfter },
  });
  expect(attempt.taskId).toBeUndefined();
  expect(pipeline.steps.sent).toEqual([]);
  expect(pipeline.ledger()).toEqual([]);
  expect(output.metrics()).toEqual([]);
  expect(await pipeline.openAttempts()).toEqual([ATTEMPT_ID]);
}

test.each<[string, Reply]>([
  ['500', refusal(500, 'internal_error')],
  ['504', refusal(504, 504)],
  ["a proxy's 403", { status: 403, body: '<html>forbidden</html>' }],
  ["a proxy's 400", { status: 400, body: { message: 'Bad Request' } }],
  ['a status that EvoLink does not document', refusal(418, 'teapot')],
  ['a redirect', { status: 307, headers: { location: '/elsewhere' } }],
  ['a success that is no JSON', { body: 'ok' }],
  ['a success without a task id', { body: { id: '' } }],
])('%s leaves the attempt open, unanswered and unbooked', async (_, reply) => {
  const pipeline = await Submissions.start({ replies: [reply, CREATED] });
  await pipeline.submit();
  await expectOpen(pipeline);
  expect(pipeline.posts()).toHaveLength(1);
});

test.each(['paid_outcome_unknown', 'idempotency_conflict'])('409 %s does so too, for a minute', async (code) => {
  const pipeline = await Submissions.start({ replies: [refusal(409, code), CREATED] });
  await pipeline.submit();
  await expectOpen(pipeline, 60_000);
  expect(pipeline.posts()).toHaveLength(1);
});

test('what EvoLink said is kept, shortened, and not logged', async () => {
  const message = 'Why? '.repeat(200);
  const pipeline = await Submissions.start({
    replies: [
      { status: 500, headers: { 'x-request-id': 'req-1' }, body: { error: { code: 'internal_error', message } } },
    ],
  });
  await pipeline.submit();
  expect((await pipeline.attempt()).submitError?.provider).toEqual({
    ...{ status: 500, code: 'internal_error', request_id: 'req-1' },
    message: message.slice(0, 300),
  });
  expect(output.text()).not.toContain('Why?');
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
  expect(pipeline.posts()).toHaveLength(1);
  expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMIT_UNKNOWN', taskToken: 'token-2' });
  expect(pipeline.steps.sent).toEqual([]);
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
