/** Nothing names the task of an attempt, for one reason or another: neither its slot, its hold nor its job may hang on that. */
import { SETTINGS_KEY } from '../../../domain/settings';
import { EvolinkNotFoundError } from '../../../evolink';
import { keepHint } from '../../../lambda/shared/attempts/hint';
import { closeServers, type Reply } from '../../evolink/support/servers';
import { aRule, counter } from '../../support/budgets';
import { aCompletedTask } from '../../support/fake-evolink';
import { EXECUTION_ARN, OTHER_TASK_ID } from '../../support/jobs';
import { captureOutput } from '../../support/output';
import { ATTEMPT_ID } from '../../support/pipeline';
import { slotsOf } from '../../support/queues';
import { CREATED, refusal, Submissions } from '../../support/submissions';

const output = captureOutput();
afterEach(closeServers);

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FAULT = refusal(500, 'internal_error');
const NO_ROUTE = refusal(400, 'no_available_channel', { 'retry-after': '60' });

async function posted(...replies: Reply[]): Promise<Submissions> {
  const pipeline = await Submissions.start({ replies });
  pipeline.maxConcurrentTasks = 5;
  pipeline.budgets = [aRule('all', 'day', 1_000_000)];
  pipeline.evolink.list = [];
  await pipeline.submit();
  return pipeline;
}

const held = (pipeline: Submissions) => counter(pipeline, 'all-day', '2026-11-03')?.held;

describe('its job has stopped', () => {
  test.each<[string, (pipeline: Submissions) => unknown]>([
    ['was found to be over', async (pipeline) => pipeline.table.markOrphaned(await pipeline.attempt())],
    ['was told before', async (pipeline) => pipeline.table.markDelivered(await pipeline.attempt(), false)],
  ])('and %s: after a quarter of an hour the ledger says unknown, and the slot is free', async (_, stop) => {
    const pipeline = await posted(FAULT);
    await stop(pipeline);
    pipeline.steps.execution(EXECUTION_ARN, 'ABORTED');
    pipeline.time += 15 * MINUTE;
    await pipeline.sweep();
    expect((await slotsOf(pipeline)).taken).toBe(0);
    expect(pipeline.ledger()).toMatchObject([{ state: 'unknown' }]);
    expect(held(pipeline)).toBe((await pipeline.attempt()).creditsHeld);
    expect(pipeline.steps.sent).toEqual([]);
    expect(output.valuesOf('JobsFailed')).toEqual([]);

    pipeline.time += HOUR;
    await pipeline.sweep();
    expect(pipeline.ledger()).toHaveLength(1);
    expect((await slotsOf(pipeline)).taken).toBe(0);
  });

  test('a task that turns up after that is booked, and its slot is not given back twice', async () => {
    const pipeline = await posted(FAULT);
    await pipeline.table.markOrphaned(await pipeline.attempt());
    pipeline.time += 15 * MINUTE;
    await pipeline.sweep();
    pipeline.evolink.set(aCompletedTask({ id: OTHER_TASK_ID }));
    await keepHint(pipeline.memory.client, pipeline.memory.tableName, ATTEMPT_ID, OTHER_TASK_ID, pipeline.time);
    await pipeline.sweep();
    expect(await pipeline.attempt()).toMatchObject({ status: 'COMPLETED', taskId: OTHER_TASK_ID });
    expect((await slotsOf(pipeline)).taken).toBe(0);
    expect(held(pipeline)).toBe(0);
  });

  test('where each answer was a refusal for want of a channel, its hold is let go', async () => {
    const pipeline = await posted(NO_ROUTE);
    await pipeline.table.markOrphaned(await pipeline.attempt());
    pipeline.steps.execution(EXECUTION_ARN, 'ABORTED');
    pipeline.steps.refuse('token-1');
    pipeline.time += 15 * MINUTE;
    await pipeline.sweep();
    expect(pipeline.ledger()).toMatchObject([{ state: 'refunded', noTask: 'likely' }]);
    expect((await slotsOf(pipeline)).taken).toBe(0);
    expect(held(pipeline)).toBe(0);
    expect(output.valuesOf('JobsFailed')).toEqual([]);
  });
});

test('a callback named a task that EvoLink does not confirm in time: no refusal ends the attempt, and the task is booked later', async () => {
  const pipeline = await posted(NO_ROUTE);
  pipeline.evolink.tasks.set(OTHER_TASK_ID, new EvolinkNotFoundError('404', { status: 404 }));
  await keepHint(pipeline.memory.client, pipeline.memory.tableName, ATTEMPT_ID, OTHER_TASK_ID, pipeline.time);
  pipeline.time += 2 * HOUR;
  await pipeline.sweep();
  expect(pipeline.steps.onlyAnswer().error).toBe('SubmitOutcomeUnknown');

  pipeline.evolink.set(aCompletedTask({ id: OTHER_TASK_ID }));
  pipeline.time += HOUR;
  await pipeline.sweep();
  expect(await pipeline.attempt()).toMatchObject({ status: 'COMPLETED', taskId: OTHER_TASK_ID });
});

describe('an end without a task that could not be booked, of an attempt that was sent twice', () => {
  async function unbooked(): Promise<Submissions> {
    const pipeline = await posted(NO_ROUTE, refusal(400, 'invalid_request'));
    pipeline.time += MINUTE;
    const send = pipeline.table.takeRepeat.bind(pipeline.table);
    jest.spyOn(pipeline.table, 'takeRepeat').mockImplementationOnce(async (...call) => {
      pipeline.memory.failNext('TransactWriteCommand', new Error('away'));
      return send(...call);
    });
    await pipeline.sweep();
    return pipeline;
  }

  test('the next sweep ends it by the same verdict: slot and hold are free', async () => {
    const pipeline = await unbooked();
    expect(pipeline.steps.onlyAnswer().error).toBe('RequestRefused');
    pipeline.time += MINUTE;
    await pipeline.sweep();
    expect(pipeline.ledger()).toMatchObject([{ state: 'refunded', failure: 'RequestRefused', noTask: 'likely' }]);
    expect((await slotsOf(pipeline)).taken).toBe(0);
    expect(held(pipeline)).toBe(0);
    expect(pipeline.steps.sent).toHaveLength(1);
  });
});

describe('EvoLink asks for a longer wait than it remembers the key', () => {
  const THROTTLED = refusal(429, 'rate_limit_exceeded', { 'retry-after': '3600' });

  test.each<[string, Reply[]]>([
    ['in the first answer', [THROTTLED]],
    ['in the answer to a repeat', [NO_ROUTE, THROTTLED]],
  ])('%s: the job ends after a quarter of an hour all the same', async (_, replies) => {
    const pipeline = await posted(...replies);
    pipeline.time += MINUTE;
    await pipeline.sweep();
    pipeline.time += 14 * MINUTE;
    await pipeline.sweep();
    expect(pipeline.posts()).toHaveLength(replies.length);
    expect(pipeline.steps.onlyAnswer().error).toBe('SubmitOutcomeUnknown');
    expect((await slotsOf(pipeline)).taken).toBe(0);
  });
});

describe('the replay header', () => {
  const REPLAYED: Reply = { ...CREATED, headers: { 'Idempotency-Replayed': 'true' } };

  test('on the very first POST of a submission proves nothing: its key was never used before', async () => {
    const pipeline = await posted(REPLAYED);
    expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTED' });
    expect(pipeline.memory.item(SETTINGS_KEY)?.idempotency).toBeUndefined();
  });

  test('on a repeat proves that EvoLink knows the key', async () => {
    const pipeline = await posted(refusal(503, 503), REPLAYED);
    expect(pipeline.memory.item(SETTINGS_KEY)?.idempotency).toMatchObject({ state: 'proven', by: 'replay' });
  });
});
