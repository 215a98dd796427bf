/** A task that no attempt accounts for: it turns up after a refusal, or beside another task. It is booked and salvaged on its own. */
import { SETTINGS_KEY } from '../../domain/settings';
import { EvolinkNotFoundError, EvolinkServerError } from '../../evolink';
import { receiveCallback } from '../../lambda/callback/callback';
import { type Attempt, strayIdOf } from '../../lambda/shared/attempts/attempt';
import { attemptKey } from '../../lambda/shared/attempts/items';
import { linkTask } from '../../lambda/shared/link-task';
import { aRule, counter } from '../support/budgets';
import { aCompletedTask, aFailedTask, aTask } from '../support/fake-evolink';
import { aJob, OTHER_TASK_ID, TASK_ID } from '../support/jobs';
import { captureOutput } from '../support/output';
import { ATTEMPT_ID, CALLBACK_SECRET, LOST, TestPipeline } from '../support/pipeline';
import { slotsOf } from '../support/queues';
import { DAY_MS, HOUR_MS, runSweep } from '../support/sweeps';

const output = captureOutput();

const TODAY = '2026-11-03';
const STRAY_ID = strayIdOf(ATTEMPT_ID, OTHER_TASK_ID);

async function callback(pipeline: TestPipeline, id: string): Promise<unknown> {
  const event = { rawPath: `/callback/${ATTEMPT_ID}/${CALLBACK_SECRET}`, body: JSON.stringify({ id }) };
  return (await receiveCallback(event, pipeline.dependencies())).statusCode;
}

async function aPipeline(): Promise<TestPipeline> {
  const pipeline = new TestPipeline();
  pipeline.budgets = [aRule('all', 'day', 1_000_000)];
  pipeline.maxConcurrentTasks = 5;
  return pipeline;
}

/** EvoLink refused the attempt, and its job was told. */
async function refused(): Promise<TestPipeline> {
  const pipeline = await aPipeline();
  const failure = { name: 'RequestRefused', cause: '{"error":"RequestRefused"}' } as const;
  const end = { status: 'FAILED', completedAt: pipeline.time, creditsUsed: 0, basis: 'assumed' } as const;
  await pipeline.book(await pipeline.open(), { ...end, noTask: 'likely', failure });
  await pipeline.table.markDelivered(await pipeline.attempt(), true);
  return pipeline;
}

/** The attempt has a task that runs. */
async function linked(): Promise<TestPipeline> {
  const pipeline = await aPipeline();
  await pipeline.open({ taskId: TASK_ID, nextCheckAt: pipeline.time + DAY_MS });
  pipeline.evolink.set(aTask());
  return pipeline;
}

const straysOf = (pipeline: TestPipeline): Attempt[] =>
  pipeline.memory
    .items()
    .filter(({ strayOf, sk }) => strayOf !== undefined && sk === 'attempt') as unknown as Attempt[];

const idempotencyOf = (pipeline: TestPipeline) => pipeline.memory.item(SETTINGS_KEY)?.idempotency;

describe('after a refusal', () => {
  test('it is booked beside the attempt, which stays as it was', async () => {
    const pipeline = await refused();
    const before = await pipeline.attempt();
    pipeline.evolink.set(aCompletedTask({ id: OTHER_TASK_ID }));

    expect(await callback(pipeline, OTHER_TASK_ID)).toBe(204);

    expect(await pipeline.attempt()).toEqual(before);
    expect(await pipeline.attempt(STRAY_ID)).toMatchObject({
      ...{ strayOf: ATTEMPT_ID, jobId: 'job-1', attempt: 1, status: 'COMPLETED', taskId: OTHER_TASK_ID },
      creditsUsed: 3_682,
    });
    expect(pipeline.ledger()).toMatchObject([
      { attemptId: ATTEMPT_ID, state: 'refunded' },
      { attemptId: STRAY_ID, strayOf: ATTEMPT_ID, state: 'booked', creditsUsed: 3_682, taskId: OTHER_TASK_ID },
    ]);
    expect(pipeline.steps.sent).toEqual([]);
  });

  test('its images are salvaged by its own id', async () => {
    const pipeline = await refused();
    pipeline.evolink.set(aCompletedTask({ id: OTHER_TASK_ID }));
    await callback(pipeline, OTHER_TASK_ID);
    await runSweep(pipeline);
    expect(pipeline.lambda.of('archive')).toEqual([{ jobId: 'job-1', attempt: 1, attemptId: STRAY_ID, salvage: true }]);
  });

  test('is reported once, in the log and as a metric, and says nothing about idempotency keys', async () => {
    const pipeline = await refused();
    pipeline.evolink.set(aCompletedTask({ id: OTHER_TASK_ID }));
    await callback(pipeline, OTHER_TASK_ID);
    await callback(pipeline, OTHER_TASK_ID);
    expect(output.metrics().filter(({ values }) => 'StrayTasks' in values)).toMatchObject([
      { values: { StrayTasks: 1 }, metadata: { job_id: 'job-1', task_id: OTHER_TASK_ID } },
    ]);
    const reported = output.logs().filter(({ message }) => message === 'a task that no attempt accounts for');
    expect(reported).toMatchObject([{ level: 'ERROR', task_id: OTHER_TASK_ID, job_id: 'job-1' }]);
    expect(idempotencyOf(pipeline)).toBeUndefined();
  });

  test('the same callback twice makes one row and one booking', async () => {
    const pipeline = await refused();
    pipeline.evolink.set(aCompletedTask({ id: OTHER_TASK_ID }));
    await Promise.all([callback(pipeline, OTHER_TASK_ID), callback(pipeline, OTHER_TASK_ID)]);
    await callback(pipeline, OTHER_TASK_ID);
    expect(straysOf(pipeline)).toHaveLength(1);
    expect(pipeline.ledger()).toHaveLength(2);
    expect(counter(pipeline, 'all-day', TODAY)).toEqual({ committed: 3_682, held: 0, spent: 3_682 });
  });

  test('one that fails is booked as such, and nobody is told', async () => {
    const pipeline = await refused();
    pipeline.evolink.set(aFailedTask('service_error', { id: OTHER_TASK_ID }));
    await callback(pipeline, OTHER_TASK_ID);
    expect(pipeline.ledger()).toMatchObject([{}, { attemptId: STRAY_ID, state: 'refund open' }]);
    expect(pipeline.steps.sent).toEqual([]);
    expect(output.valuesOf('JobsFailed')).toEqual([]);
    expect(await pipeline.openAttempts()).toEqual([]);
  });
});

describe('while EvoLink cannot be asked', () => {
  test('what it may cost is held in the same budgets, also beyond their limits, and takes no slot', async () => {
    const pipeline = await refused();
    const { creditsHeld, heldIn } = await pipeline.attempt();
    pipeline.evolink.tasks.set(OTHER_TASK_ID, new EvolinkServerError('500'));

    expect(await callback(pipeline, OTHER_TASK_ID)).toBe(204);

    expect(await pipeline.attempt(STRAY_ID)).toMatchObject({ creditsHeld, heldIn, hintedTaskId: OTHER_TASK_ID });
    expect(counter(pipeline, 'all-day', TODAY)).toEqual({ committed: creditsHeld, held: creditsHeld, spent: 0 });
    expect(await slotsOf(pipeline)).toMatchObject({ taken: 0 });
    expect(await pipeline.openAttempts()).toEqual([STRAY_ID]);
  });

  test('the sweep asks later, books it, settles the hold and salvages', async () => {
    const pipeline = await refused();
    pipeline.evolink.tasks.set(OTHER_TASK_ID, new EvolinkServerError('500'));
    await callback(pipeline, OTHER_TASK_ID);
    pipeline.evolink.set(aCompletedTask({ id: OTHER_TASK_ID }));
    pipeline.time += 5_000;
    await runSweep(pipeline);
    await runSweep(pipeline);
    expect(pipeline.ledger()).toMatchObject([{}, { attemptId: STRAY_ID, state: 'booked', foundBy: 'sweep' }]);
    expect(counter(pipeline, 'all-day', TODAY)).toEqual({ committed: 3_682, held: 0, spent: 3_682 });
    expect(pipeline.lambda.of('archive')).toHaveLength(1);
  });

  test('an id that EvoLink never confirms is given up after a day: unknown, held, and never sent', async () => {
    const pipeline = await refused();
    pipeline.evolink.tasks.set(OTHER_TASK_ID, new EvolinkNotFoundError('404', { status: 404 }));
    await callback(pipeline, OTHER_TASK_ID);
    pipeline.time += DAY_MS + HOUR_MS;
    await runSweep(pipeline);
    expect(pipeline.ledger()).toMatchObject([{}, { attemptId: STRAY_ID, state: 'unknown' }]);
    expect(await pipeline.openAttempts()).toEqual([]);
    expect(output.valuesOf('AttemptsLost')).toHaveLength(1);
    expect(pipeline.steps.sent).toEqual([]);
  });
});

describe('beside another task of the attempt', () => {
  test('both are booked, and the job gets the images of its own', async () => {
    const pipeline = await linked();
    pipeline.evolink.set(aCompletedTask({ id: OTHER_TASK_ID }));
    await callback(pipeline, OTHER_TASK_ID);
    expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTED', taskId: TASK_ID });

    pipeline.evolink.set(aCompletedTask());
    expect(await callback(pipeline, TASK_ID)).toBe(204);

    expect(pipeline.steps.onlyAnswer().output).toEqual({ attempt: 1, task_id: TASK_ID });
    expect(pipeline.ledger()).toHaveLength(2);
    expect(counter(pipeline, 'all-day', TODAY)).toEqual({ committed: 7_364, held: 0, spent: 7_364 });
  });

  test('it refutes that EvoLink keeps its word about idempotency keys', async () => {
    const pipeline = await linked();
    pipeline.evolink.set(aCompletedTask({ id: OTHER_TASK_ID }));
    await callback(pipeline, OTHER_TASK_ID);
    expect(idempotencyOf(pipeline)).toEqual({
      ...{ state: 'refuted', by: 'second task' },
      since: new Date(pipeline.time).toISOString(),
    });
    expect(output.valuesOf('StrayTasks')).toEqual([{ value: 1, dimensions: {} }]);
  });

  test('it does so where it was proven, too', async () => {
    const pipeline = await linked();
    pipeline.memory.seed({ ...SETTINGS_KEY, idempotency: { state: 'proven', since: 'x', by: 'verify' } });
    pipeline.evolink.set(aCompletedTask({ id: OTHER_TASK_ID }));
    await callback(pipeline, OTHER_TASK_ID);
    expect(idempotencyOf(pipeline)).toMatchObject({ state: 'refuted' });
  });

  test.each<[string, (pipeline: TestPipeline) => unknown]>([
    [
      'EvoLink does not know the id',
      ({ evolink }) => evolink.tasks.set(OTHER_TASK_ID, new EvolinkNotFoundError('404')),
    ],
    [
      'the attempt was posted with two API keys',
      (pipeline) => {
        pipeline.evolink.set(aCompletedTask({ id: OTHER_TASK_ID }));
        pipeline.memory.seed({ ...pipeline.memory.item(attemptKey(ATTEMPT_ID)), keyChanged: true });
      },
    ],
  ])('it refutes nothing where %s', async (_, arrange) => {
    const pipeline = await linked();
    await arrange(pipeline);
    await callback(pipeline, OTHER_TASK_ID);
    expect(straysOf(pipeline)).toHaveLength(1);
    expect(idempotencyOf(pipeline)).toBeUndefined();
  });

  test('in the answer to a repeat: it is kept, and refutes at once', async () => {
    const pipeline = await linked();
    const seen = { ...(await pipeline.attempt()), status: 'SUBMIT_UNKNOWN', taskId: undefined } as const;
    await linkTask(
      seen,
      { id: OTHER_TASK_ID, status: 'pending' },
      { ...pipeline.dependencies(), firstCheckSeconds: 120 },
    );
    expect(straysOf(pipeline)).toMatchObject([{ attemptId: STRAY_ID, hintedTaskId: OTHER_TASK_ID }]);
    expect(idempotencyOf(pipeline)).toMatchObject({ state: 'refuted' });
  });

  test('in the answer to a repeat, where it cannot be kept: an alarm says so', async () => {
    const pipeline = await linked();
    const seen = await pipeline.attempt();
    pipeline.memory.failNext('TransactWriteCommand', new Error('away'));
    jest.spyOn(pipeline.table, 'link').mockResolvedValueOnce('refused');
    await linkTask(
      seen,
      { id: OTHER_TASK_ID, status: 'pending' },
      { ...pipeline.dependencies(), firstCheckSeconds: 120 },
    );
    expect(output.metrics().filter(({ values }) => 'AttemptsLost' in values)).toMatchObject([
      { metadata: { task_id: OTHER_TASK_ID } },
    ]);
  });
});

describe('two tasks of an attempt that has none on record', () => {
  const rowsOfTasks = async (pipeline: TestPipeline) => [
    (await pipeline.attempt()).taskId,
    ...straysOf(pipeline).map(({ taskId }) => taskId),
  ];

  async function open(): Promise<TestPipeline> {
    const pipeline = await aPipeline();
    await pipeline.open();
    return pipeline;
  }

  test('whose callbacks come at the same time: one is linked, the other gets a row of its own, both are booked', async () => {
    const pipeline = await open();
    for (const id of [TASK_ID, OTHER_TASK_ID]) pipeline.evolink.set(aCompletedTask({ id }));
    const answers = await Promise.all([callback(pipeline, TASK_ID), callback(pipeline, OTHER_TASK_ID)]);
    expect(answers).toEqual([204, 204]);
    expect((await rowsOfTasks(pipeline)).sort()).toEqual([TASK_ID, OTHER_TASK_ID].sort());
    expect(counter(pipeline, 'all-day', TODAY)).toEqual({ committed: 7_364, held: 0, spent: 7_364 });
    expect(pipeline.steps.answers).toHaveLength(1);
  });

  test('of which EvoLink can confirm none at first: neither id takes the place of the other', async () => {
    const pipeline = await open();
    for (const id of [TASK_ID, OTHER_TASK_ID]) pipeline.evolink.tasks.set(id, new EvolinkServerError('500'));
    await callback(pipeline, TASK_ID);
    await callback(pipeline, OTHER_TASK_ID);
    expect(await pipeline.attempt()).toMatchObject({ hintedTaskId: TASK_ID });
    expect(straysOf(pipeline)).toMatchObject([{ hintedTaskId: OTHER_TASK_ID }]);

    for (const id of [TASK_ID, OTHER_TASK_ID]) pipeline.evolink.set(aCompletedTask({ id }));
    pipeline.time += 5_000;
    await runSweep(pipeline);
    expect(await rowsOfTasks(pipeline)).toEqual([TASK_ID, OTHER_TASK_ID]);
  });

  test('one named by a callback that could not be confirmed, the other by the answer to the POST', async () => {
    const pipeline = await open();
    pipeline.evolink.tasks.set(OTHER_TASK_ID, new EvolinkServerError('500'));
    await callback(pipeline, OTHER_TASK_ID);
    const dependencies = { ...pipeline.dependencies(), firstCheckSeconds: 120 };
    await linkTask(await pipeline.attempt(), { id: TASK_ID, status: 'pending' }, dependencies);
    for (const id of [TASK_ID, OTHER_TASK_ID]) pipeline.evolink.set(aCompletedTask({ id }));

    await callback(pipeline, TASK_ID);
    await runSweep(pipeline);

    expect(await rowsOfTasks(pipeline)).toEqual([TASK_ID, OTHER_TASK_ID]);
    expect(counter(pipeline, 'all-day', TODAY)).toEqual({ committed: 7_364, held: 0, spent: 7_364 });
  });
});

test('a task of another attempt is none: no row, no hold, no report', async () => {
  const pipeline = await refused();
  await pipeline.open({ job: aJob({}, 'job-2'), taskId: OTHER_TASK_ID });
  pipeline.evolink.set(aCompletedTask({ id: OTHER_TASK_ID }));
  const before = pipeline.memory.items();
  expect(await callback(pipeline, OTHER_TASK_ID)).toBe(204);
  expect(pipeline.memory.items()).toEqual(before);
  expect(output.valuesOf('StrayTasks')).toEqual([]);
});

test('an attempt that was given up takes its own late task: no stray', async () => {
  const pipeline = await aPipeline();
  await pipeline.open();
  await pipeline.table.markSubmitUnknown(ATTEMPT_ID, LOST, pipeline.time);
  pipeline.evolink.list = [];
  pipeline.time += HOUR_MS;
  await runSweep(pipeline);
  expect(pipeline.steps.onlyAnswer().error).toBe('SubmitOutcomeUnknown');

  pipeline.evolink.set(aCompletedTask());
  expect(await callback(pipeline, TASK_ID)).toBe(204);

  expect(straysOf(pipeline)).toEqual([]);
  expect(await pipeline.attempt()).toMatchObject({ status: 'COMPLETED', taskId: TASK_ID });
  await runSweep(pipeline);
  expect(pipeline.lambda.of('archive')).toEqual([{ jobId: 'job-1', attempt: 1, salvage: true }]);
  expect(counter(pipeline, 'all-day', TODAY)).toEqual({ committed: 3_682, held: 0, spent: 3_682 });
});
