/** What a budget's counter says after holds turned into bookings, over midnights and month ends. */
import * as fc from 'fast-check';
import { appliedBudgets, type BudgetRule } from '../../../domain/budgets';
import type { Attempt } from '../../../lambda/shared/attempts/attempt';
import { attemptIdOf } from '../../../lambda/shared/attempts/attempt';
import type { AttemptEnd } from '../../../lambda/shared/attempts/book';
import { aRule, counter, counters, jobAsking } from '../../support/budgets';
import { TestPipeline } from '../../support/pipeline';

const DAY = 86_400_000;

const ended = (pipeline: TestPipeline, creditsUsed: number, end: Partial<AttemptEnd> = {}): AttemptEnd => ({
  ...{ status: 'COMPLETED', completedAt: pipeline.time, creditsUsed, basis: 'credits_used' },
  ...end,
});

function withDailyLimit(limit: number, timeZone?: string): TestPipeline {
  const pipeline = new TestPipeline();
  pipeline.budgets = [aRule('all', 'day', limit, { timeZone })];
  return pipeline;
}

test.each([
  ['less than held', 400],
  ['exactly what was held', 1_000],
  ['nothing: it was refunded', 0],
  ['more than held: an overrun', 1_300],
])('a booking of %s releases the hold and counts the charge', async (_, used) => {
  const pipeline = withDailyLimit(5_000);
  const attempt = await pipeline.open({ job: jobAsking(1_000) });
  await pipeline.book(attempt, ended(pipeline, used));
  expect(counter(pipeline, 'all-day', '2026-11-03')).toEqual({ committed: used, held: 0, spent: used });
});

test('an overrun counts against whoever comes next, beyond the limit even', async () => {
  const pipeline = withDailyLimit(1_000);
  const attempt = await pipeline.open({ job: jobAsking(1_000) });
  await pipeline.book(attempt, ended(pipeline, 1_001));
  const result = await pipeline.claim({ job: jobAsking(1, 'job-2') });
  expect(result).toMatchObject({ kind: 'over budget', counter: { committed: 1_001, held: 0, spent: 1_001 } });
});

test('a booking that comes second releases nothing twice', async () => {
  const pipeline = withDailyLimit(5_000);
  const attempt = await pipeline.open({ job: jobAsking(1_000) });
  await Promise.all([10, 20, 30].map((used) => pipeline.book(attempt, ended(pipeline, used))));
  expect(counter(pipeline, 'all-day', '2026-11-03')).toEqual({ committed: 10, held: 0, spent: 10 });
});

test('the day turns at midnight of the budget’s own time zone, to the millisecond', async () => {
  const pipeline = withDailyLimit(1_000, 'Europe/Berlin');
  pipeline.time = Date.parse('2026-11-03T22:59:59.999Z');
  await pipeline.claim({ job: jobAsking(1_000) });
  expect((await pipeline.claim({ job: jobAsking(1, 'job-2') })).kind).toBe('over budget');
  pipeline.time++;
  expect((await pipeline.claim({ job: jobAsking(1_000, 'job-3') })).kind).toBe('claimed');
  expect(counter(pipeline, 'all-day', '2026-11-03')).toMatchObject({ held: 1_000 });
  expect(counter(pipeline, 'all-day', '2026-11-04')).toMatchObject({ held: 1_000 });
});

test('a booking after midnight releases the counter of the day before, and leaves the new one alone', async () => {
  const pipeline = withDailyLimit(1_000);
  const attempt = await pipeline.open({ job: jobAsking(1_000) });
  pipeline.time += DAY;
  await pipeline.book(attempt, ended(pipeline, 300));
  expect(counter(pipeline, 'all-day', '2026-11-03')).toEqual({ committed: 300, held: 0, spent: 300 });
  expect(counter(pipeline, 'all-day', '2026-11-04')).toBeUndefined();
});

test('a rule that was removed meanwhile still gets its hold back', async () => {
  const pipeline = withDailyLimit(1_000);
  const attempt = await pipeline.open({ job: jobAsking(1_000) });
  pipeline.budgets = [];
  await pipeline.book(attempt, ended(pipeline, 1));
  expect(counter(pipeline, 'all-day', '2026-11-03')).toEqual({ committed: 1, held: 0, spent: 1 });
});

test('a counter is kept for more than a year after its period, and goes then', async () => {
  const pipeline = withDailyLimit(1_000);
  const attempt = await pipeline.open({ job: jobAsking(1) });
  const expiresAt = (Date.parse('2026-11-04T00:00:00Z') + 400 * DAY) / 1_000;
  expect(counters(pipeline)).toMatchObject([{ expiresAt }]);
  await pipeline.book(attempt, ended(pipeline, 1));
  expect(counters(pipeline)).toMatchObject([{ expiresAt }]);
});

describe('whatever happens in whatever order', () => {
  const TENANTS = ['team_a', 'team_b', 'team_c'];
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant('claim' as const), ask: fc.integer({ min: 0, max: 900 }) }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('book' as const),
        used: fc.integer({ min: 0, max: 1_500 }),
        failed: fc.boolean(),
        which: fc.nat(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 400 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('claim again' as const), which: fc.nat() }) },
  );
  const rules = fc
    .tuple(...Array.from({ length: 6 }, () => fc.integer({ min: 0, max: 4_000 })))
    .map(([a = 0, b = 0, c = 0, d = 0, e = 0, f = 0]): BudgetRule[] => [
      aRule('all', 'day', a),
      aRule('all', 'month', 3 * b, { timeZone: 'Europe/Berlin' }),
      aRule('each', 'day', c, { timeZone: 'Asia/Kolkata' }),
      aRule('each', 'month', 2 * d, { timeZone: 'America/Sao_Paulo' }),
      aRule('tenant', 'day', e, { tenant: 'team_a', timeZone: 'Pacific/Apia' }),
      aRule('tenant', 'month', 2 * f, { tenant: 'team_b' }),
    ]);

  test('held and spent are exact, committed is their sum, and a claim never takes it over the limit', async () => {
    await fc.assert(
      fc.asyncProperty(
        rules,
        fc.subarray([0, 1, 2, 3, 4, 5], { minLength: 1 }),
        fc.array(step, { maxLength: 40 }),
        async (all, chosen, steps) => {
          const pipeline = new TestPipeline();
          pipeline.budgets = chosen.flatMap((index) => all[index] ?? []);
          const attempts: { attempt: Attempt; used?: number }[] = [];

          for (const [index, next] of steps.entries()) {
            if (next.kind === 'wait') pipeline.time += next.hours * 3_600_000;
            if (next.kind === 'claim') {
              const tenant = TENANTS[index % TENANTS.length] ?? '';
              const job = jobAsking(next.ask, `job-${index}`, tenant);
              const fits = appliedBudgets(pipeline.budgets, tenant, pipeline.time).every(
                ({ rule, counter: key }) => Number(pipeline.memory.item(key)?.committed ?? 0) + next.ask <= rule.limit,
              );
              const result = await pipeline.claim({ job });
              expect(result.kind).toBe(fits ? 'claimed' : 'over budget');
              if (result.kind === 'claimed') attempts.push({ attempt: result.attempt });
            }
            const entry = 'which' in next ? attempts[next.which % Math.max(1, attempts.length)] : undefined;
            if (next.kind === 'claim again' && entry) {
              const job = jobAsking(entry.attempt.creditsHeld, entry.attempt.jobId, entry.attempt.tenant);
              expect(await pipeline.claim({ job })).toEqual({ kind: 'exists' });
            }
            if (next.kind === 'book' && entry) {
              const open = entry.used === undefined;
              const failed = next.failed ? { status: 'FAILED' as const } : {};
              expect(await pipeline.book(entry.attempt, ended(pipeline, next.used, failed))).toBe(open);
              if (open) entry.used = next.used;
            }
          }

          for (const item of counters(pipeline)) {
            const mine = attempts.filter(({ attempt }) =>
              attempt.heldIn.some(({ pk, sk }) => pk === item.pk && sk === item.sk),
            );
            const held = mine.reduce(
              (sum, { attempt, used }) => sum + (used === undefined ? attempt.creditsHeld : 0),
              0,
            );
            const spent = mine.reduce((sum, { used = 0 }) => sum + used, 0);
            expect({ held: item.held, spent: item.spent ?? 0, committed: item.committed }).toEqual({
              ...{ held, spent },
              committed: held + spent,
            });
          }
          for (const { attempt } of attempts) expect(attemptIdOf(attempt.jobId, 1)).toBe(attempt.attemptId);
        },
      ),
      { numRuns: 60 },
    );
  });
});
