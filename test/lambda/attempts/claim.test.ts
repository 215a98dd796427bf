/** Claims against budgets: who is let in, who is told what, and what the counters say. */
import { attemptIdOf } from '../../../lambda/shared/attempts/attempt';
import type { ClaimResult } from '../../../lambda/shared/attempts/claim';
import { TableBusyError } from '../../../lambda/shared/attempts/transact';
import { aRule, counter, counters, jobAsking, setSettings } from '../../support/budgets';
import { transactionCancelled } from '../../support/dynamodb-errors';
import type { MemoryTableOptions } from '../../support/memory-table';
import { TestPipeline } from '../../support/pipeline';

const ASK = 2_115;
const JOBS = 50;
const FITTING = 30;

afterEach(() => jest.restoreAllMocks());

function kinds<K extends ClaimResult['kind']>(results: readonly ClaimResult[], kind: K) {
  return results.filter((result): result is Extract<ClaimResult, { kind: K }> => result.kind === kind);
}

async function claimAll(pipeline: TestPipeline, tenants = ['default']): Promise<ClaimResult[]> {
  const jobs = Array.from({ length: JOBS }, (_, index) =>
    jobAsking(ASK, `job-${index}`, tenants[index % tenants.length]),
  );
  return Promise.all(jobs.map((job) => pipeline.claim({ job, taskToken: job.jobId })));
}

describe('equal jobs at once against a limit that holds 60 % of them', () => {
  /** Before a transaction is looked at, it is cancelled as often as DynamoDB may do it on a hot counter. */
  function withFaults(reasons: readonly string[][]): MemoryTableOptions {
    let calls = 0;
    return {
      before: (name) => {
        const codes = reasons[calls % (reasons.length + 1)];
        if (name === 'TransactWriteCommand') calls++;
        if (name === 'TransactWriteCommand' && codes !== undefined) throw transactionCancelled(codes);
      },
    };
  }

  test.each<[string, MemoryTableOptions]>([
    ['alone', {}],
    ['with conflicts', withFaults([['None', 'TransactionConflict']])],
    ['with throttles', withFaults([['None', 'ThrottlingError'], ['ProvisionedThroughputExceeded']])],
    [
      'with conflicts beside conditions that failed, which say nothing',
      withFaults([
        ['ConditionalCheckFailed', 'TransactionConflict'],
        ['None', 'ConditionalCheckFailed', 'ThrottlingError'],
      ]),
    ],
  ])(
    '%s: exactly those are claimed; booked under the same faults, holds return to 0 and spent is the bill',
    async (_, options) => {
      jest.spyOn(Math, 'random').mockReturnValue(0);
      const pipeline = new TestPipeline(options);
      pipeline.budgets = [aRule('all', 'day', FITTING * ASK)];

      const results = await claimAll(pipeline);

      expect(kinds(results, 'claimed')).toHaveLength(FITTING);
      expect(kinds(results, 'over budget')).toHaveLength(JOBS - FITTING);
      const held = FITTING * ASK;
      expect(counter(pipeline, 'all-day', '2026-11-03')).toEqual({ committed: held, held, spent: 0 });
      expect(await pipeline.openAttempts()).toHaveLength(FITTING);
      for (const refused of kinds(results, 'over budget')) {
        expect(refused).toMatchObject({ limit: held, counter: { committed: held, held, spent: 0 } });
      }

      const charges = kinds(results, 'claimed').map(({ attempt }, index) => ({ attempt, creditsUsed: index % ASK }));
      const end = { status: 'COMPLETED', completedAt: pipeline.time, basis: 'credits_used' } as const;
      await Promise.all(charges.map(({ attempt, creditsUsed }) => pipeline.book(attempt, { ...end, creditsUsed })));

      const bill = charges.reduce((sum, { creditsUsed }) => sum + creditsUsed, 0);
      expect(counter(pipeline, 'all-day', '2026-11-03')).toEqual({ committed: bill, held: 0, spent: bill });
      expect(pipeline.ledger()).toHaveLength(FITTING);
    },
  );

  test('one credit unit less holds one job less, and one more holds no further', async () => {
    for (const [limit, fitting] of [
      [FITTING * ASK - 1, FITTING - 1],
      [FITTING * ASK + ASK - 1, FITTING],
    ] as const) {
      const pipeline = new TestPipeline();
      pipeline.budgets = [aRule('all', 'month', limit)];
      expect(kinds(await claimAll(pipeline), 'claimed')).toHaveLength(fitting);
    }
  });

  test('for each tenant: tenants do not take each other’s credits', async () => {
    const pipeline = new TestPipeline();
    pipeline.budgets = [aRule('each', 'day', 15 * ASK)];
    const results = await claimAll(pipeline, ['team_a', 'team_b']);
    expect(kinds(results, 'claimed')).toHaveLength(30);
    for (const tenant of ['team_a', 'team_b']) {
      expect(counter(pipeline, 'each-day', '2026-11-03', tenant)).toMatchObject({ held: 15 * ASK });
    }
  });

  test('of several budgets the tightest decides, and a refused job holds nothing in the others', async () => {
    const pipeline = new TestPipeline();
    pipeline.budgets = [aRule('all', 'month', 100 * ASK), aRule('tenant', 'day', 3 * ASK, { tenant: 'team_a' })];
    const results = await claimAll(pipeline, ['team_a', 'team_b']);
    expect(kinds(results, 'claimed')).toHaveLength(3 + JOBS / 2);
    expect(counter(pipeline, 'all-month', '2026-11')).toMatchObject({ held: (3 + JOBS / 2) * ASK });
    expect(counter(pipeline, 'tenant-team_a-day', '2026-11-03', 'team_a')).toMatchObject({ held: 3 * ASK });
    for (const refused of kinds(results, 'over budget')) {
      expect(refused).toMatchObject({ budget: { rule: { id: 'tenant-team_a-day' } } });
    }
  });
});

test('conflicts that last are busy, and nothing is written for the attempt', async () => {
  const pipeline = new TestPipeline({
    before: (name) => {
      if (name !== 'TransactWriteCommand') return;
      pipeline.time += 6_000;
      throw transactionCancelled(['None', 'TransactionConflict']);
    },
  });
  jest.spyOn(Date, 'now').mockImplementation(pipeline.now);
  pipeline.budgets = [aRule('all', 'day', ASK)];
  await expect(pipeline.claim({ job: jobAsking(ASK) })).rejects.toBeInstanceOf(TableBusyError);
  expect(counters(pipeline)).toEqual([]);
  expect(await pipeline.openAttempts()).toEqual([]);
});

describe('a job that can never fit', () => {
  test('is refused without a write, with the budget that it does not fit into', async () => {
    const pipeline = new TestPipeline();
    const rule = aRule('each', 'month', ASK - 1);
    pipeline.budgets = [aRule('all', 'day', ASK), rule];

    const result = await pipeline.claim({ job: jobAsking(ASK, 'job-1', 'team_a') });

    expect(result).toEqual({
      kind: 'over budget',
      limit: ASK - 1,
      counter: { committed: 0, held: 0, spent: 0 },
      budget: {
        rule,
        counter: { pk: 'budget#each-month#team_a', sk: '2026-11' },
        resetsAt: Date.parse('2026-12-01T00:00:00Z'),
      },
    });
    expect(pipeline.memory.items()).toEqual([]);
  });

  test('of the same price as the limit fits, once', async () => {
    const pipeline = new TestPipeline();
    pipeline.budgets = [aRule('all', 'day', ASK)];
    expect((await pipeline.claim({ job: jobAsking(ASK) })).kind).toBe('claimed');
    expect((await pipeline.claim({ job: jobAsking(1, 'job-2') })).kind).toBe('over budget');
  });
});

describe('the emergency stop', () => {
  const paused = { since: '2026-11-03T00:00:00.000Z', reason: 'a bill nobody understands' };

  test('refuses every new job, without a write', async () => {
    const pipeline = new TestPipeline();
    setSettings(pipeline, { paused });
    const before = pipeline.memory.items();
    await expect(pipeline.claim()).resolves.toEqual({ kind: 'paused', paused });
    expect(pipeline.memory.items()).toEqual(before);
  });

  test('is over with the next claim after it was lifted', async () => {
    const pipeline = new TestPipeline();
    setSettings(pipeline, { paused });
    await pipeline.claim();
    setSettings(pipeline, {});
    expect((await pipeline.claim()).kind).toBe('claimed');
  });
});

test.each<[string, (pipeline: TestPipeline) => void]>([
  ['the pipeline is paused', (pipeline) => setSettings(pipeline, { paused: { since: 'x' } })],
  ['its budget is used up', () => undefined],
  ['the limit was lowered', (pipeline) => setSettings(pipeline, { budgetLimits: { 'all-day': 0 } })],
])('an attempt that exists is told so although %s: it was let in before, and holds once', async (_, change) => {
  const pipeline = new TestPipeline();
  pipeline.budgets = [aRule('all', 'day', ASK)];
  const job = jobAsking(ASK);
  await pipeline.claim({ job });
  change(pipeline);
  await expect(pipeline.claim({ job, taskToken: 'token-2' })).resolves.toEqual({ kind: 'exists' });
  expect(counter(pipeline, 'all-day', '2026-11-03')).toEqual({ committed: ASK, held: ASK, spent: 0 });
  expect((await pipeline.attempt()).taskToken).toBe('token-1');
});

test('a claim that meets its own row, since the reply to its first try was lost, is the one that won', async () => {
  const pipeline = new TestPipeline();
  pipeline.budgets = [aRule('all', 'day', 10 * ASK)];
  const again = { job: jobAsking(ASK), callbackSecretHash: 'the secret of this very call' };
  const first = await pipeline.claim(again);

  const found = await pipeline.claim(again);

  expect(found.kind).toBe('claimed');
  expect(found).toHaveProperty('attempt.attemptId', attemptIdOf('job-1', 1));

  expect(first.kind).toBe('claimed');
  expect(counter(pipeline, 'all-day', '2026-11-03')).toMatchObject({ held: ASK });
});

test('of many claims of one attempt at once, one wins and one estimate is held', async () => {
  const pipeline = new TestPipeline();
  pipeline.budgets = [aRule('all', 'day', 10 * ASK)];
  const results = await Promise.all(Array.from({ length: 8 }, () => pipeline.claim({ job: jobAsking(ASK) })));
  expect(kinds(results, 'claimed')).toHaveLength(1);
  expect(kinds(results, 'exists')).toHaveLength(7);
  expect(counter(pipeline, 'all-day', '2026-11-03')).toMatchObject({ held: ASK });
});

describe('a limit set at run time', () => {
  test.each([
    ['raised', 3 * ASK, ['claimed', 'claimed', 'claimed', 'over budget']],
    ['lowered', 0, ['over budget', 'over budget', 'over budget', 'over budget']],
  ])('%s, replaces that of the deployment', async (_, limit, expected) => {
    const pipeline = new TestPipeline();
    pipeline.budgets = [aRule('all', 'day', ASK)];
    setSettings(pipeline, { budgetLimits: { 'all-day': limit } });
    const seen: ClaimResult[] = [];
    for (let index = 0; index < 4; index++) seen.push(await pipeline.claim({ job: jobAsking(ASK, `job-${index}`) }));
    expect(seen.map(({ kind }) => kind)).toEqual(expected);
    expect(seen[3]).toMatchObject({ limit });
  });

  test('below what is held already lets nobody in, and what runs is booked all the same', async () => {
    const pipeline = new TestPipeline();
    pipeline.budgets = [aRule('all', 'day', 2 * ASK)];
    const attempt = await pipeline.open({ job: jobAsking(ASK) });
    setSettings(pipeline, { budgetLimits: { 'all-day': ASK } });
    expect((await pipeline.claim({ job: jobAsking(1, 'job-2') })).kind).toBe('over budget');
    const end = { status: 'COMPLETED', completedAt: pipeline.time, creditsUsed: 7, basis: 'credits_used' } as const;
    await expect(pipeline.book(attempt, end)).resolves.toBe(true);
    expect((await pipeline.claim({ job: jobAsking(ASK - 7, 'job-2') })).kind).toBe('claimed');
  });
});

test('a job without a budget touches no counter', async () => {
  const pipeline = new TestPipeline();
  pipeline.budgets = [aRule('tenant', 'day', 0, { tenant: 'team_b' })];
  await pipeline.claim({ job: jobAsking(ASK, 'job-1', 'team_a') });
  expect(counters(pipeline)).toEqual([]);
  expect((await pipeline.attempt(attemptIdOf('job-1', 1))).heldIn).toEqual([]);
});
