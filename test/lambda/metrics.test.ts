import { ENV, METRIC, METRICS_NAMESPACE, SERVICE_DIMENSION } from '../../domain/constants';
import { METRIC_DIMENSIONS } from '../../domain/metric-series';
import { reconcile } from '../../lambda/reconcile/reconcile';
import type { AttemptEnd } from '../../lambda/shared/attempts/book';
import * as metrics from '../../lambda/shared/metrics';
import { aRule } from '../support/budgets';
import { aJob, TASK_ID } from '../support/jobs';
import { captureOutput } from '../support/output';
import { TestPipeline } from '../support/pipeline';

const output = captureOutput();

const service = 'test-pipeline';
const inAll = { namespace: METRICS_NAMESPACE, dimensions: { service } };
const metadata = { job_id: 'job-1', task_id: TASK_ID };

const anAttempt = (input: object = {}) => new TestPipeline().open({ job: aJob(input), taskId: TASK_ID });

const ended = (creditsUsed: number): AttemptEnd => ({
  status: 'COMPLETED',
  completedAt: 1,
  creditsUsed,
  basis: 'credits_used',
});

test('a booking: credits and dollars, in all and by model and quality; how far the estimate was off, in all', async () => {
  metrics.emitBooking({ ...(await anAttempt()), creditsHeld: 3_682, creditsLikely: 4_602 }, ended(3_682));
  const line = { values: { CreditsUsed: 0.3682, CostUsd: 0.005415 }, units: { CreditsUsed: 'None', CostUsd: 'None' } };
  const [first, ...others] = output.metrics();
  expect(first).toEqual({
    ...{ ...inAll, metadata },
    values: { ...line.values, OverrunCredits: 0, EstimateErrorPercent: (100 * 920) / 3_682 },
    units: { ...line.units, OverrunCredits: 'None', EstimateErrorPercent: 'Percent' },
  });
  expect(others).toEqual([
    { ...inAll, ...line, metadata, dimensions: { service, Model: 'gpt-image-2', Quality: 'low' } },
  ]);
});

test.each([
  ['as much as was held', 3_682, 0],
  ['more than was held', 3_683, 0.0001],
  ['twice as much', 7_364, 0.3682],
])('a charge of %s: the overrun is what lies above the hold', async (_, used, overrun) => {
  metrics.emitBooking({ ...(await anAttempt()), creditsHeld: 3_682 }, ended(used));
  expect(output.valuesOf('OverrunCredits')).toEqual([{ value: overrun, dimensions: {} }]);
});

test.each<[string, Partial<AttemptEnd>]>([
  ['a failure', { status: 'FAILED' }],
  ['a success that cost nothing', { creditsUsed: 0 }],
])('%s says nothing about the estimate', async (_, end) => {
  metrics.emitBooking(await anAttempt(), { ...ended(3_682), ...end });
  expect(output.valuesOf('EstimateErrorPercent')).toEqual([]);
});

describe('by tenant', () => {
  afterEach(() => delete process.env[ENV.tenants]);

  test('where the pipeline was told the tenant, and for no other', async () => {
    process.env[ENV.tenants] = '["team_a","team_b"]';
    for (const tenant of ['team_a', 'team_c']) metrics.emitBooking(await anAttempt({ tenant }), ended(10_000));
    const byTenant = output.metrics().filter(({ dimensions }) => 'Tenant' in dimensions);
    expect(byTenant).toEqual([
      {
        ...{ ...inAll, metadata },
        dimensions: { service, Tenant: 'team_a' },
        values: { CreditsUsed: 1, CostUsd: 0.014706 },
        units: { CreditsUsed: 'None', CostUsd: 'None' },
      },
    ]);
  });
});

describe("EvoLink's answer", () => {
  const outcome = (usage: object | null) => ({
    taskId: TASK_ID,
    results: [],
    usage: usage === null ? null : JSON.stringify(usage),
  });

  test.each([
    ['COMPLETED', 100],
    ['FAILED', 0],
    ['CANCELLED', 0],
  ] as const)('%s counts as %i %% success', async (status, percent) => {
    metrics.emitBooking(await anAttempt(), { ...ended(1), status, outcome: outcome(null) });
    expect(output.valuesOf('ProviderSuccessPercent')).toEqual([{ value: percent, dimensions: {} }]);
  });

  test('is missing where it never had a task, and counts as neither', async () => {
    metrics.emitBooking(await anAttempt(), { ...ended(0), status: 'FAILED' });
    expect(output.valuesOf('ProviderSuccessPercent')).toEqual([]);
  });

  test('tokens are counted by kind', async () => {
    const input_tokens_details = {
      ...{ text_tokens: 27, image_tokens: 1536 },
      cached_tokens_details: { text_tokens: 7, image_tokens: 36 },
    };
    const usage = { output_tokens: 196, input_tokens_details };
    metrics.emitBooking(await anAttempt(), { ...ended(1), outcome: outcome(usage) });
    const names = ['OutputTokens', 'ImageInputTokens', 'TextTokens', 'CachedTokens'];
    expect(names.map((name) => output.valuesOf(name))).toEqual(
      [196, 1536, 27, 43].map((value) => [{ value, dimensions: {} }]),
    );
  });

  test('without a token block counts none: a zero would pull averages down', async () => {
    metrics.emitBooking(await anAttempt(), { ...ended(1), outcome: outcome({ credits_used: 1 }) });
    expect(output.valuesOf('OutputTokens')).toEqual([]);
  });
});

test('a model without quality levels has a value for the dimension all the same', async () => {
  const attempt = await anAttempt({ model: 'gpt-image-2-beta', size: 'auto', quality: undefined });
  metrics.emitBooking(attempt, ended(10_200));
  expect(output.valuesOf('CreditsUsed')).toEqual([
    { value: 1.02, dimensions: {} },
    { value: 1.02, dimensions: { Model: 'gpt-image-2-beta', Quality: 'none' } },
  ]);
});

test.each([
  ['callback', 'CompletedByCallback'],
  ['sweep', 'CompletedBySweep'],
] as const)('a completion found by the %s', async (source, name) => {
  const attempt = await anAttempt();
  metrics.emitCompletion(attempt, source, (attempt.submittedAt ?? 0) + 41_500);
  expect(output.metrics()).toEqual([
    {
      ...{ ...inAll, metadata },
      values: { [name]: 1, SubmitToCallbackSeconds: 41.5 },
      units: { [name]: 'Count', SubmitToCallbackSeconds: 'Seconds' },
    },
  ]);
});

test('an archived job', async () => {
  metrics.emitArchived({ ...(await anAttempt()), completedAt: 1_000 }, 4, 3_500, false);
  expect(output.metrics()).toEqual([
    {
      ...{ ...inAll, metadata },
      values: { Images: 4, JobsSucceeded: 1, JobFailedPercent: 0, CallbackToArchivedSeconds: 2.5 },
      units: {
        ...{ Images: 'Count', JobsSucceeded: 'Count' },
        ...{ JobFailedPercent: 'Percent', CallbackToArchivedSeconds: 'Seconds' },
      },
    },
  ]);
});

test('a failed job, in all and by the name of its error', () => {
  metrics.emitJobFailed('RateLimited', { jobId: 'job-1' });
  const about = { ...inAll, metadata: { job_id: 'job-1' } };
  expect(output.metrics()).toEqual([
    {
      ...about,
      values: { JobsFailed: 1, JobFailedPercent: 100 },
      units: { JobsFailed: 'Count', JobFailedPercent: 'Percent' },
    },
    {
      ...about,
      dimensions: { service, ErrorName: 'RateLimited' },
      values: { JobsFailed: 1 },
      units: { JobsFailed: 'Count' },
    },
  ]);
});

test('a rejected callback and the open attempts, with nothing about any job', () => {
  metrics.emitCallbackRejected();
  metrics.emitOpenAttempts(3, 17.25);
  expect(output.metrics()).toEqual([
    { ...inAll, values: { CallbacksRejected: 1 }, units: { CallbacksRejected: 'Count' }, metadata: {} },
    {
      ...{ ...inAll, metadata: {} },
      values: { OpenAttempts: 3, OldestOpenAttemptSeconds: 17.25 },
      units: { OpenAttempts: 'Count', OldestOpenAttemptSeconds: 'Seconds' },
    },
  ]);
});

test('every metric that a widget may show is emitted, and no other, each under its dimensions', async () => {
  process.env[ENV.tenants] = '["default"]';
  const attempt = await anAttempt();
  metrics.emitBooking(attempt, {
    ...ended(1),
    outcome: { taskId: TASK_ID, results: [], usage: '{"output_tokens":1}' },
  });
  metrics.emitCompletion(attempt, 'callback', 1);
  metrics.emitCompletion(attempt, 'sweep', 1);
  metrics.emitArchived(attempt, 1, 1, false);
  metrics.emitArchived(attempt, 1, 1, true);
  metrics.emitJobFailed('Busy', attempt);
  metrics.emitArchiveError('ResultExpired', attempt);
  metrics.emitCallbackRejected();
  metrics.emitOpenAttempts(1, 1);
  metrics.emitQueue(1, 1);
  metrics.emitOrphaned(attempt);
  metrics.emitLost(attempt);
  metrics.emitStray(attempt);
  await reconcileOnce();
  delete process.env[ENV.tenants];

  const emitted: Record<string, Set<string>> = {};
  for (const { values, dimensions } of output.metrics()) {
    const names = Object.keys(dimensions).filter((name) => name !== SERVICE_DIMENSION);
    for (const metric of Object.keys(values)) (emitted[metric] ??= new Set()).add(names.sort().join());
  }
  expect(Object.keys(emitted).sort()).toEqual(Object.values(METRIC).sort());
  for (const [metric, sets] of Object.entries(METRIC_DIMENSIONS)) {
    const declared = sets.map((names) => [...names].sort().join());
    expect([metric, [...(emitted[metric] ?? [])].sort()]).toEqual([metric, declared.sort()]);
  }
});

/** One look at a pipeline that has spent something and has a budget of each kind. */
async function reconcileOnce(): Promise<void> {
  const pipeline = new TestPipeline();
  const budgets = [aRule('all', 'day', 10_000), aRule('each', 'day', 10_000)];
  await pipeline.book(await pipeline.open(), {
    ...ended(1),
    completedAt: pipeline.time,
    outcome: { taskId: TASK_ID, results: ['https://x/1.png'], usage: null },
  });
  const amounts = { remaining: '1', used: '0' };
  const rates = { imageOutput: '1' };
  pipeline.evolink.priceRules.set('gpt-image-2', { model: 'gpt-image-2', rates, otherTerms: [] });
  pipeline.evolink.credits = { account: amounts, key: { ...amounts, unlimited: false } };
  await reconcile({ ...pipeline.dependencies(), budgets });
}
