/**
 * The fault matrix (docs/reliability.md), as far as the simulator can show it end to end: one job for each fault, some at
 * once. What only a client that injects faults can show is tested on the handlers.
 */
import { createHash } from 'node:crypto';
import type { FailureName } from '../../../domain/failures';
import type { Rule } from '../../../local/simulator';
import {
  attemptsOf,
  type EndedJob,
  getJson,
  getObject,
  inFlight,
  ledgerOf,
  runJob,
  simulator,
  units,
} from '../support/pipeline';

interface Fault {
  readonly fault: string;
  readonly rule: Omit<Rule, 'match' | 'label'>;
  readonly request?: object;
  /** @default 'succeeds' */
  readonly ends?: 'succeeds' | FailureName;
  /** POSTs of the one submission. @default 1 */
  readonly posts?: number;
  /** Of all downloads of one task, in any order. @default - not looked at */
  readonly downloads?: readonly number[];
  /** Of the archived images. @default - as asked for */
  readonly pixels?: { readonly width: number; readonly height: number };
  /** @default 'billing' */
  readonly basis?: string;
  /** Fewer images than were asked for. @default false */
  readonly partial?: boolean;
}

const HTML = '<html><body>Bad gateway</body></html>';
const SOON = { 'retry-after': '1' };
const EXPECTED_PIXELS = { width: 1776, height: 592 };
const redirectTo = (location: string) => ({ status: 302, headers: { location } });

/** The sweep has to end these: they begin, so that the others run meanwhile. */
const SLOW: Fault[] = [
  { fault: 'each query takes longer than the callback function has', rule: { query: { delayMs: 6_000 } } },
  { fault: '429 without Retry-After', rule: { times: 1, submit: { status: 429 } }, posts: 2 },
];

const SUBMIT: Fault[] = [
  { fault: 'the reply is lost, the task exists', rule: { submit: { dropReply: true } } },
  { fault: 'the reply comes after our time-out, the task exists', rule: { submit: { delayMs: 31_000 } } },
  { fault: '500, the task exists', rule: { submit: { status: 500, createTask: true } } },
  {
    fault: "a proxy's 502, the task exists",
    // Its callback comes after the repeat.
    rule: { submit: { status: 502, body: HTML, createTask: true }, task: { processingMs: 3_000 } },
    posts: 2,
  },
  { fault: "EvoLink's 502", rule: { times: 1, submit: { status: 502, headers: SOON } }, posts: 2 },
  { fault: "EvoLink's 503", rule: { times: 1, submit: { status: 503, headers: SOON } }, posts: 2 },
  {
    fault: 'no route to the model',
    rule: { times: 1, submit: { status: 400, code: 'no_available_channel', headers: SOON } },
    posts: 2,
  },
  {
    fault: '409 paid_outcome_unknown, the task exists',
    rule: { submit: { status: 409, code: 'paid_outcome_unknown', createTask: true } },
  },
  { fault: 'a reply that is no JSON', rule: { submit: { body: '{"id":"task-uni' } } },
  { fault: 'a reply that is no task', rule: { submit: { body: { ok: true } } } },
];

const CALLBACK: Fault[] = [
  { fault: 'a callback again after it was accepted', rule: { callback: { deliver: 'twice' } } },
  { fault: 'four callbacks at once', rule: { callback: { deliver: 4 } } },
  { fault: 'a late callback', rule: { callback: { delayMs: 4_000 } } },
  { fault: 'a callback before the reply', rule: { callback: { deliver: 'before-reply' } } },
  {
    fault: 'a callback that claims the end of a task that still runs',
    rule: { task: { processingMs: 2_500 }, callback: { deliver: 'while-processing', lies: true } },
  },
  {
    fault: 'a callback that claims success for a task that failed',
    rule: { task: { outcome: 'failed', errorCode: 'content_policy_violation' }, callback: { lies: true } },
    ends: 'ContentPolicyViolation',
  },
  { fault: 'a callback that is no JSON, for a task that is known', rule: { callback: { body: 'not JSON' } } },
];

const QUERY: Fault[] = [
  { fault: 'the query is answered 429', rule: { query: { status: 429, times: 1 } } },
  { fault: 'the query is answered 500', rule: { query: { status: 500, times: 1 } } },
  { fault: 'the query is answered 404', rule: { query: { status: 404, times: 1 } } },
  { fault: 'the query is not answered in time', rule: { query: { delayMs: 4_500, times: 1 } } },
  {
    fault: 'the query is answered with an unknown status',
    rule: { query: { body: { status: 'dreaming' }, times: 1 } },
  },
  {
    fault: 'completed without results at first',
    rule: { query: { body: { status: 'completed', results: [] }, times: 1 } },
  },
  {
    fault: 'completed without usage and billing',
    rule: { task: { omitUsage: true, billing: 'absent' } },
    basis: 'assumed',
  },
  { fault: 'completed without a billing block', rule: { task: { billing: 'absent' } }, basis: 'credits_used' },
  { fault: 'links as one object', rule: { task: { results: 'object' } } },
  { fault: 'links of http:', rule: { task: { results: 'http' } } },
  { fault: 'an id of another form', rule: { task: { taskIds: 'uuid' } } },
  {
    fault: 'failed with an integer code',
    rule: { task: { outcome: 'failed', errorCode: 1_001 } },
    ends: 'GenerationFailed',
  },
  { fault: 'cancelled', rule: { task: { outcome: 'cancelled' } }, ends: 'TaskCancelled' },
  {
    fault: 'failed as request_cancelled',
    rule: { task: { outcome: 'failed', errorCode: 'request_cancelled' } },
    ends: 'TaskCancelled',
  },
];

const RESULTS: Fault[] = [
  { fault: 'one image of four', rule: { task: { images: 1 } }, request: { n: 4 }, downloads: [200], partial: true },
  ...[403, 404, 410, 500].map((status) => ({
    fault: `the link answers ${status} at first`,
    rule: { file: { status, times: 1 } },
    downloads: [200, status],
  })),
  {
    fault: 'one image of three is not there at first: the others are not fetched again',
    rule: { file: { status: 503, times: 1 } },
    request: { n: 3 },
    downloads: [200, 200, 200, 503],
  },
  { fault: 'an image that is cut off at first', rule: { file: { truncate: 100, times: 1 } }, downloads: [200, 200] },
  { fault: 'no Content-Length', rule: { file: { chunked: true } }, downloads: [200] },
  {
    fault: 'HTML with 200 at first',
    rule: { file: { body: HTML, contentType: 'text/html', times: 1 } },
    downloads: [200, 200],
  },
  { fault: 'a wrong content type', rule: { file: { contentType: 'text/html' } }, downloads: [200] },
  {
    fault: '200 MB are announced at first',
    rule: { file: { headers: { 'content-length': '200000000' }, times: 1 } },
    downloads: [200, 200],
  },
  { fault: 'a slow drip', rule: { file: { dripMs: 3_000 } }, downloads: [200] },
  { fault: 'a redirect', rule: { file: { ...redirectTo('?again'), times: 1 } }, downloads: [200, 302] },
  ...['http://127.0.0.1/x', 'https://169.254.169.254/latest/meta-data', 'https://10.0.0.1/x'].map((location) => ({
    fault: `a redirect to ${location} at first`,
    rule: { file: { ...redirectTo(location), times: 1 } },
    downloads: [200, 302],
  })),
  {
    fault: 'redirects in a circle at first',
    rule: { file: { ...redirectTo('?again'), times: 4 } },
    downloads: [200, 302, 302, 302, 302],
  },
  {
    fault: 'another size than was asked for',
    rule: { task: { size: { width: 1_100, height: 500 } } },
    pixels: { width: 1_100, height: 500 },
  },
  {
    fault: 'a size of its own where none was asked for',
    rule: { task: { size: { width: 1_234, height: 777 } } },
    request: { size: 'auto' },
    pixels: { width: 1_234, height: 777 },
  },
];

const FAULTS = [...SLOW, ...SUBMIT, ...CALLBACK, ...QUERY, ...RESULTS];

/** No marker is part of another one, so that each rule finds its own job. */
const markerOf = (index: number) => `fault-${index}.`;

const ended = new Map<string, EndedJob | Error>();

/**
 * A lost reply leaves the callback as the only way to the task, as in life. So few at once that the functions start well
 * within the time that EvoLink gives a callback.
 */
const AT_ONCE = 6;

beforeAll(async () => {
  await simulator.script(
    ...FAULTS.map(({ rule }, index) => ({ ...rule, match: { promptIncludes: markerOf(index) } }) satisfies Rule),
  );
  const run = async (index: number): Promise<void> => {
    const { fault = '', request = {} } = FAULTS[index] ?? {};
    const job = { prompt: `a bicycle, ${markerOf(index)}`, size: '3:1', quality: 'low', ...request };
    ended.set(fault, await runJob(job, { timeoutMs: 180_000 }).catch((error: Error) => error));
  };
  await inFlight(FAULTS.length, run, AT_ONCE);
}, 900_000);

async function outcomeOf(fault: string) {
  const job = ended.get(fault);
  if (job === undefined || job instanceof Error) throw job ?? new Error(`no job for: ${fault}`);
  const prompt = markerOf(FAULTS.findIndex((next) => next.fault === fault));
  const tasks = (await simulator.tasks()).filter((task) => task.prompt.includes(prompt));
  const submissions = (await simulator.submissions()).filter((submission) => submission.prompt?.includes(prompt));
  return { job, tasks, submissions, attempts: await attemptsOf(job.jobId) };
}

test.each(FAULTS)('$fault: the job ends as it should, after one submission and one task', async (expected) => {
  const { job, tasks, submissions, attempts } = await outcomeOf(expected.fault);

  expect(job.error ?? 'succeeds').toBe(expected.ends ?? 'succeeds');
  expect(attempts).toHaveLength(1);
  expect(submissions).toHaveLength(expected.posts ?? 1);
  expect(new Set(submissions.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
  expect(tasks).toHaveLength(1);
  expect(attempts.at(-1)?.taskId).toBe(tasks[0]?.id);
});

test.each(FAULTS)('$fault: the ledger has what EvoLink charged', async ({ fault, basis = 'billing', ends }) => {
  const { job, tasks } = await outcomeOf(fault);

  const records = await ledgerOf(({ jobId }) => jobId === job.jobId);
  const charged = records.filter(({ state }) => state === 'booked');

  if (ends !== undefined) return expect(charged).toEqual([]);
  expect(charged).toMatchObject([{ basis }]);
  const estimate = job.output?.credits.estimated ?? 'NaN';
  expect(charged[0]?.creditsUsed).toBe(units(basis === 'assumed' ? estimate : (tasks[0]?.creditsUsed ?? 'NaN')));
});

const PAID = FAULTS.filter(({ ends }) => ends === undefined);

test.each(PAID)('$fault: every billed image is in S3, whole, and named by the manifest', async (expected) => {
  const { job, tasks } = await outcomeOf(expected.fault);
  const { images = [], partial } = job.output ?? {};

  const files = await Promise.all(images.map(({ key }) => getObject(key)));
  const folder = images[0]?.key.replace(/[^/]+$/, '') ?? '';

  expect(images).toHaveLength(tasks[0]?.images.length ?? -1);
  expect(partial).toBe(expected.partial ?? false);
  const hashes = files.map(({ bytes }) => createHash('sha256').update(bytes).digest('hex'));
  expect(images.map(({ sha256 }) => sha256)).toEqual(hashes);
  const pixels = expected.pixels ?? EXPECTED_PIXELS;
  for (const { width, height } of images) expect({ width, height }).toEqual(pixels);
  expect(await getJson(`${folder}manifest.json`)).toMatchObject({ images });
  const downloads = tasks[0]?.downloads ?? [];
  expect(downloads.filter(({ sentAuthorization }) => sentAuthorization)).toEqual([]);
  if (expected.downloads) expect(downloads.map(({ status }) => status).sort()).toEqual(expected.downloads);
});
