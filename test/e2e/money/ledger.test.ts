/**
 * Mixed jobs: ledger, EvoLink's bill and the metrics say the same to the last 10⁻⁴ credit, and every metric that the
 * dashboard and the alarms name has data under exactly that name and those dimensions.
 */
import { DescribeAlarmsCommand, GetDashboardCommand } from '@aws-sdk/client-cloudwatch';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DASHBOARD_FAILURES, METRIC, NO_QUALITY, SERVICE_DIMENSION } from '../../../domain/constants';
import { meteredVariants, MODELS } from '../../../domain/models';
import type { EndedJob } from '../support/pipeline';
import { blockOnce, loseAndSalvage, stopAndSalvage } from '../support/left-behind';
import {
  admin,
  ageSubmission,
  atScale,
  attemptsOf,
  connection,
  eventually,
  freshStart,
  inFlight,
  ledgerOf,
  metricSum,
  metricValues,
  reconcileNow,
  forgeCallback,
  forgetReconciliation,
  runJob,
  settings,
  simulator,
  startJob,
  succeed,
  sweepNow,
  units,
  waitForEnd,
} from '../support/pipeline';

const JOBS = atScale(60, 300);
const RATIOS = ['1:1', '3:1', '16:9', '2:3', 'auto', '1408x480'];
const QUALITIES = ['low', 'medium', 'high'];

let since: Date;
const ended: EndedJob[] = [];

/** Sizes, qualities, tenants, references, several images, failures, refunds and the other model, in turn. */
function mixedRequest(index: number): object {
  const tenant = ['shop', 'capped', 'default'][index % 3];
  if (index % 10 === 9) return { prompt: `mixed ${index}`, model: 'gpt-image-2-beta', size: '1:1', tenant };
  const kind = ['fine', 'fine', 'refunded', 'fine', 'flaky', 'fine', 'tokens', 'assumed'][index % 8];
  return {
    prompt: `mixed ${index} ${kind}`,
    size: RATIOS[index % RATIOS.length],
    quality: QUALITIES[index % QUALITIES.length],
    n: index % 7 === 3 ? 2 : 1,
    tenant,
    metadata: { campaign: `c${index % 4}` },
    ...(index % 5 === 2
      ? { image_urls: ['https://assets.example.com/a.png', 'https://assets.example.com/b.png'] }
      : {}),
  };
}

beforeAll(async () => {
  await simulator.setCredits('100000');
  await simulator.script(
    { match: { promptIncludes: 'refunded' }, task: { outcome: 'failed', errorCode: 'content_policy_violation' } },
    { match: { promptIncludes: 'flaky' }, times: 4, task: { outcome: 'failed', errorCode: 'service_error' } },
    { match: { promptIncludes: 'tokens' }, task: { usage: 'tokens' } },
  );
  await forgetReconciliation();
  since = await freshStart();
  // Few at once: a function that the emulator kills at its time limit, since all start together on two cores, takes the
  // metrics of what it has just booked with it (docs/budgets.md), and the sums would differ for a reason that is no fault.
  ended.push(...(await inFlight(JOBS, (index) => runJob(mixedRequest(index), { timeoutMs: 240_000 }), 10)));
}, 600_000);

afterAll(() => settings.resume());

test('every job ended as its request should', () => {
  const failed = ended.filter(({ status }) => status !== 'SUCCEEDED');
  expect(new Set(failed.map(({ error }) => error))).toEqual(new Set(['ContentPolicyViolation']));
  expect(ended.length - failed.length).toBeGreaterThanOrEqual(40);
});

test("ledger, simulator's bill and metrics agree to the last unit", async () => {
  const ids = new Set(ended.map(({ jobId }) => jobId));
  const records = await ledgerOf(({ jobId }) => ids.has(jobId));
  const ledger = records.reduce((sum, { creditsUsed }) => sum + creditsUsed, 0);
  const tasks = await simulator.tasks();
  const bill = await simulator.bill();

  expect(records).toHaveLength(tasks.length);
  expect(ledger).toBe(units(bill.creditsUsed));
  expect(tasks.reduce((sum, task) => sum + units(task.creditsUsed), 0)).toBe(ledger);
  expect(new Set(records.map(({ state }) => state))).toEqual(new Set(['booked', 'refunded']));
  // Hundreds of lines go from the logs to the metrics, on a machine that may be busy with other things.
  await eventually(
    async () => expect(units(await metricSum({ name: METRIC.creditsUsed, since }))).toBe(ledger),
    150_000,
  );
  for (const tenant of ['shop', 'capped']) {
    const own = records
      .filter((record) => record.tenant === tenant)
      .reduce((sum, { creditsUsed }) => sum + creditsUsed, 0);
    const dimensions = { Tenant: tenant };
    expect(units(await metricSum({ name: METRIC.creditsUsed, dimensions, since }))).toBe(own);
  }
}, 200_000);

test('every metric of the dashboard and of the alarms has data under exactly its name and dimensions', async () => {
  await simulator.script(
    { match: { promptIncludes: 'lost callback' }, callback: { deliver: 'never' } },
    { match: { promptIncludes: 'shaky file' }, file: { status: 500, times: 1 } },
  );
  await Promise.all([
    forgeCallback('A'.repeat(22), 'B'.repeat(43), {}),
    runJob({ prompt: 'lost callback', size: '3:1', quality: 'low' }, { timeoutMs: 150_000 }),
    runJob({ prompt: 'shaky file', size: '3:1', quality: 'low' }),
    failInEveryWayThatIsShown(),
    blockOnce(),
    stopAndSalvage(),
    loseAndSalvage(),
  ]);
  await makeOneOfEachVariant();
  await reconcileNow();
  const wanted = [...(await dashboardMetrics()), ...(await alarmMetrics())];
  const unique = new Map(wanted.map((metric) => [JSON.stringify(metric), metric]));

  expect(unique.size).toBeGreaterThan(30);
  await eventually(async () => {
    const silent: string[] = [];
    for (const { name, dimensions } of unique.values()) {
      const values = await metricValues({ name, dimensions, since, statistic: 'SampleCount' });
      if (values.length === 0) silent.push(`${name} ${JSON.stringify(dimensions)}`);
    }
    expect(silent).toEqual([]);
  }, 150_000);
}, 400_000);

interface NamedMetric {
  readonly name: string;
  readonly dimensions: Record<string, string>;
}

async function dashboardMetrics(): Promise<NamedMetric[]> {
  const DashboardName = decodeURIComponent(connection.outputs.DashboardUrl.split('/').at(-1) ?? '');
  const { DashboardBody } = await admin.cloudWatch.send(new GetDashboardCommand({ DashboardName }));
  const { widgets } = JSON.parse(DashboardBody ?? '{}') as { widgets: { properties: { metrics?: unknown[][] } }[] };
  return widgets.flatMap(({ properties }) => readMetrics(properties.metrics ?? []));
}

/** CloudWatch's short form: `.` repeats the entry above, `...` all but the last of its fields. */
function readMetrics(rows: unknown[][]): NamedMetric[] {
  let previous: string[] = [];
  return rows.map((row) => {
    const own = row.filter((cell): cell is string => typeof cell === 'string');
    if (own.length !== row.filter((cell) => typeof cell !== 'object').length)
      throw new Error(`not a plain metric: ${JSON.stringify(row)}`);
    const expanded =
      own[0] === '...' ? [...previous.slice(0, previous.length - (own.length - 1)), ...own.slice(1)] : own;
    previous = expanded.map((cell, index) => (cell === '.' ? (previous[index] ?? '') : cell));
    return named(previous.slice(1));
  });
}

function named([name = '', ...pairs]: string[]): NamedMetric {
  const dimensions: Record<string, string> = {};
  for (let index = 0; index < pairs.length; index += 2) dimensions[pairs[index] ?? ''] = pairs[index + 1] ?? '';
  delete dimensions.service;
  return { name, dimensions };
}

async function alarmMetrics(): Promise<NamedMetric[]> {
  const { MetricAlarms = [] } = await admin.cloudWatch.send(new DescribeAlarmsCommand({}));
  // Other pipelines in this cloud have alarms too, on metrics of their own in the same namespace.
  const own = MetricAlarms.filter(
    ({ Namespace, Dimensions = [] }) =>
      Namespace === connection.outputs.MetricsNamespace &&
      Dimensions.some(({ Name, Value }) => Name === SERVICE_DIMENSION && Value === connection.outputs.ServiceName),
  );
  expect(own.length).toBeGreaterThanOrEqual(8);
  return own.map(({ MetricName = '', Dimensions = [] }) => {
    const pairs = Dimensions.flatMap(({ Name, Value }) => [Name ?? '', Value ?? '']);
    return named([MetricName, ...pairs]);
  });
}

/** One job for each model and quality: each is a line of its own. */
async function makeOneOfEachVariant(): Promise<void> {
  const variants = meteredVariants(MODELS);
  const request = (index: number) => {
    const { model, quality } = variants[index] ?? {};
    return { prompt: `variant ${index}`, model, size: '1:1', ...(quality === NO_QUALITY ? {} : { quality }) };
  };
  await inFlight(variants.length, (index) => succeed(request(index)), 5);
}

/** One job for each failure that the dashboard shows by name, so that each line has a point. */
async function failInEveryWayThatIsShown(): Promise<void> {
  const small = { size: '3:1', quality: 'low' };
  await simulator.script(
    { match: { promptIncludes: 'way 402' }, submit: { status: 402 } },
    { match: { promptIncludes: 'way limit' }, submit: { status: 402, code: 'key_quota_exhausted' } },
    { match: { promptIncludes: 'way lost' }, submit: { dropReply: true, createTask: false } },
    { match: { promptIncludes: 'way service' }, task: { outcome: 'failed', errorCode: 'service_error' } },
    { match: { promptIncludes: 'way stray' }, submit: { status: 400, createTask: true } },
    { match: { promptIncludes: 'way policy' }, submit: { status: 400, code: 'content_policy_violation' } },
    { match: { promptIncludes: 'way odd' }, task: { outcome: 'failed', errorCode: 'a_code_of_tomorrow' } },
  );
  const way = (word: string, more: object = {}) => runJob({ prompt: `way ${word}`, ...small, ...more });
  await settings.setBudgetLimit('tenant-capped-day', 1);
  const first = await Promise.all([
    runJob({}),
    way('dear', { max_credits: '0.01' }),
    way('budget', { tenant: 'capped' }),
    ...['402', 'limit', 'service', 'policy', 'odd'].map((word) => way(word)),
    loseReply({ prompt: 'way lost', ...small }),
  ]);
  // Its own name is not shown, but the task that turns up beside it is.
  expect((await way('stray')).error).toBe('RequestRefused');
  await settings.resetBudgetLimit('tenant-capped-day');
  await settings.pause(new Date(), 'a test');
  const paused = await way('paused');
  await settings.resume();
  const unauthorized = await withRefusedKey(() => way('key'));

  const errors = [...first, paused, unauthorized].map(({ error }) => error);
  expect(new Set(errors)).toEqual(new Set(DASHBOARD_FAILURES));
}

/** Nobody ever learns what became of its POST. */
async function loseReply(request: object): Promise<EndedJob> {
  const { jobId, executionArn } = await startJob(request);
  await eventually(async () => expect(await attemptsOf(jobId)).toMatchObject([{ status: 'SUBMIT_UNKNOWN' }]));
  await ageSubmission(jobId);
  await sweepNow();
  return waitForEnd(executionArn);
}

/** EvoLink takes another key for a moment; the pipeline's own is put back. */
async function withRefusedKey(run: () => Promise<EndedJob>): Promise<EndedJob> {
  const secrets = new SecretsManagerClient(connection.admin);
  const store = (SecretString: string) =>
    secrets.send(new PutSecretValueCommand({ SecretId: connection.outputs.ApiKeySecretName, SecretString }));
  await store('sk-refused');
  await simulator.revokeKey(connection.simulator.apiKey);
  try {
    return await run();
  } finally {
    await simulator.addKey({ key: connection.simulator.apiKey, credits: '1000' });
    await store(connection.simulator.apiKey);
  }
}
