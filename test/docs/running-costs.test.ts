/** What docs/costs.md says of running costs, counted: a change that makes a job dearer changes the document. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { estimateRequest } from '../../client';
import {
  definition,
  lambdaFunction,
  resourcesOf,
  synth,
  type CloudFormation,
  type Resource,
  type State,
} from '../lib/support';
import { CapturedOutput } from '../support/output';
import { countAnHourAtRest, type RestCount } from './support/at-rest';
import {
  ASSUMED_LOG_BYTES,
  ASSUMED_SECONDS,
  AWS_PRICES,
  PRICES_READ_ON,
  usdOf,
  type Priced,
} from './support/aws-prices';
import { countOneJob, type JobCount } from './support/one-job';
import { logEvents, successPath } from './support/success-path';
import { tableBelow } from './support/tables';

const text = readFileSync(join(__dirname, '../../docs/costs.md'), 'utf8');
/** Without its line breaks. */
const flat = text.replace(/\s+/g, ' ');
const JOBS = 1_000;
/** A month of AWS's price lists. */
const HOURS = 730;

interface Line {
  readonly what: string;
  readonly priced: Priced;
  readonly count: number;
  /** How the count is written. @default - as a whole number */
  readonly written?: string;
}

const whole = (count: number): string => Math.round(count).toLocaleString('en-US');

/** Cells, and a last row whose sum is that of what the rows show. */
function rowsOf(lines: readonly Line[], decimals: number): string[][] {
  const units = lines.map(({ priced, count }) => Math.round(usdOf(priced, count) * 10 ** decimals));
  const usd = (amount: number) => (amount / 10 ** decimals).toFixed(decimals);
  const rows = lines.map(({ what, count, written = whole(count) }, index) => [what, written, usd(units[index] ?? 0)]);
  return [...rows, ['**in all**', '', `**${usd(units.reduce((sum, each) => sum + each, 0))}**`]];
}

const asMegabytes = (bytes: number) => ({ count: bytes / 1e9, written: `${whole(bytes / 1e6)} MB` });

let json: CloudFormation;
let path: State[];
let job: JobCount & { logBytes: number };
let rest: RestCount & { logBytes: number };

beforeAll(async () => {
  json = synth().json;
  path = successPath(definition(json));
  job = await withLogs(countOneJob);
  rest = await withLogs(() => countAnHourAtRest({ sweep: minutes('Sweep'), reconcile: minutes('Reconcile') }));
}, 60_000);

async function withLogs<T extends object>(count: () => Promise<T>): Promise<T & { logBytes: number }> {
  const output = new CapturedOutput();
  output.start();
  try {
    return { ...(await count()), logBytes: Buffer.byteLength(output.text()) };
  } finally {
    jest.restoreAllMocks();
  }
}

/** Between two runs of a schedule, as it is deployed by default. */
function minutes(name: 'Sweep' | 'Reconcile'): number {
  const functionId = Object.keys(json.Resources).find((id) => json.Resources[id] === lambdaFunction(json, name));
  const [rule] = resourcesOf(json, 'AWS::Events::Rule').filter(
    ({ Properties }) => Properties.ScheduleExpression && Properties.Targets[0].Arn['Fn::GetAtt'][0] === functionId,
  );
  const [, interval] = /^rate\((\d+) minutes?\)$/.exec(rule?.Properties.ScheduleExpression) ?? [];
  if (interval === undefined) throw new Error(`no schedule of ${name}`);
  return Number(interval);
}

function gigabyteSeconds(name: keyof typeof ASSUMED_SECONDS): number {
  return (lambdaFunction(json, name).Properties.MemorySize / 1_024) * ASSUMED_SECONDS[name];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

function forJobs(): Line[] {
  const invocations = path.filter(({ Type }) => Type === 'Task').length + job.callbacks + job.startedBesides;
  const seconds = sum((['Validate', 'Submit', 'Callback', 'Archive'] as const).map(gigabyteSeconds));
  const logBytes =
    job.logBytes +
    invocations * ASSUMED_LOG_BYTES.invocation +
    logEvents(path) * ASSUMED_LOG_BYTES.workflowEvent +
    job.callbacks * ASSUMED_LOG_BYTES.httpRequest;
  return [
    // From the start to the first state, and from the last one to the end.
    { what: 'transitions of the workflow', priced: 'transition', count: JOBS * (path.length + 1) },
    { what: 'invocations of Lambda', priced: 'invocation', count: JOBS * invocations },
    { what: 'GB-seconds of Lambda', priced: 'gigabyteSecond', count: JOBS * seconds },
    { what: 'write units of DynamoDB', priced: 'writeUnit', count: JOBS * job.writeUnits },
    { what: 'read units of DynamoDB', priced: 'readUnit', count: JOBS * job.readUnits },
    { what: 'PUTs to S3', priced: 'put', count: JOBS * job.objectsPut },
    { what: 'requests to the HTTP API', priced: 'httpRequest', count: JOBS * job.callbacks },
    { what: 'reads of the secret, at most', priced: 'secretRead', count: JOBS * job.secretReads },
    { what: 'logs', priced: 'logGigabyte', ...asMegabytes(JOBS * logBytes) },
  ];
}

function forMonth(): Line[] {
  const runs = { Sweep: 60 / minutes('Sweep'), Reconcile: 60 / minutes('Reconcile') };
  const invocations = runs.Sweep + runs.Reconcile + rest.startedBesides;
  const seconds = sum((['Sweep', 'Reconcile'] as const).map((name) => runs[name] * gigabyteSeconds(name)));
  const logBytes = rest.logBytes + invocations * ASSUMED_LOG_BYTES.invocation;
  const [, series] = /five error names: (\d+) series/.exec(text) ?? [];
  return [
    { what: 'metric series, as above', priced: 'series', count: Number(series) },
    { what: 'alarms', priced: 'alarm', count: sum(resourcesOf(json, 'AWS::CloudWatch::Alarm').map(metricsOf)) },
    { what: 'dashboard', priced: 'dashboard', count: resourcesOf(json, 'AWS::CloudWatch::Dashboard').length },
    { what: 'the secret with the API key', priced: 'secret', count: 1 },
    { what: 'invocations of Lambda: sweep, reconcile', priced: 'invocation', count: HOURS * invocations },
    { what: 'GB-seconds of Lambda', priced: 'gigabyteSecond', count: HOURS * seconds },
    { what: 'write units of DynamoDB', priced: 'writeUnit', count: HOURS * rest.writeUnits },
    { what: 'read units of DynamoDB', priced: 'readUnit', count: HOURS * rest.readUnits },
    { what: 'reads of the secret', priced: 'secretRead', count: HOURS * rest.secretReads },
    { what: 'logs', priced: 'logGigabyte', ...asMegabytes(HOURS * logBytes) },
  ];
}

/** An alarm on an expression is charged for each metric in it. */
const metricsOf = ({ Properties: { Metrics } }: Resource): number =>
  Metrics?.filter(({ MetricStat }: { MetricStat?: object }) => MetricStat).length ?? 1;

test('a job takes as many of each as the table says', () => {
  expect(tableBelow(text, 'For 1,000 jobs')).toEqual(rowsOf(forJobs(), 3));
});

test('a job that succeeds is six transitions at most, and two requests to EvoLink', () => {
  expect(path.length + 1).toBeLessThanOrEqual(6);
  expect(job.evolinkRequests).toBe(2);
});

test('a month takes as many of each as the table says', () => {
  expect(tableBelow(text, 'For a month, whatever is done')).toEqual(rowsOf(forMonth(), 2));
});

test('the prices are those that were reckoned with, with their sources', () => {
  const usd = (amount: number) => (amount < 0.001 ? amount.toFixed(10) : String(amount));
  expect(tableBelow(text, 'Prices of AWS')).toEqual(
    Object.values(AWS_PRICES).map(({ usd: amount, per, unit, source }) => [
      `${per === 1 ? '1' : whole(per)} ${unit}`,
      usd(amount),
      source,
    ]),
  );
  expect(text).toContain(`read on ${PRICES_READ_ON}`);
});

test('the durations are those that were reckoned with', () => {
  const { Validate, Submit, Callback, Archive, Sweep, Reconcile } = ASSUMED_SECONDS;
  expect(flat).toContain(
    `validate ${Validate} s, submit ${Submit} s, callback ${Callback} s, archive ${Archive} s, sweep ${Sweep} s, reconcile ${Reconcile} s`,
  );
});

test('EvoLink’s own charge is what is estimated, and what dominates does', () => {
  const [low, medium, high] = ['low', 'medium', 'high'].map((quality) => {
    const { usd } = estimateRequest({ size: '1:1', resolution: '1K', quality });
    return (JOBS * Number(usd.upper)).toFixed(2);
  });
  expect(flat).toContain(`${low} USD at low, ${medium} at medium, ${high} at high`);

  const jobs = forJobs().map(({ priced, count }) => usdOf(priced, count));
  expect(2 * (jobs[0] ?? 0)).toBeGreaterThan(sum(jobs));
  expect(10 * sum(jobs)).toBeLessThan(Number(low));
  const month = forMonth().map(({ priced, count }) => usdOf(priced, count));
  expect((month[0] ?? 0) / sum(month)).toBeCloseTo(3 / 4, 1);
});
