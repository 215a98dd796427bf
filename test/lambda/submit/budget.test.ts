/** What an app reads when its job was not let in. */
import { UNITS_PER_CREDIT } from '../../../domain/credits';
import { closeServers } from '../../evolink/support/servers';
import { aRule, counter, counters, jobAsking, setSettings } from '../../support/budgets';
import { transactionCancelled } from '../../support/dynamodb-errors';
import { captureOutput } from '../../support/output';
import { refusal, Submissions } from '../../support/submissions';

const output = captureOutput();
afterEach(closeServers);

const credits = (amount: number) => amount * UNITS_PER_CREDIT;

function expectNothingSent(pipeline: Submissions): void {
  expect(pipeline.posts()).toEqual([]);
  expect(pipeline.ledger()).toEqual([]);
}

function expectCountedAs(name: string): void {
  expect(output.valuesOf('JobsFailed')).toEqual([
    { value: 1, dimensions: {} },
    { value: 1, dimensions: { ErrorName: name } },
  ]);
}

test('over budget: which one, its limit, what is spent and held, what was asked for, and when it starts afresh', async () => {
  const pipeline = await Submissions.start();
  pipeline.budgets = [
    aRule('all', 'month', credits(1_000)),
    aRule('each', 'day', credits(10), { timeZone: 'Europe/Berlin' }),
  ];
  const spent = await pipeline.open({ job: jobAsking(credits(5), 'job-a', 'team_a') });
  await pipeline.book(spent, {
    ...{ status: 'COMPLETED', completedAt: pipeline.time, basis: 'credits_used' },
    creditsUsed: credits(4) + 1,
  });
  await pipeline.open({ job: jobAsking(credits(2), 'job-b', 'team_a') });

  await pipeline.submit({ job: jobAsking(credits(4), 'job-c', 'team_a'), attempt: 1 });

  const { error, taskToken, facts } = pipeline.steps.onlyAnswer();
  expect([error, taskToken]).toEqual(['BudgetExceeded', 'token-1']);
  expect(facts).toEqual({
    error: 'BudgetExceeded',
    message: 'The job may cost 4 credits, and budget each-day has 3.9999 of 10 left until 2026-11-03T23:00:00.000Z.',
    charged: 'no',
    job_id: 'job-c',
    attempt: 1,
    budget: 'each-day',
    limit: '10',
    spent: '4.0001',
    held: '2',
    asked: '4',
    resets_at: '2026-11-03T23:00:00.000Z',
  });
  expect(pipeline.posts()).toEqual([]);
  expectCountedAs('BudgetExceeded');
  const monthly = counter(pipeline, 'all-month', '2026-11');
  expect(monthly).toEqual({ committed: credits(6) + 1, held: credits(2), spent: credits(4) + 1 });
});

test('a job that no day could hold is told so too; nothing is left of it', async () => {
  const pipeline = await Submissions.start();
  pipeline.budgets = [aRule('tenant', 'month', credits(1), { tenant: 'team_a' })];
  await pipeline.submit({ job: jobAsking(credits(1) + 1, 'job-1', 'team_a') });
  expect(pipeline.steps.onlyAnswer()).toMatchObject({
    error: 'BudgetExceeded',
    facts: {
      ...{ budget: 'tenant-team_a-month', limit: '1', spent: '0', held: '0', asked: '1.0001' },
      resets_at: '2026-12-01T00:00:00.000Z',
    },
  });
  expectNothingSent(pipeline);
  expect(pipeline.memory.items()).toEqual([]);
});

test('after an overrun nothing is left, never less than nothing', async () => {
  const pipeline = await Submissions.start();
  pipeline.budgets = [aRule('all', 'day', credits(1))];
  const attempt = await pipeline.open({ job: jobAsking(credits(1), 'job-a') });
  const end = { status: 'COMPLETED', completedAt: pipeline.time, basis: 'credits_used' } as const;
  await pipeline.book(attempt, { ...end, creditsUsed: credits(3) });
  await pipeline.submit({ job: jobAsking(1) });
  const { facts } = pipeline.steps.onlyAnswer();
  expect(facts).toMatchObject({ limit: '1', spent: '3', held: '0', asked: '0.0001' });
  expect(facts.message).toContain('has 0 of 1 left');
});

test('a limit set at run time is the one that is told', async () => {
  const pipeline = await Submissions.start();
  pipeline.budgets = [aRule('all', 'day', credits(100))];
  setSettings(pipeline, { budgetLimits: { 'all-day': credits(2) + 5_000 } });
  await pipeline.submit({ job: jobAsking(credits(3)) });
  expect(pipeline.steps.onlyAnswer().facts).toMatchObject({ limit: '2.5', asked: '3' });
});

test('within the budget: one POST, and the hold is released by a refusal of EvoLink', async () => {
  const pipeline = await Submissions.start({ replies: [refusal(402, 'insufficient_quota')] });
  pipeline.budgets = [aRule('all', 'day', credits(1))];
  await pipeline.submit({ job: jobAsking(credits(1)) });
  expect(pipeline.posts()).toHaveLength(1);
  expect(pipeline.steps.onlyAnswer().error).toBe('InsufficientCredits');
  expect(counter(pipeline, 'all-day', '2026-11-03')).toEqual({ committed: 0, held: 0, spent: 0 });
});

describe('paused', () => {
  test.each([
    ['with its reason', { reason: 'a bill nobody understands' }],
    ['without a reason', {}],
  ])('%s: since when; nothing is sent or held', async (_, reason) => {
    const pipeline = await Submissions.start();
    pipeline.budgets = [aRule('all', 'day', credits(1))];
    setSettings(pipeline, { paused: { since: '2026-11-02T12:00:00.000Z', ...reason } });

    await pipeline.submit();

    const { error, facts } = pipeline.steps.onlyAnswer();
    expect(error).toBe('PipelinePaused');
    expect(facts).toEqual({
      error: 'PipelinePaused',
      message: expect.any(String) as string,
      charged: 'no',
      job_id: 'job-1',
      attempt: 1,
      paused_since: '2026-11-02T12:00:00.000Z',
      ...reason,
    });
    expectNothingSent(pipeline);
    expect(counters(pipeline)).toEqual([]);
    expectCountedAs('PipelinePaused');
  });

  test('a job that was sent before goes on: its repeated state waits for the same task', async () => {
    const pipeline = await Submissions.start();
    await pipeline.submit();
    setSettings(pipeline, { paused: { since: '2026-11-02T12:00:00.000Z' } });
    await pipeline.submit({ taskToken: 'token-2' });
    expect(pipeline.posts()).toHaveLength(1);
    expect(pipeline.steps.sent).toEqual([]);
    expect((await pipeline.attempt()).taskToken).toBe('token-2');
  });
});

test('a counter that stays contended makes the job wait and come again, and is no failed job', async () => {
  const pipeline: Submissions = await Submissions.start({
    before: (name) => {
      if (name !== 'TransactWriteCommand') return;
      pipeline.time += 20_000;
      throw transactionCancelled(['None', 'TransactionConflict']);
    },
  });
  jest.spyOn(Date, 'now').mockImplementation(pipeline.now);
  pipeline.budgets = [aRule('all', 'day', credits(1))];

  await pipeline.submit();

  const { error, facts } = pipeline.steps.onlyAnswer();
  expect(error).toBe('Busy');
  expect(facts.retry_after_seconds).toBeGreaterThanOrEqual(2);
  expectNothingSent(pipeline);
  expect(output.valuesOf('JobsFailed')).toEqual([]);
});
