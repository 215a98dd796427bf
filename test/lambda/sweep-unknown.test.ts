/** The sweep and a submission whose reply was lost: no callback came either, and the time limit is over. */
import { EvolinkServerError } from '../../evolink';
import { sweep } from '../../lambda/sweep/sweep';
import { TASK_ID } from '../support/jobs';
import { captureOutput } from '../support/output';
import { LOST, ATTEMPT_ID, TestPipeline } from '../support/pipeline';

const output = captureOutput();

const HOUR = 3_600;

const run = (pipeline: TestPipeline) =>
  sweep({
    ...pipeline.dependencies(),
    archive: pipeline.lambda.function('archive'),
    ...{ firstCheckSeconds: 120, taskTimeoutSeconds: HOUR, deadline: pipeline.time + 40_000 },
  });

async function late(): Promise<TestPipeline> {
  const pipeline = new TestPipeline();
  await pipeline.open();
  await pipeline.table.markSubmitUnknown(ATTEMPT_ID, LOST, pipeline.time);
  pipeline.time += HOUR * 1_000;
  pipeline.evolink.list = new EvolinkServerError('500');
  return pipeline;
}

test('a submission of unknown outcome ends as SubmitOutcomeUnknown, without another POST or a booking; the ledger says so', async () => {
  const pipeline = await late();
  await run(pipeline);
  const { error, facts } = pipeline.steps.onlyAnswer();
  expect(error).toBe('SubmitOutcomeUnknown');
  expect(facts).toMatchObject({ charged: 'unknown' });
  expect(facts).not.toHaveProperty('retry_after_seconds');
  expect(pipeline.ledger()).toMatchObject([
    { attemptId: ATTEMPT_ID, state: 'unknown', failure: 'SubmitOutcomeUnknown', creditsUsed: 0, images: 0 },
  ]);
  expect(pipeline.memory.items().filter(({ pk }) => String(pk).startsWith('spend#'))).toEqual([]);
  expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMIT_UNKNOWN', unknownSince: pipeline.time });
  expect(await pipeline.openAttempts()).toEqual([ATTEMPT_ID]);
});

test('what is unknown is said once, however often the sweep comes', async () => {
  const pipeline = await late();
  for (let check = 0; check < 3; check++) {
    await run(pipeline);
    pipeline.time += HOUR * 1_000;
  }
  expect(pipeline.ledger()).toHaveLength(1);
  expect(pipeline.steps.sent).toHaveLength(1);
  expect(output.valuesOf('JobsFailed')).toHaveLength(2);
});

test.each<[string, (pipeline: TestPipeline, fault: Error) => unknown]>([
  ['writing the ledger', (pipeline, fault) => pipeline.memory.failNext('TransactWriteCommand', fault)],
  ['answering', (pipeline, fault) => pipeline.steps.failNext(fault)],
  ['marking the answer', (pipeline, fault) => jest.spyOn(pipeline.table, 'markDelivered').mockRejectedValueOnce(fault)],
])('a fault in %s loses neither the ledger record nor the answer', async (_, fail) => {
  const pipeline = await late();
  fail(pipeline, new Error('down'));
  await run(pipeline);
  pipeline.time += HOUR * 1_000;
  await run(pipeline);
  expect(pipeline.ledger()).toMatchObject([{ state: 'unknown' }]);
  expect(pipeline.steps.onlyAnswer().error).toBe('SubmitOutcomeUnknown');
});

test('a task that comes to light at the last moment: its job goes on waiting, and nothing is unknown', async () => {
  let linked = false;
  const pipeline: TestPipeline = new TestPipeline({
    before: async (name, { TransactItems = [] }) => {
      const isLedger = (TransactItems as { Put?: { Item: { pk: string } } }[]).some(({ Put }) =>
        Put?.Item.pk.startsWith('ledger#'),
      );
      if (name !== 'TransactWriteCommand' || !isLedger || linked) return;
      linked = true;
      await pipeline.table.link(ATTEMPT_ID, TASK_ID, pipeline.time, pipeline.time + 120_000);
    },
  });
  await pipeline.open();
  await pipeline.table.markSubmitUnknown(ATTEMPT_ID, LOST, pipeline.time);
  pipeline.time += HOUR * 1_000;
  pipeline.evolink.list = new EvolinkServerError('500');

  await run(pipeline);

  expect(linked).toBe(true);
  expect(pipeline.steps.sent).toEqual([]);
  expect(pipeline.ledger()).toEqual([]);
  expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTED', taskId: TASK_ID });
  expect((await pipeline.attempt()).unknownSince).toBeUndefined();
});
