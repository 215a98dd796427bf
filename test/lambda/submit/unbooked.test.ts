/** EvoLink refused an attempt for certain, but that could not be booked: the job is told, and the sweep makes it good. */
import { closeServers, unusedPort } from '../../evolink/support/servers';
import { aRule, counter } from '../../support/budgets';
import { captureOutput } from '../../support/output';
import { ATTEMPT_ID } from '../../support/pipeline';
import { slotsOf } from '../../support/queues';
import { refusal, Submissions } from '../../support/submissions';
import { runSweep } from '../../support/sweeps';

const output = captureOutput();
afterEach(closeServers);

const TODAY = '2026-11-03';

/** The booking of the refusal meets what `meet` arranges; meanwhile Step Functions has repeated the state. */
async function toBeRefused(
  meet: (pipeline: Submissions) => void,
  options: Parameters<typeof Submissions.start>[0] = { replies: [refusal(403, 'model_access_denied')] },
): Promise<Submissions> {
  let isPending = true;
  const pipeline: Submissions = await Submissions.start({
    ...options,
    before: async (name, { TransactItems = [] }) => {
      const isBooking = JSON.stringify(TransactItems).includes('completedAt');
      if (name !== 'TransactWriteCommand' || !isBooking || !isPending) return;
      isPending = false;
      await pipeline.table.adoptToken(await pipeline.attempt(), 'token-2', pipeline.time + 120_000);
      pipeline.steps.refuse('token-1');
      meet(pipeline);
    },
  });
  pipeline.maxConcurrentTasks = 1;
  pipeline.budgets = [aRule('all', 'day', 1_000_000)];
  return pipeline;
}

async function refused(meet: (pipeline: Submissions) => void): Promise<Submissions> {
  const pipeline = await toBeRefused(meet);
  await pipeline.submit();
  return pipeline;
}

const FAULTS: [string, (pipeline: Submissions) => void][] = [
  ['a fault of the table', ({ memory }) => memory.failNext('TransactWriteCommand', new Error('away'))],
  [
    'conflicts without end',
    ({ memory }) => {
      memory.conflictNext();
      // The next look at the clock is whether there is time for one more try.
      jest.spyOn(Date, 'now').mockReturnValueOnce(Infinity);
    },
  ],
];

describe.each(FAULTS)('%s', (_, meet) => {
  test('the newest token is told, without another attempt, and the row says that nothing was sent', async () => {
    const pipeline = await refused(meet);
    const { taskToken, error, facts } = pipeline.steps.onlyAnswer();
    expect([taskToken, error]).toEqual(['token-2', 'ModelAccessDenied']);
    expect(facts).toMatchObject({ charged: 'no' });
    expect(facts).not.toHaveProperty('retry_after_seconds');
    expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTING', unsent: { name: 'ModelAccessDenied' } });
    expect(pipeline.ledger()).toEqual([]);
    expect(await pipeline.openAttempts()).toEqual([ATTEMPT_ID]);
  });

  test('the next sweep ends it without a charge, and asks EvoLink nothing', async () => {
    const pipeline = await refused(meet);
    expect(counter(pipeline, 'all-day', TODAY)?.held).toBeGreaterThan(0);

    await runSweep(pipeline);

    expect(pipeline.evolink.pages).toEqual([]);
    expect(pipeline.evolink.asked).toEqual([]);
    expect(await pipeline.attempt()).toMatchObject({ status: 'FAILED', creditsUsed: 0 });
    expect(pipeline.ledger()).toMatchObject([{ state: 'refunded', creditsUsed: 0, failure: 'ModelAccessDenied' }]);
    expect(await slotsOf(pipeline)).toMatchObject({ taken: 0 });
    expect(counter(pipeline, 'all-day', TODAY)).toMatchObject({ committed: 0, held: 0 });
    expect(await pipeline.openAttempts()).toEqual([]);
    expect(pipeline.steps.answers).toHaveLength(1);
    expect(pipeline.posts()).toHaveLength(1);
    expect(output.valuesOf('JobsFailed')).toEqual([
      { value: 1, dimensions: {} },
      { value: 1, dimensions: { ErrorName: 'ModelAccessDenied' } },
    ]);
  });
});

describe('a connection that was never made, which allows another attempt', () => {
  const unreachable = async () => ({ baseUrl: `http://127.0.0.1:${await unusedPort()}` });

  test('a job that could not be told either gets the failure from the sweep, with another attempt', async () => {
    const meet = ({ memory, steps }: Submissions) => {
      memory.failNext('TransactWriteCommand', new Error('away'));
      steps.failNext(new Error('Step Functions is away, too'));
    };
    const pipeline = await toBeRefused(meet, await unreachable());
    await expect(pipeline.submit()).rejects.toThrow('Step Functions is away');
    expect(pipeline.steps.answers).toEqual([]);

    await runSweep(pipeline);

    const { taskToken, error, facts } = pipeline.steps.onlyAnswer();
    expect([taskToken, error]).toEqual(['token-2', 'ServiceError']);
    expect(facts.retry_after_seconds).toEqual(expect.any(Number));
    expect(pipeline.ledger()).toMatchObject([{ state: 'refunded', failure: 'ServiceError' }]);
  });

  test('where only the answer failed, the job gets what was booked, with its retry', async () => {
    const pipeline = await Submissions.start(await unreachable());
    pipeline.steps.failNext(Object.assign(new Error('slow down'), { name: 'ThrottlingException' }));

    await pipeline.submit();

    const { error, facts } = pipeline.steps.onlyAnswer();
    expect(error).toBe('ServiceError');
    expect(facts.retry_after_seconds).toEqual(expect.any(Number));
    expect(pipeline.ledger()).toMatchObject([{ state: 'refunded', failure: 'ServiceError' }]);
    expect(output.valuesOf('JobsFailed')).toEqual([]);
  });
});
