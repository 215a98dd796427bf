import { EvolinkServerError, EvolinkTimeoutError } from '../../evolink';
import { receiveCallback } from '../../lambda/callback/callback';
import { ApiKeyUnavailableError } from '../../lambda/shared/api-key';
import { hashCallbackSecret } from '../../lambda/shared/callback-secret';
import { aCompletedTask, aFailedTask, aTask } from '../support/fake-evolink';
import { aJob, OTHER_TASK_ID, TASK_ID } from '../support/jobs';
import { captureOutput } from '../support/output';
import { ATTEMPT_ID, CALLBACK_SECRET, TestPipeline } from '../support/pipeline';

const output = captureOutput();

type Callback = Parameters<typeof receiveCallback>[0];

const BODY = JSON.stringify({ id: TASK_ID, status: 'completed', results: ['https://attacker.example.org/x.png'] });

const pathOf = (attemptId: string, secret: string) => `/callback/${attemptId}/${secret}`;

function aCallback(callback: Partial<Callback> = {}): Callback {
  return { rawPath: pathOf(ATTEMPT_ID, CALLBACK_SECRET), body: BODY, isBase64Encoded: false, ...callback };
}

async function statusOf(pipeline: TestPipeline, callback: Partial<Callback> = {}): Promise<unknown> {
  const reply = await receiveCallback(aCallback(callback), pipeline.dependencies());
  expect(Object.keys(reply)).toEqual(['statusCode']);
  return reply.statusCode;
}

async function submitted(): Promise<TestPipeline> {
  const pipeline = new TestPipeline();
  await pipeline.open({ taskId: TASK_ID });
  pipeline.time += 30_000;
  return pipeline;
}

describe('what is not authentic', () => {
  test.each<[string, Callback['rawPath']]>([
    ['a wrong secret', pathOf(ATTEMPT_ID, `${CALLBACK_SECRET.slice(0, -1)}J`)],
    ['no secret', pathOf(ATTEMPT_ID, '')],
    ['the stored hash as the secret', pathOf(ATTEMPT_ID, hashCallbackSecret(CALLBACK_SECRET))],
    ['an unknown attempt', pathOf('A'.repeat(22), CALLBACK_SECRET)],
    ['a malformed attempt', pathOf('../ledger', CALLBACK_SECRET)],
    ['an attempt id with something behind it', pathOf(`${ATTEMPT_ID}x`, CALLBACK_SECRET)],
    ['no path', undefined],
  ])('%s: 404, counted, and EvoLink is not asked', async (_, rawPath) => {
    const pipeline = await submitted();
    pipeline.evolink.set(aCompletedTask());
    const before = pipeline.memory.items();

    expect(await statusOf(pipeline, { rawPath })).toBe(404);

    expect(output.valuesOf('CallbacksRejected')).toEqual([{ value: 1, dimensions: {} }]);
    expect(pipeline.evolink.asked).toEqual([]);
    expect(pipeline.steps.sent).toEqual([]);
    expect(pipeline.memory.items()).toEqual(before);
  });

  test('a malformed attempt id does not even reach the table', async () => {
    const pipeline = new TestPipeline();
    await statusOf(pipeline, { rawPath: pathOf('x', CALLBACK_SECRET) });
    expect(pipeline.memory.commands).toEqual([]);
  });
});

describe('a task that has ended', () => {
  test('204: booked by what EvoLink says when asked, and delivered', async () => {
    const pipeline = await submitted();
    pipeline.evolink.set(aCompletedTask());

    expect(await statusOf(pipeline)).toBe(204);

    expect(pipeline.evolink.asked).toEqual([TASK_ID]);
    expect(pipeline.steps.onlyAnswer()).toMatchObject({
      taskToken: 'token-1',
      output: { attempt: 1, task_id: TASK_ID },
    });
    expect(await pipeline.attempt()).toMatchObject({
      status: 'COMPLETED',
      creditsUsed: 3_682,
      deliveredAt: pipeline.time,
    });
    expect(pipeline.ledger()).toHaveLength(1);
    expect((await pipeline.table.load(ATTEMPT_ID))?.outcome?.results).toEqual(aCompletedTask().results);
    expect(output.valuesOf('CompletedByCallback')).toEqual([{ value: 1, dimensions: {} }]);
    expect(output.valuesOf('SubmitToCallbackSeconds')).toEqual([{ value: 30, dimensions: {} }]);
  });

  test('delivered again: 204 without asking EvoLink and without effect', async () => {
    const pipeline = await submitted();
    pipeline.evolink.set(aCompletedTask());
    await statusOf(pipeline);
    const before = pipeline.memory.items();

    expect(await statusOf(pipeline)).toBe(204);

    expect(pipeline.evolink.asked).toHaveLength(1);
    expect(pipeline.steps.sent).toHaveLength(1);
    expect(pipeline.memory.items()).toEqual(before);
    expect(output.valuesOf('CompletedByCallback')).toHaveLength(1);
  });

  test('three deliveries at once: one booking, one answer, one count', async () => {
    const pipeline = await submitted();
    pipeline.evolink.set(aCompletedTask());
    const replies = await Promise.all([1, 2, 3].map(() => statusOf(pipeline)));
    expect(replies).toEqual([204, 204, 204]);
    expect(pipeline.ledger()).toHaveLength(1);
    expect(pipeline.steps.answers).toHaveLength(1);
    expect(output.valuesOf('CreditsUsed')).toHaveLength(2);
    expect(output.valuesOf('CompletedByCallback')).toHaveLength(1);
  });

  test('booked before, but not delivered: delivered now, without asking EvoLink', async () => {
    const pipeline = await submitted();
    const end = { status: 'COMPLETED', completedAt: pipeline.time, creditsUsed: 1, basis: 'credits_used' } as const;
    await pipeline.book(await pipeline.attempt(), end);
    expect(await statusOf(pipeline)).toBe(204);
    expect(pipeline.evolink.asked).toEqual([]);
    expect(pipeline.steps.onlyAnswer().output).toEqual({ attempt: 1, task_id: TASK_ID });
  });

  test('a failed task is delivered as a failure', async () => {
    const pipeline = await submitted();
    pipeline.evolink.set(aFailedTask('content_policy_violation'));
    expect(await statusOf(pipeline, { body: BODY })).toBe(204);
    expect(pipeline.steps.onlyAnswer().error).toBe('ContentPolicyViolation');
  });
});

describe('503, so that EvoLink delivers again, and due within 3 s for the sweep', () => {
  test.each<[string, (pipeline: TestPipeline) => unknown]>([
    ['EvoLink says that the task still runs', (pipeline) => pipeline.evolink.set(aTask())],
    ['EvoLink knows a status that we do not', (pipeline) => pipeline.evolink.set(aTask({ status: 'unknown' }))],
    ['EvoLink does not answer', (pipeline) => pipeline.evolink.tasks.set(TASK_ID, new EvolinkTimeoutError('late'))],
    ['EvoLink has a fault', (pipeline) => pipeline.evolink.tasks.set(TASK_ID, new EvolinkServerError('500'))],
    ['the key cannot be read', (pipeline) => pipeline.evolink.tasks.set(TASK_ID, new ApiKeyUnavailableError('no'))],
  ])('%s', async (_, arrange) => {
    const pipeline = await submitted();
    arrange(pipeline);
    expect(await statusOf(pipeline)).toBe(503);
    const { status, nextCheckAt } = await pipeline.attempt();
    expect(status).toBe('SUBMITTED');
    expect(nextCheckAt).toBeLessThanOrEqual(pipeline.time + 3_000);
    expect(pipeline.steps.sent).toEqual([]);
    expect(output.valuesOf('CallbacksRejected')).toEqual([]);
  });

  test('the table is busy with the same attempt', async () => {
    const pipeline = await submitted();
    pipeline.evolink.set(aCompletedTask());
    pipeline.memory.conflictNext(3);
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => clock.mock.calls.length * 6_000);
    expect(await statusOf(pipeline)).toBe(503);
  });
});

test('a fault of ours is thrown, so that it is seen as one', async () => {
  const pipeline = await submitted();
  pipeline.evolink.tasks.set(TASK_ID, new TypeError('a bug'));
  await expect(receiveCallback(aCallback(), pipeline.dependencies())).rejects.toThrow('a bug');
});

describe('a callback that comes before the reply to the submission was stored', () => {
  test('brings the task id: linked, booked and delivered', async () => {
    const pipeline = new TestPipeline();
    const { createdAt } = await pipeline.open();
    pipeline.evolink.set(aCompletedTask());
    expect(await statusOf(pipeline)).toBe(204);
    expect(await pipeline.attempt()).toMatchObject({ status: 'COMPLETED', taskId: TASK_ID, submittedAt: createdAt });
    expect(pipeline.steps.answers).toHaveLength(1);
  });

  test('of a task that still runs links it, and leaves it due', async () => {
    const pipeline = new TestPipeline();
    await pipeline.open();
    pipeline.evolink.set(aTask());
    expect(await statusOf(pipeline)).toBe(503);
    expect(await pipeline.attempt()).toMatchObject({
      status: 'SUBMITTED',
      taskId: TASK_ID,
      nextCheckAt: pipeline.time,
    });
  });

  test('with the id of a task that belongs to another job: not linked, and not delivered again', async () => {
    const pipeline = new TestPipeline();
    await pipeline.open({ job: aJob({}, 'job-2'), taskId: OTHER_TASK_ID });
    await pipeline.open();
    pipeline.evolink.set(aCompletedTask({ id: OTHER_TASK_ID }));
    expect(await statusOf(pipeline, { body: JSON.stringify({ id: OTHER_TASK_ID }) })).toBe(204);
    const attempt = await pipeline.attempt();
    expect(attempt.status).toBe('SUBMITTING');
    expect(attempt.taskId).toBeUndefined();
    expect(pipeline.steps.sent).toEqual([]);
    expect(pipeline.ledger()).toEqual([]);
  });

  test('with an id that EvoLink does not confirm: not linked', async () => {
    const pipeline = new TestPipeline();
    await pipeline.open();
    pipeline.evolink.tasks.set(TASK_ID, new EvolinkServerError('404'));
    expect(await statusOf(pipeline)).toBe(503);
    expect((await pipeline.attempt()).taskId).toBeUndefined();
  });

  test('in base64 is read too', async () => {
    const pipeline = new TestPipeline();
    await pipeline.open();
    pipeline.evolink.set(aCompletedTask());
    const body = Buffer.from(BODY).toString('base64');
    expect(await statusOf(pipeline, { body, isBase64Encoded: true })).toBe(204);
  });

  test.each<[string, Partial<Callback>]>([
    ['without a body', { body: undefined }],
    ['that is no JSON', { body: '{"id":' }],
    ['that is null', { body: 'null' }],
    ['that is a number', { body: '5' }],
    ['whose id is no text', { body: JSON.stringify({ id: { $ne: 1 } }) }],
    ['whose id is no task id', { body: JSON.stringify({ id: `task-unified-${'x'.repeat(500)}` }) }],
    ['that is huge', { body: JSON.stringify({ id: TASK_ID, filler: 'x'.repeat(1_000_000) }) }],
    ['that is no base64 of JSON', { body: BODY, isBase64Encoded: true }],
  ])('%s asks nobody, and the sweep looks soon', async (_, callback) => {
    const pipeline = new TestPipeline();
    await pipeline.open();
    expect(await statusOf(pipeline, callback)).toBe(503);
    expect(pipeline.evolink.asked).toEqual([]);
    expect((await pipeline.attempt()).nextCheckAt).toBe(pipeline.time + 3_000);
  });
});

test('the id in the body is not needed where the task is known', async () => {
  const pipeline = await submitted();
  pipeline.evolink.set(aCompletedTask());
  expect(await statusOf(pipeline, { body: '{}' })).toBe(204);
  expect(pipeline.evolink.asked).toEqual([TASK_ID]);
});

test('neither the secret nor the body reaches the log', async () => {
  const pipeline = await submitted();
  pipeline.evolink.set(aCompletedTask());
  await statusOf(pipeline);
  expect(output.logs().length).toBeGreaterThan(0);
  for (const hidden of [CALLBACK_SECRET, 'attacker.example.org', 'token-1'])
    expect(output.text()).not.toContain(hidden);
});
