/** Nothing names a task of this attempt. The sweep sends the very same submission again, where that is safe; never another. */
import type { IdempotencyProof, RuntimeSettings } from '../../domain/settings';
import { EvolinkClient, EvolinkConnectionError, EvolinkServerError } from '../../evolink';
import type { SubmitError } from '../../lambda/shared/attempts/attempt';
import { keepHint } from '../../lambda/shared/attempts/hint';
import { conditionalUpdate } from '../../lambda/shared/attempts/conditional-update';
import { attemptKey } from '../../lambda/shared/attempts/items';
import { pauseSending } from '../../lambda/shared/attempts/slots';
import type { Provider } from '../../lambda/shared/provider';
import { aCompletedTask, aTask } from '../support/fake-evolink';
import { closeServers, type Answer, type Reply } from '../evolink/support/servers';
import { aRule, counter, setSettings } from '../support/budgets';
import { EXECUTION_ARN, OTHER_TASK_ID, TASK_ID } from '../support/jobs';
import { captureOutput } from '../support/output';
import { ATTEMPT_ID } from '../support/pipeline';
import { slotsOf } from '../support/queues';
import { API_KEY, CREATED, refusal, Submissions } from '../support/submissions';
import { runSweep } from '../support/sweeps';

const output = captureOutput();
afterEach(closeServers);

const MINUTE = 60_000;
const TODAY = '2026-11-03';
const FAULT = refusal(500, 'internal_error');
/** No room, and a wait that the sending function leaves to the sweep. */
const FULL = refusal(503, 503, { 'retry-after': '60' });
const REPLAYED: Reply = { ...CREATED, headers: { 'Idempotency-Replayed': 'true' } };

const proof = (state: IdempotencyProof['state']): RuntimeSettings => ({
  idempotency: { state, since: '2026-11-01T00:00:00.000Z', by: 'verify' },
});
const PROVEN = proof('proven');

interface Options {
  readonly settings?: RuntimeSettings;
  readonly secrets?: string[];
}

/** A job whose POST EvoLink answered with the first of the replies, a minute later. */
async function posted(replies: Answer[], { settings = {}, secrets }: Options = {}): Promise<Submissions> {
  const pipeline = await Submissions.start({ replies, ...(secrets ? { secrets } : {}), runSeconds: 30 });
  pipeline.maxConcurrentTasks = 5;
  pipeline.budgets = [aRule('all', 'day', 1_000_000)];
  await pipeline.submit();
  expect((await pipeline.attempt()).status).toBe('SUBMIT_UNKNOWN');
  setSettings(pipeline, settings);
  pipeline.time += MINUTE;
  return pipeline;
}

/** The function that sent it was killed after its POST, before it could say what became of it. */
async function killed(replies: Answer[], settings: RuntimeSettings = PROVEN): Promise<Submissions> {
  const pipeline = await Submissions.start({ replies });
  pipeline.memory.failNext('UpdateCommand', new Error('killed'));
  await pipeline.submit();
  expect((await pipeline.attempt()).status).toBe('SUBMITTING');
  setSettings(pipeline, settings);
  return pipeline;
}

function expectSameSubmission(pipeline: Submissions): void {
  const [first, second, ...others] = pipeline.posts();
  expect(others).toEqual([]);
  expect(second?.body).toEqual(first?.body);
  expect(second?.body).toHaveProperty('callback_url');
  for (const header of ['idempotency-key', 'x-evo-run-id', 'authorization', 'content-length']) {
    expect([header, second?.headers[header]]).toEqual([header, first?.headers[header]]);
  }
}

const change = (pipeline: Submissions, set: object) =>
  conditionalUpdate(pipeline.memory.client, pipeline.memory.tableName, {
    key: attemptKey(ATTEMPT_ID),
    set: set as Record<string, unknown>,
    condition: 'attribute_exists(pk)',
  });

const submitErrorOf = async (pipeline: Submissions): Promise<SubmitError | undefined> =>
  (await pipeline.attempt()).submitError;

describe('a repeat', () => {
  test.each<[string, RuntimeSettings]>([
    ['unproven', {}],
    ['refuted', proof('refuted')],
    ['proven', PROVEN],
  ])('of what EvoLink turned away is made though its idempotency keys are %s', async (_, settings) => {
    const pipeline = await posted([FULL, CREATED], { settings });
    await pipeline.sweep();
    expectSameSubmission(pipeline);
    expect(await pipeline.attempt()).toMatchObject({
      status: 'SUBMITTED',
      taskId: TASK_ID,
      submittedAt: pipeline.time,
    });
    expect(pipeline.steps.sent).toEqual([]);
  });

  test('of a lost reply is made where they are proven', async () => {
    const pipeline = await posted([FAULT, REPLAYED], { settings: PROVEN });
    await pipeline.sweep();
    expectSameSubmission(pipeline);
    expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTED', taskId: TASK_ID });
  });

  test.each<[string, RuntimeSettings]>([
    ['unproven', {}],
    ['refuted', proof('refuted')],
  ])('of a lost reply is not made where they are %s', async (_, settings) => {
    const pipeline = await posted([FAULT, CREATED], { settings });
    await pipeline.sweep();
    expect(pipeline.posts()).toHaveLength(1);
  });

  test('of a POST after which the function was killed waits until it can no longer be on its way', async () => {
    const pipeline = await killed([FAULT, REPLAYED]);
    await change(pipeline, { nextCheckAt: pipeline.time });
    pipeline.time += 120_000 - 1;
    await pipeline.sweep();
    expect(pipeline.posts()).toHaveLength(1);

    await change(pipeline, { nextCheckAt: pipeline.time });
    pipeline.time += 1;
    await pipeline.sweep();
    expectSameSubmission(pipeline);
    expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTED', taskId: TASK_ID });
  });

  test('of such a POST is not made where idempotency keys are unproven', async () => {
    const pipeline = await killed([FAULT, CREATED], {});
    pipeline.time += 5 * MINUTE;
    await pipeline.sweep();
    expect(pipeline.posts()).toHaveLength(1);
  });

  test('is made again and again while EvoLink has no room, each time after the wait that it asks for', async () => {
    const pipeline = await posted([FULL, FULL, FULL, CREATED]);
    for (let posts = 2; posts <= 4; posts++) {
      await pipeline.sweep();
      expect(pipeline.posts()).toHaveLength(posts);
      pipeline.time += MINUTE;
    }
    expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTED', taskId: TASK_ID });
    expect(new Set(pipeline.posts().map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
  });

  test('two sweeps at once make one', async () => {
    const pipeline = await posted([FULL, CREATED]);
    await Promise.all([pipeline.sweep(), pipeline.sweep()]);
    expect(pipeline.posts()).toHaveLength(2);
  });

  test('after which the sweep is killed leaves a lost reply, whatever EvoLink had answered before', async () => {
    const noRoute = refusal(400, 'no_available_channel', { 'retry-after': '60' });
    const pipeline = await posted([noRoute, CREATED, CREATED]);
    expect(await submitErrorOf(pipeline)).toMatchObject({ kind: 'busy', outcome: 'refused' });
    const post = jest.spyOn(EvolinkClient.prototype, 'submit').mockRejectedValueOnce(new Error('killed'));
    await pipeline.sweep();
    post.mockRestore();
    expect(await submitErrorOf(pipeline)).toMatchObject({ kind: 'lost', outcome: 'unknown' });

    pipeline.time += 5 * MINUTE;
    await pipeline.sweep();
    expect(pipeline.posts()).toHaveLength(1);
  });

  test('is not made when a callback names the task at the last moment', async () => {
    const pipeline = await posted([FULL, CREATED]);
    const link = () => pipeline.table.link(ATTEMPT_ID, TASK_ID, pipeline.time, pipeline.time);
    const { provider } = pipeline.dependenciesOfSubmit(pipeline);
    const current = async () => {
      await link();
      return provider.current();
    };
    const late = { current, keyVersion: () => provider.keyVersion() } as unknown as Provider;
    await runSweep(pipeline, { provider: late });
    expect(pipeline.posts()).toHaveLength(1);
    expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTED', taskId: TASK_ID });
  });

  test('is not made when the key turns out to be another one at the last moment', async () => {
    const pipeline = await posted([FULL, CREATED], { secrets: ['sk-old', 'sk-new'] });
    const { provider } = pipeline.dependenciesOfSubmit(pipeline);
    const keyVersion = async () => 'version-1';
    await pipeline.rotateKey();
    const rotated = { current: () => provider.current(), keyVersion } as unknown as Provider;
    await runSweep(pipeline, { provider: rotated });
    expect(pipeline.posts()).toHaveLength(1);
    expect((await pipeline.attempt()).status).toBe('SUBMIT_UNKNOWN');
  });

  test('answered 429 makes the whole pipeline wait', async () => {
    const pipeline = await posted([FULL, refusal(429, 'rate_limit_exceeded')]);
    await pipeline.sweep();
    expect(await submitErrorOf(pipeline)).toMatchObject({ kind: 'busy', repeatAfter: pipeline.time + 30_000 });
    expect((await slotsOf(pipeline)).pausedUntil).toBeGreaterThanOrEqual(pipeline.time + 30_000);
  });

  test('logs neither the key, the prompt nor the address of the callback', async () => {
    const pipeline = await posted([FULL, CREATED]);
    await pipeline.sweep();
    const body = pipeline.posts()[0]?.body;
    const secret = String(body?.callback_url).split('/').at(-1) ?? '';
    expect(output.text()).toContain('the same submission is sent again');
    for (const hidden of [secret, String(body?.prompt), API_KEY]) expect(output.text()).not.toContain(hidden);
  });
});

describe('no repeat', () => {
  test.each<[string, (pipeline: Submissions) => unknown]>([
    ['before the time that EvoLink named', (pipeline) => void (pipeline.time -= 1)],
    ['of an orphan', async (pipeline) => pipeline.table.markOrphaned(await pipeline.attempt())],
    ['for a job that was told before', (pipeline) => change(pipeline, { deliveredAt: pipeline.time })],
    ['for a job that is over', ({ steps }) => steps.execution(EXECUTION_ARN, 'ABORTED')],
    ['for a job that nobody knows', ({ steps }) => steps.execution(EXECUTION_ARN, 'GONE')],
    ['during the emergency stop', (pipeline) => setSettings(pipeline, { paused: { since: 'x' } })],
    [
      'while EvoLink wants the pipeline to be quiet',
      ({ memory, time }) => pauseSending(memory.client, memory.tableName, time, 1),
    ],
    ['after its API key was rotated', (pipeline) => pipeline.rotateKey()],
    [
      'of an attempt whose task a callback has named',
      async (pipeline) => {
        const { client, tableName } = pipeline.memory;
        pipeline.evolink.set(aTask());
        await keepHint(client, tableName, ATTEMPT_ID, TASK_ID, pipeline.time);
      },
    ],
  ])('%s', async (_, arrange) => {
    const pipeline = await posted([FULL, CREATED], { secrets: ['sk-old', 'sk-new'], settings: PROVEN });
    await arrange(pipeline);
    await change(pipeline, { nextCheckAt: pipeline.time });
    await pipeline.sweep();
    expect(pipeline.posts()).toHaveLength(1);
    expect(pipeline.steps.sent).toEqual([]);
  });

  test('is missing where none of this holds', async () => {
    const pipeline = await posted([FULL, CREATED], { secrets: ['sk-old', 'sk-new'], settings: PROVEN });
    await change(pipeline, { nextCheckAt: pipeline.time });
    await pipeline.sweep();
    expect(pipeline.posts()).toHaveLength(2);
  });

  test("after a quarter of an hour: EvoLink's client relies on the key no longer", async () => {
    const pipeline = await posted([FULL, CREATED], { settings: PROVEN });
    pipeline.time += 14 * MINUTE;
    await change(pipeline, { nextCheckAt: pipeline.time });
    pipeline.evolink.list = [];
    await pipeline.sweep();
    expect(pipeline.posts()).toHaveLength(1);
    expect(pipeline.steps.onlyAnswer().error).toBe('SubmitOutcomeUnknown');
  });

  test('a moment earlier it is made', async () => {
    const pipeline = await posted([FULL, CREATED], { settings: PROVEN });
    pipeline.time += 14 * MINUTE - 1;
    await pipeline.sweep();
    expect(pipeline.posts()).toHaveLength(2);
    expect(pipeline.steps.sent).toEqual([]);
  });
});

describe('what the answer to a repeat proves', () => {
  test('a refusal after a lost reply: nothing', async () => {
    const pipeline = await posted([FAULT, refusal(402, 'insufficient_quota')], { settings: PROVEN });
    await pipeline.sweep();
    expect(pipeline.posts()).toHaveLength(2);
    expect(await submitErrorOf(pipeline)).toMatchObject({ kind: 'lost', outcome: 'unknown' });
    expect(pipeline.ledger()).toEqual([]);
  });

  test('a refusal after 503: nothing', async () => {
    const pipeline = await posted([FULL, refusal(400, 'invalid_request')]);
    await pipeline.sweep();
    expect(await submitErrorOf(pipeline)).toMatchObject({ kind: 'busy', outcome: 'unknown' });
    expect(pipeline.ledger()).toEqual([]);
  });

  test('a refusal after a refusal: it ends, without another attempt', async () => {
    const noRoute = refusal(400, 'no_available_channel', { 'retry-after': '60' });
    const pipeline = await posted([noRoute, refusal(402, 'insufficient_quota')]);
    await pipeline.sweep();
    const { error, facts } = pipeline.steps.onlyAnswer();
    expect([error, facts.no_task]).toEqual(['InsufficientCredits', 'likely']);
    expect(facts).not.toHaveProperty('retry_after_seconds');
    expect(pipeline.ledger()).toMatchObject([{ state: 'refunded', noTask: 'likely' }]);
    expect(counter(pipeline, 'all-day', TODAY)).toMatchObject({ held: 0 });
  });

  test('no connection: nothing, and the attempt stays as it was', async () => {
    const pipeline = await posted([FULL]);
    const before = await submitErrorOf(pipeline);
    const unsent = new EvolinkConnectionError('refused', { outcome: 'no_task' });
    const post = jest.spyOn(EvolinkClient.prototype, 'submit').mockRejectedValueOnce(unsent);
    await pipeline.sweep();
    expect(post).toHaveBeenCalledTimes(1);
    expect(await submitErrorOf(pipeline)).toMatchObject({ kind: 'busy', outcome: before?.outcome });
    expect(pipeline.steps.sent).toEqual([]);
  });

  test('a lost reply after a refusal: the outcome is unknown from now on', async () => {
    const noRoute = refusal(400, 'no_available_channel', { 'retry-after': '60' });
    const pipeline = await posted([noRoute, FAULT]);
    await pipeline.sweep();
    expect(await submitErrorOf(pipeline)).toMatchObject({ kind: 'lost', outcome: 'unknown' });
  });

  test('a task beside one that a callback has named meanwhile: it gets a row of its own', async () => {
    let named: Promise<unknown> | undefined;
    const pipeline: Submissions = await posted([
      FULL,
      () => {
        named = pipeline.table.link(ATTEMPT_ID, OTHER_TASK_ID, pipeline.time, pipeline.time + 1);
        return CREATED;
      },
    ]);
    await pipeline.sweep();
    await named;
    const strays = pipeline.memory.items().filter(({ strayOf }) => strayOf === ATTEMPT_ID);
    expect(strays).toMatchObject([{ hintedTaskId: TASK_ID, status: 'SUBMIT_UNKNOWN' }]);
    expect(await pipeline.attempt()).toMatchObject({ taskId: OTHER_TASK_ID });
  });
});

describe('after a quarter of an hour without a name for the task', () => {
  async function late(...replies: Reply[]): Promise<Submissions> {
    const pipeline = await posted(replies);
    pipeline.evolink.list = [];
    pipeline.time += 14 * MINUTE;
    return pipeline;
  }

  test('the job is told that nobody knows; the hold stays, the slot is free, and nothing of the submission is kept', async () => {
    const pipeline = await late(refusal(500, 'internal_error', { 'x-request-id': 'req-1' }));
    await pipeline.sweep();
    const { error, facts } = pipeline.steps.onlyAnswer();
    expect(error).toBe('SubmitOutcomeUnknown');
    expect(facts).toMatchObject({
      charged: 'unknown',
      provider: { status: 500, code: 'internal_error', request_id: 'req-1' },
    });
    expect(facts).not.toHaveProperty('retry_after_seconds');
    const attempt = await pipeline.attempt();
    expect(attempt).toMatchObject({ status: 'SUBMIT_UNKNOWN', unknownSince: pipeline.time, slot: false });
    expect(attempt).not.toHaveProperty('submission');
    expect(pipeline.ledger()).toMatchObject([{ state: 'unknown' }]);
    expect(counter(pipeline, 'all-day', TODAY)).toMatchObject({ held: attempt.creditsHeld, spent: 0 });
    expect((await slotsOf(pipeline)).taken).toBe(0);
  });

  test('not a moment earlier', async () => {
    const pipeline = await late(FAULT);
    pipeline.time -= 1;
    await pipeline.sweep();
    expect(pipeline.steps.sent).toEqual([]);
    expect((await pipeline.attempt()).nextCheckAt).toBe(pipeline.time + 1);
  });

  test('where EvoLink said 503 each time, nobody knows either', async () => {
    const pipeline = await late(FULL);
    await pipeline.sweep();
    expect(pipeline.steps.onlyAnswer().error).toBe('SubmitOutcomeUnknown');
  });

  test('where each answer was a refusal for want of a channel, the job ends without a charge', async () => {
    const pipeline = await late(refusal(400, 'no_available_channel'));
    await pipeline.sweep();
    const { error, facts } = pipeline.steps.onlyAnswer();
    expect(error).toBe('ResourceExhausted');
    expect(facts).toMatchObject({ no_task: 'likely', charged: 'no', provider: { code: 'no_available_channel' } });
    expect(facts).not.toHaveProperty('retry_after_seconds');
    expect(pipeline.ledger()).toMatchObject([{ state: 'refunded', noTask: 'likely' }]);
    expect(counter(pipeline, 'all-day', TODAY)).toMatchObject({ committed: 0, held: 0 });
    expect((await slotsOf(pipeline)).taken).toBe(0);
  });

  test('a repeat at the last moment whose reply is lost leaves no refusal to end it by', async () => {
    const noRoute = refusal(400, 'no_available_channel', { 'retry-after': '60' });
    const pipeline: Submissions = await posted([
      noRoute,
      () => {
        pipeline.time += 2_000;
        return FAULT;
      },
    ]);
    pipeline.evolink.list = [];
    pipeline.time += 14 * MINUTE - 1_000;
    await pipeline.sweep();
    expect(pipeline.posts()).toHaveLength(2);
    expect(pipeline.steps.onlyAnswer().error).toBe('SubmitOutcomeUnknown');
    expect(pipeline.ledger()).toMatchObject([{ state: 'unknown' }]);
  });

  test('a repeat at the last moment that finds the task leaves nothing unknown', async () => {
    const pipeline: Submissions = await posted([
      FULL,
      () => {
        pipeline.time += 2_000;
        return CREATED;
      },
    ]);
    pipeline.time += 14 * MINUTE - 1_000;
    await pipeline.sweep();
    expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTED', taskId: TASK_ID });
    expect(pipeline.steps.sent).toEqual([]);
    expect(pipeline.ledger()).toEqual([]);
  });

  test('a task that turns up later is linked, booked in place of the unknown record, and salvaged', async () => {
    const pipeline = await late(FAULT);
    await pipeline.sweep();
    const { client, tableName } = pipeline.memory;
    pipeline.evolink.set(aCompletedTask());
    await keepHint(client, tableName, ATTEMPT_ID, TASK_ID, pipeline.time);

    await pipeline.sweep();
    await pipeline.sweep();

    expect(await pipeline.attempt()).toMatchObject({ status: 'COMPLETED', taskId: TASK_ID, creditsUsed: 3_682 });
    const counted = pipeline.ledger().filter(({ supersededAt }) => supersededAt === undefined);
    expect(counted).toMatchObject([{ state: 'booked', creditsUsed: 3_682 }]);
    expect(pipeline.ledger()).toHaveLength(2);
    expect(counter(pipeline, 'all-day', TODAY)).toEqual({ committed: 3_682, held: 0, spent: 3_682 });
    expect(pipeline.lambda.of('archive')).toEqual([{ jobId: 'job-1', attempt: 1, salvage: true }]);
    expect(pipeline.steps.sent).toHaveLength(1);
  });

  test('tasks of the account that may be its own are told', async () => {
    const pipeline = await late(FAULT);
    const at = (pipeline.time - 15 * MINUTE) / 1_000;
    pipeline.evolink.list = [{ id: OTHER_TASK_ID, model: 'gpt-image-2', status: 'processing', createdAt: at }];
    await pipeline.sweep();
    expect(pipeline.steps.onlyAnswer().facts).toMatchObject({ candidates: OTHER_TASK_ID });
  });

  test('a list that cannot be read is no reason to keep the job waiting', async () => {
    const pipeline = await late(FAULT);
    pipeline.evolink.list = new EvolinkServerError('500');
    await pipeline.sweep();
    const { error, facts } = pipeline.steps.onlyAnswer();
    expect(error).toBe('SubmitOutcomeUnknown');
    expect(facts).not.toHaveProperty('candidates');
  });

  test('an orphan keeps nothing of the submission', async () => {
    const pipeline = await posted([FAULT]);
    expect((await pipeline.attempt()).submission).toEqual({ callbackUrl: expect.any(String) as string });
    await pipeline.table.markOrphaned(await pipeline.attempt());
    expect(await pipeline.attempt()).not.toHaveProperty('submission');
  });
});
