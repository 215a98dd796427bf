/** Two tasks for one attempt, at the moments when the second is easily forgotten: each one is accounted for. */
import { EvolinkServerError } from '../../../evolink';
import { receiveCallback } from '../../../lambda/callback/callback';
import { strayIdOf } from '../../../lambda/shared/attempts/attempt';
import { keepHint } from '../../../lambda/shared/attempts/hint';
import { linkTask } from '../../../lambda/shared/link-task';
import { SETTINGS_KEY } from '../../../domain/settings';
import { aRule, counter } from '../../support/budgets';
import { aCompletedTask, aTask } from '../../support/fake-evolink';
import { OTHER_TASK_ID, TASK_ID } from '../../support/jobs';
import { captureOutput } from '../../support/output';
import { ATTEMPT_ID, CALLBACK_SECRET, LOST, TestPipeline } from '../../support/pipeline';
import { runSweep } from '../../support/sweeps';

const output = captureOutput();

const STRAY_ID = strayIdOf(ATTEMPT_ID, OTHER_TASK_ID);
const MINUTE = 60_000;
const AWAY = new EvolinkServerError('500');

async function callback(pipeline: TestPipeline, id: string): Promise<unknown> {
  const event = { rawPath: `/callback/${ATTEMPT_ID}/${CALLBACK_SECRET}`, body: JSON.stringify({ id }) };
  return (await receiveCallback(event, pipeline.dependencies())).statusCode;
}

/** A submission whose reply was lost. */
async function lost(beforeGetTask?: (id: string) => unknown): Promise<TestPipeline> {
  const pipeline = new TestPipeline({ beforeGetTask });
  pipeline.budgets = [aRule('all', 'day', 1_000_000)];
  await pipeline.open();
  await pipeline.table.markSubmitUnknown(ATTEMPT_ID, LOST, pipeline.time + MINUTE);
  return pipeline;
}

const answered = (pipeline: TestPipeline, id: string) =>
  linkTask(
    { ...pipeline.aClaim(), attemptId: ATTEMPT_ID } as never,
    { id, status: 'pending' },
    { ...pipeline.dependencies(), firstCheckSeconds: 120 },
  );

const hint = (pipeline: TestPipeline, id: string) =>
  keepHint(pipeline.memory.client, pipeline.memory.tableName, ATTEMPT_ID, id, pipeline.time);

/** Both tasks end, and every sweep has been. */
async function settle(pipeline: TestPipeline): Promise<void> {
  pipeline.evolink.set(aCompletedTask());
  pipeline.evolink.set(aCompletedTask({ id: OTHER_TASK_ID }));
  for (let round = 0; round < 3; round++) {
    pipeline.time += 10 * MINUTE;
    await runSweep(pipeline);
  }
}

function expectBothBooked(pipeline: TestPipeline): void {
  const tasks = pipeline.ledger().map(({ taskId, state }) => [taskId, state]);
  expect(tasks.sort()).toEqual(
    [
      [TASK_ID, 'booked'],
      [OTHER_TASK_ID, 'booked'],
    ].sort(),
  );
  expect(counter(pipeline, 'all-day', '2026-11-03')).toEqual({ committed: 7_364, held: 0, spent: 7_364 });
}

describe('while a callback asks EvoLink for its task', () => {
  test('the attempt gets another one: it is kept beside it', async () => {
    const pipeline: TestPipeline = await lost(async (id) => {
      if (id === OTHER_TASK_ID) await pipeline.table.link(ATTEMPT_ID, TASK_ID, pipeline.time, pipeline.time + MINUTE);
    });
    pipeline.evolink.set(aCompletedTask({ id: OTHER_TASK_ID }));
    expect(await callback(pipeline, OTHER_TASK_ID)).toBe(204);
    await settle(pipeline);
    expectBothBooked(pipeline);
    expect((await pipeline.attempt(STRAY_ID)).strayOf).toBe(ATTEMPT_ID);
  });

  test('the attempt ends as refused: it is kept beside it', async () => {
    let ends = false;
    const pipeline: TestPipeline = await lost(async () => {
      if (ends) return;
      ends = true;
      const failure = { name: 'RequestRefused', cause: '{"error":"RequestRefused"}' } as const;
      const end = { status: 'FAILED', completedAt: pipeline.time, creditsUsed: 0, basis: 'assumed' } as const;
      await pipeline.book(await pipeline.attempt(), { ...end, noTask: 'likely', failure });
    });
    pipeline.evolink.set(aCompletedTask({ id: OTHER_TASK_ID }));
    expect(await callback(pipeline, OTHER_TASK_ID)).toBe(204);
    expect(pipeline.ledger()).toMatchObject([{ state: 'refunded' }, { taskId: OTHER_TASK_ID, state: 'booked' }]);
  });
});

describe('a callback named a task that EvoLink could not confirm', () => {
  test('the reply to a POST brings another one: both are booked', async () => {
    const pipeline = await lost();
    await hint(pipeline, OTHER_TASK_ID);
    await answered(pipeline, TASK_ID);
    expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTED', taskId: TASK_ID });
    await settle(pipeline);
    expectBothBooked(pipeline);
  });

  test('a second callback brings another one, which EvoLink confirms: both are booked', async () => {
    const pipeline = await lost();
    await hint(pipeline, OTHER_TASK_ID);
    pipeline.evolink.set(aCompletedTask());
    expect(await callback(pipeline, TASK_ID)).toBe(204);
    expect(await pipeline.attempt()).toMatchObject({ status: 'COMPLETED', taskId: TASK_ID });
    await settle(pipeline);
    expectBothBooked(pipeline);
  });

  test.each([TASK_ID, OTHER_TASK_ID])(
    'a second one brings another that it cannot confirm either, then the reply to a POST names %s: both are booked',
    async (named) => {
      const pipeline = await lost();
      pipeline.evolink.tasks.set(TASK_ID, AWAY).set(OTHER_TASK_ID, AWAY);
      await callback(pipeline, TASK_ID);
      await callback(pipeline, OTHER_TASK_ID);
      await answered(pipeline, named);
      await settle(pipeline);
      expectBothBooked(pipeline);
      expect(pipeline.ledger()).toHaveLength(2);
      expect(output.valuesOf('AttemptsLost')).toEqual([]);
    },
  );

  test('the same id in the reply to a POST is the task of the attempt, and no stray', async () => {
    const pipeline = await lost();
    await hint(pipeline, TASK_ID);
    await answered(pipeline, TASK_ID);
    expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTED', taskId: TASK_ID });
    expect(pipeline.memory.items().filter(({ strayOf }) => strayOf !== undefined)).toEqual([]);
  });

  test('the reply to a POST that could not be linked is kept beside it', async () => {
    const pipeline = await lost();
    await hint(pipeline, OTHER_TASK_ID);
    pipeline.memory.failNext('TransactWriteCommand', new Error('away'));
    await answered(pipeline, TASK_ID);
    await settle(pipeline);
    expectBothBooked(pipeline);
  });
});

test('a second task that only the sweep could confirm refutes that EvoLink keeps its word', async () => {
  const pipeline = new TestPipeline();
  await pipeline.open({ taskId: TASK_ID });
  pipeline.evolink.set(aTask()).tasks.set(OTHER_TASK_ID, AWAY);
  await callback(pipeline, OTHER_TASK_ID);
  expect(pipeline.memory.item(SETTINGS_KEY)?.idempotency).toBeUndefined();
  await settle(pipeline);
  expect(pipeline.memory.item(SETTINGS_KEY)?.idempotency).toMatchObject({ state: 'refuted', by: 'second task' });
});
