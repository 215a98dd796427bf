import type { BudgetRule } from '../../../domain/budgets';
import { ENV } from '../../../domain/constants';
import { formatCredits } from '../../../domain/credits';
import type { Credits } from '../../../evolink';
import { EvolinkServerError, EvolinkUnauthorizedError } from '../../../evolink';
import type { ReconcileReport } from '../../../domain/reconcile-report';
import { reconcile } from '../../../lambda/reconcile/reconcile';
import { ApiKeyUnavailableError } from '../../../lambda/shared/api-key';
import { aRule, jobAsking, setSettings } from '../../support/budgets';
import { captureOutput } from '../../support/output';
import { TestPipeline } from '../../support/pipeline';

const output = captureOutput();
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

interface Figures {
  readonly used?: number;
  readonly remaining?: number;
  readonly accountRemaining?: string;
  readonly unlimited?: boolean;
}

/** Units in, credits as EvoLink prints them out. */
function balance({ used = 0, remaining = 0, accountRemaining = '100', unlimited = false }: Figures): Credits {
  return {
    account: { remaining: accountRemaining, used: '12345' },
    key: { remaining: formatCredits(remaining), used: formatCredits(used), unlimited },
  };
}

async function look(
  pipeline: TestPipeline,
  figures?: Figures | Error,
  budgets: BudgetRule[] = [],
): Promise<ReconcileReport> {
  pipeline.time += HOUR;
  pipeline.evolink.credits = figures instanceof Error ? figures : balance(figures ?? {});
  return reconcile({ ...pipeline.dependencies(), budgets });
}

async function spend(pipeline: TestPipeline, jobId: string, creditsUsed: number, images = 1): Promise<void> {
  const attempt = await pipeline.open({ job: jobAsking(creditsUsed, jobId) });
  const outcome = { taskId: 'x', results: Array<string>(images).fill('https://x/1.png'), usage: null };
  const end = { status: 'COMPLETED', completedAt: pipeline.time, basis: 'credits_used' } as const;
  await pipeline.book(attempt, { ...end, creditsUsed, outcome });
}

const values = (name: string) => output.valuesOf(name).map(({ value }) => value);

describe('drift', () => {
  test('is exactly 0 while the ledger says what EvoLink says, over many jobs', async () => {
    const pipeline = new TestPipeline();
    let used = 777_777;
    for (let round = 0; round < 5; round++) {
      await look(pipeline, { used });
      await spend(pipeline, `job-${round}`, 3_682 + round);
      used += 3_682 + round;
    }
    await look(pipeline, { used });
    expect(values('LedgerDriftCredits')).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('is what was spent behind the pipeline’s back, from the second look on', async () => {
    const pipeline = new TestPipeline();
    await look(pipeline, { used: 10 });
    await spend(pipeline, 'job-1', 3_682);
    for (let again = 0; again < 3; again++) await look(pipeline, { used: 10 + 3_682 + 12_345 });
    expect(values('LedgerDriftCredits')).toEqual([0, 0, 1.2345, 1.2345]);
    expect(output.logs().filter(({ level }) => level === 'WARN')).toHaveLength(2);
  });

  test('is not what EvoLink reserved for a task that runs, at the first look or later', async () => {
    const pipeline = new TestPipeline();
    await pipeline.open({ job: jobAsking(5_000, 'job-1') });
    await look(pipeline, { used: 5_000 });
    await pipeline.open({ job: jobAsking(6_000, 'job-2') });
    await look(pipeline, { used: 11_000 });
    await look(pipeline, { used: 11_000 });
    expect(values('LedgerDriftCredits')).toEqual([0, 0, 0]);
    expect(values('CreditsHeld')).toEqual([0.5, 1.1, 1.1]);
  });

  test('is not what was sent while the look went on, though the first reading did not see it', async () => {
    let jobs = 0;
    const pipeline: TestPipeline = new TestPipeline({
      // Between our own reading and EvoLink's answer another job is sent, and EvoLink counts it at once.
      beforeGetTask: async () => {
        await pipeline.open({ job: jobAsking(5_000, `job-${jobs++}`) });
        pipeline.evolink.credits = balance({ used: jobs * 5_000 });
      },
    });
    for (let round = 0; round < 4; round++) await look(pipeline);
    expect(values('LedgerDriftCredits')).toEqual([0, 0, 0, 0]);
  });

  test('is not what was sent during the very first look and refunded afterwards', async () => {
    let first = true;
    const pipeline: TestPipeline = new TestPipeline({
      beforeGetTask: async () => {
        if (!first) return;
        first = false;
        await pipeline.open({ job: jobAsking(5_000) });
        pipeline.evolink.credits = balance({ used: 5_000 });
      },
    });
    await look(pipeline);
    const end = { status: 'FAILED', completedAt: pipeline.time, creditsUsed: 0, basis: 'credits_used' } as const;
    await pipeline.book(await pipeline.attempt(), end);
    await look(pipeline, { used: 0 });
    await look(pipeline, { used: 0 });
    expect(values('LedgerDriftCredits')).toEqual([0, 0, 0]);
  });

  test('counts on over the end of a month and a year, whatever the pause between two looks', async () => {
    const pipeline = new TestPipeline();
    await pipeline.open({ job: jobAsking(1, 'stays-open') });
    await look(pipeline, { used: 0 });
    let used = 0;
    for (const [index, days] of [20, 20, 20, 45].entries()) {
      pipeline.time += days * DAY;
      await spend(pipeline, `job-${index}`, 1_000);
      await look(pipeline, { used: (used += 1_000) });
    }
    expect(new Date(pipeline.time).toISOString().slice(0, 7)).toBe('2027-02');
    await look(pipeline, { used: used + 10 });
    await look(pipeline, { used: used + 10 });
    expect(values('LedgerDriftCredits')).toEqual([0, 0, 0, 0, 0, 0, 0.0009]);
  });

  test('is exactly 0 over the end of a month with nothing open: the new month is counted from its own start', async () => {
    const pipeline = new TestPipeline();
    let used = 0;
    for (const [index, days] of [1, 1, 30, 1, 31, 1].entries()) {
      pipeline.time += days * DAY;
      await spend(pipeline, `job-${index}`, 1_000);
      await look(pipeline, { used: (used += 1_000) });
    }
    for (let again = 0; again < 2; again++) await look(pipeline, { used });
    expect(values('LedgerDriftCredits')).toEqual(Array(8).fill(0));
    for (let again = 0; again < 2; again++) await look(pipeline, { used: used + 1 });
    expect(values('LedgerDriftCredits').slice(8)).toEqual([0, 0.0001]);
  });

  test('an attempt that is booked and waits for its archive holds nothing any more', async () => {
    const pipeline = new TestPipeline();
    await spend(pipeline, 'job-1', 3_682);
    expect(await pipeline.openAttempts()).toHaveLength(1);
    await look(pipeline);
    expect(values('CreditsHeld')).toEqual([0]);
  });
});

describe('what is left', () => {
  const byScope = () => output.valuesOf('CreditsRemaining').map(({ value, dimensions }) => [dimensions.Scope, value]);

  test('of the account and of the key, and the days that the smaller one lasts', async () => {
    const pipeline = new TestPipeline();
    await spend(pipeline, 'job-1', 70_000);
    await look(pipeline, { accountRemaining: '50.5', remaining: 100_000 });
    expect(byScope()).toEqual([
      ['account', 50.5],
      ['key', 10],
    ]);
    expect(values('CreditsDaysLeft')).toEqual([10]);
  });

  test('a key without a limit has what the account has', async () => {
    const pipeline = new TestPipeline();
    await spend(pipeline, 'job-1', 70_000);
    await look(pipeline, { accountRemaining: '20', remaining: 0, unlimited: true });
    expect(byScope()).toEqual([
      ['account', 20],
      ['key', 20],
    ]);
    expect(values('CreditsDaysLeft')).toEqual([20]);
  });

  test('an overdrawn account is empty', async () => {
    const pipeline = new TestPipeline();
    await spend(pipeline, 'job-1', 70_000);
    await look(pipeline, { accountRemaining: '-3.5', remaining: 10_000 });
    expect(byScope()[0]).toEqual(['account', 0]);
    expect(values('CreditsDaysLeft')).toEqual([0]);
  });

  test('spend of a week ago in the month before still counts for the days left', async () => {
    const pipeline = new TestPipeline();
    pipeline.time = Date.parse('2026-12-30T12:00:00Z');
    await spend(pipeline, 'job-1', 70_000);
    pipeline.time = Date.parse('2027-01-02T12:00:00Z');
    await look(pipeline, { accountRemaining: '3', unlimited: true });
    expect(values('CreditsDaysLeft')).toEqual([3]);
    expect(values('CreditsThisMonth')).toEqual([0]);
  });
});

describe('EvoLink cannot be read', () => {
  test.each([
    ['it is down', new EvolinkServerError('500')],
    ['there is no API key', new ApiKeyUnavailableError('no key')],
  ])(
    'because %s: the gauges come all the same, its own figures are missing, nothing is remembered',
    async (_, error) => {
      const pipeline = new TestPipeline();
      await spend(pipeline, 'job-1', 10_000, 2);
      // Prices are public, and read without the account.
      const items = () => pipeline.memory.items().filter(({ sk }) => sk !== 'prices');
      const before = items();
      await look(pipeline, error, [aRule('all', 'day', 40_000)]);
      expect([values('CreditsToday'), values('CreditsThisMonth'), values('Paused')]).toEqual([[1], [1], [0]]);
      expect(values('CostPerImageUsd')).toEqual([0.007353]);
      expect(values('BudgetUsePercent')).toEqual([0]);
      for (const name of ['CreditsRemaining', 'CreditsDaysLeft', 'LedgerDriftCredits'])
        expect(values(name)).toEqual([]);
      expect(items()).toEqual(before);
    },
  );

  test('for a while: the comparison goes on where it was', async () => {
    const pipeline = new TestPipeline();
    await look(pipeline, { used: 0 });
    await spend(pipeline, 'job-1', 1_000);
    await look(pipeline, new EvolinkServerError('500'));
    await look(pipeline, { used: 1_500 });
    await look(pipeline, { used: 1_500 });
    expect(values('LedgerDriftCredits')).toEqual([0, 0, 0.05]);
  });

  test('for a reason that is a bug: it is thrown', async () => {
    await expect(look(new TestPipeline(), new TypeError('a bug'))).rejects.toThrow('a bug');
  });
});

describe('budgets', () => {
  afterEach(() => delete process.env[ENV.tenants]);

  test('how full each is, holds included, in per cent of the limit in force; of the tenants that were told', async () => {
    process.env[ENV.tenants] = '["team_a","team_b"]';
    const pipeline = new TestPipeline();
    pipeline.budgets = [
      aRule('all', 'month', 100_000),
      aRule('each', 'day', 50_000),
      aRule('tenant', 'day', 40_000, { tenant: 'team_c' }),
    ];
    await pipeline.open({ job: jobAsking(10_000, 'job-a', 'team_a') });
    await pipeline.open({ job: jobAsking(30_000, 'job-c', 'team_c') });
    setSettings(pipeline, { budgetLimits: { 'tenant-team_c-day': 60_000 } });

    await look(pipeline, {}, [...pipeline.budgets]);

    expect(output.valuesOf('BudgetUsePercent')).toEqual([
      { value: 40, dimensions: { Budget: 'all-month' } },
      { value: 20, dimensions: { Budget: 'each-day', Tenant: 'team_a' } },
      { value: 0, dimensions: { Budget: 'each-day', Tenant: 'team_b' } },
      { value: 50, dimensions: { Budget: 'tenant-team_c-day' } },
    ]);
    expect(output.metrics().find(({ values: all }) => 'BudgetUsePercent' in all)?.units).toEqual({
      BudgetUsePercent: 'Percent',
    });
  });

  test('one of nothing is full, and an overrun is more than full', async () => {
    const pipeline = new TestPipeline();
    pipeline.budgets = [aRule('all', 'day', 10_000)];
    const attempt = await pipeline.open({ job: jobAsking(10_000) });
    const end = { status: 'COMPLETED', completedAt: pipeline.time, basis: 'credits_used' } as const;
    await pipeline.book(attempt, { ...end, creditsUsed: 15_000 });
    await look(pipeline, {}, [...pipeline.budgets, aRule('all', 'month', 0)]);
    expect(values('BudgetUsePercent')).toEqual([150, 100]);
  });

  test('a new period starts empty', async () => {
    const pipeline = new TestPipeline();
    pipeline.budgets = [aRule('all', 'day', 10_000)];
    await spend(pipeline, 'job-1', 5_000);
    await look(pipeline, {}, [...pipeline.budgets]);
    pipeline.time += DAY;
    await look(pipeline, {}, [...pipeline.budgets]);
    expect(values('BudgetUsePercent')).toEqual([50, 0]);
  });
});

test('shows the emergency stop', async () => {
  const pipeline = new TestPipeline();
  setSettings(pipeline, { paused: { since: 'x' } });
  await look(pipeline);
  setSettings(pipeline, {});
  await look(pipeline);
  expect(values('Paused')).toEqual([1, 0]);
});

describe('what it answers to whoever invokes it', () => {
  test('what is left, and for how long', async () => {
    const pipeline = new TestPipeline();
    expect((await look(pipeline, { accountRemaining: '50.5', remaining: 100_000 })).account).toEqual({
      state: 'read',
      accountCredits: '50.5',
      keyCredits: '10',
      keyDaily: null,
      daysLeft: null,
    });
    await spend(pipeline, 'job-1', 70_000);
    expect((await look(pipeline, { accountRemaining: '20', unlimited: true })).account).toEqual({
      state: 'read',
      accountCredits: '20',
      keyCredits: null,
      keyDaily: null,
      daysLeft: 20,
    });
  });

  test.each([
    ['Asia/Shanghai', '2026-11-03T16:00:00.000Z'],
    ['Nowhere/Else', null],
    [undefined, null],
  ])('a daily limit of the key, with the moment at which it starts afresh in %s', async (timeZone, resetsAt) => {
    const pipeline = new TestPipeline();
    const { account, key } = balance({ unlimited: true });
    pipeline.evolink.credits = { account, key: { ...key, daily: { limit: '50', used: '12.5', timeZone } } };
    const { account: report } = await reconcile({ ...pipeline.dependencies(), budgets: [] });
    expect(report).toMatchObject({ keyDaily: { limit: '50', used: '12.5', resetsAt } });
  });

  test.each([
    ['refused', new EvolinkUnauthorizedError('GET /v1/credits: 401')],
    ['no-key', new ApiKeyUnavailableError('the secret is empty')],
    ['unreadable', new EvolinkServerError('GET /v1/credits: 500')],
  ])('why nothing can be said: %s', async (state, error) => {
    const { account } = await look(new TestPipeline(), error);
    expect(account).toEqual({ state, error: `${error.name}: ${error.message}` });
  });

  test('what is open, and since when the oldest was let through; those in the queue have no age', async () => {
    const pipeline = new TestPipeline();
    expect((await look(pipeline)).open).toEqual({
      attempts: 0,
      oldestSeconds: 0,
      queued: 0,
      slotsTaken: 0,
      quietUntil: null,
    });
    await pipeline.open({ job: jobAsking(1, 'job-1') });
    pipeline.time += 60_000;
    await pipeline.open({ job: jobAsking(1, 'job-2') });
    const quietUntil = pipeline.time + 2 * HOUR;
    pipeline.memory.seed({ pk: 'slots', sk: 'slots', taken: 2, queued: 5, pausedUntil: quietUntil });

    // A look comes an hour later.
    expect((await look(pipeline)).open).toEqual({
      attempts: 2,
      oldestSeconds: 3_660,
      queued: 5,
      slotsTaken: 2,
      quietUntil,
    });
    pipeline.time = quietUntil;
    expect((await look(pipeline, new EvolinkServerError('500'))).open).toMatchObject({ attempts: 2, quietUntil: null });
  });
});
