/** What an app reads when a job fails, and which failures the pipeline mends by itself. EvoLink's part is scripted. */
import { METRIC } from '../../domain/constants';
import type { FailureCause } from '../../domain/failure-cause';
import type { EndedJob } from './support/pipeline';
import {
  ageSubmission,
  attemptsOf,
  endPause,
  eventually,
  freshStart,
  metricSum,
  runJob,
  simulator,
  startJob,
  succeed,
  sweepNow,
  waitForEnd,
} from './support/pipeline';

/** Each test has a word of its own in the prompt, so that the simulator's rules and records can tell them apart. */
const request = (word: string, more: object = {}) => ({
  prompt: `a bicycle, ${word}`,
  size: '3:1',
  quality: 'low',
  ...more,
});

const causeOf = ({ cause }: EndedJob): FailureCause => JSON.parse(cause ?? '') as FailureCause;

async function submissionsOf(word: string) {
  return (await simulator.submissions()).filter(({ prompt }) => prompt?.includes(word));
}

describe('bad input', () => {
  test('fails as InvalidRequest with every problem, and EvoLink never hears of it', async () => {
    const job = await runJob({
      prompt: '',
      size: '1920x1080',
      quality: 'ultra',
      n: 11,
      image_urls: ['http://example.com/a.gif'],
      callback_url: 'https://example.com/mine',
      colour: 'red',
    });

    expect(job).toMatchObject({ status: 'FAILED', error: 'InvalidRequest' });
    const { charged, problems = [] } = causeOf(job);
    expect(charged).toBe('no');
    expect(new Set(problems.map(({ path }) => path))).toEqual(
      new Set(['prompt', 'size', 'quality', 'n', 'image_urls[0]', 'callback_url', 'colour']),
    );
    for (const problem of problems)
      expect(problem).toMatchObject({ code: expect.any(String), message: expect.any(String) });
    expect(await attemptsOf(job.jobId)).toEqual([]);
  });

  test('stays readable when what was sent is huge', async () => {
    const huge = 'x'.repeat(60_000);
    const unknown = Object.fromEntries(Array.from({ length: 800 }, (_, i) => [`field_${i}_${'y'.repeat(60)}`, 1]));

    const job = await runJob({ prompt: 'a bicycle', size: huge, tenant: huge, ...unknown });

    expect(job).toMatchObject({ status: 'FAILED', error: 'InvalidRequest' });
    expect(job.cause?.length).toBeLessThanOrEqual(32_768);
    const { problems = [], problems_omitted } = causeOf(job);
    expect(problems.length + Number(problems_omitted)).toBeGreaterThanOrEqual(802);
    for (const { got } of problems) expect(JSON.stringify(got ?? '').length).toBeLessThanOrEqual(120);
  });

  test('a request above its own max_credits is not sent', async () => {
    const job = await runJob(request('too dear', { quality: 'high', max_credits: '0.5' }));

    expect(job).toMatchObject({ status: 'FAILED', error: 'CostLimitExceeded' });
    expect(causeOf(job)).toMatchObject({ charged: 'no', max_credits: '0.5' });
    expect(await submissionsOf('too dear')).toEqual([]);
  });
});

describe('EvoLink refuses', () => {
  test.each([
    { word: 'no credits', status: 402, error: 'InsufficientCredits' },
    { word: 'no access', status: 403, error: 'ModelAccessDenied' },
    { word: 'refused request', status: 400, error: 'RequestRefused' },
    { word: 'refused content', status: 400, code: 'content_policy_violation', error: 'ContentPolicyViolation' },
  ])('$status $error: ends at once, uncharged', async ({ word, status, code, error }) => {
    await simulator.script({ match: { promptIncludes: word }, submit: { status, ...(code ? { code } : {}) } });

    const job = await runJob(request(word));

    expect(job).toMatchObject({ status: 'FAILED', error });
    expect(causeOf(job)).toMatchObject({ error, charged: 'no', attempt: 1, provider: { status } });
    expect(causeOf(job).retry_after_seconds).toBeUndefined();
    expect(await submissionsOf(word)).toHaveLength(1);
    expect(await attemptsOf(job.jobId)).toMatchObject([{ status: 'FAILED', creditsUsed: 0 }]);
  });

  test('429 with Retry-After: waits that long and sends the same submission again', async () => {
    const word = 'rate limited';
    await simulator.script({
      match: { promptIncludes: word },
      times: 1,
      submit: { status: 429, headers: { 'retry-after': '3' } },
    });

    const output = await succeed(request(word));

    const [first, second] = await submissionsOf(word);
    expect(output.attempt).toBe(1);
    expect(first?.status).toBe(429);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(3_000);
    expect(second?.idempotencyKey).toBe(first?.idempotencyKey);
    expect(await attemptsOf(output.job_id)).toMatchObject([{ status: 'COMPLETED' }]);
  });

  test('a rate limit that never ends is an unknown outcome: a 429 does not prove that there is no task', async () => {
    const word = 'always limited';
    await simulator.script({
      match: { promptIncludes: word },
      submit: { status: 429, headers: { 'retry-after': '1' } },
    });

    const { jobId, executionArn } = await startJob(request(word));
    await eventually(async () => expect(await submissionsOf(word)).toHaveLength(2));
    await endPause();
    await ageSubmission(jobId);
    await sweepNow();
    const job = await waitForEnd(executionArn);

    expect(job).toMatchObject({ status: 'FAILED', error: 'SubmitOutcomeUnknown' });
    expect(causeOf(job)).toMatchObject({ charged: 'unknown', attempt: 1, provider: { status: 429 } });
    expect(new Set((await submissionsOf(word)).map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
  });
});

describe('the task fails', () => {
  test('blocked content fails the job, once and uncharged', async () => {
    const word = 'blocked by filters';
    await simulator.script({
      match: { promptIncludes: word },
      task: { outcome: 'failed', errorCode: 'content_policy_violation' },
    });

    const job = await runJob(request(word));

    expect(job).toMatchObject({ status: 'FAILED', error: 'ContentPolicyViolation' });
    expect(causeOf(job)).toMatchObject({ charged: 'no', provider: { code: 'content_policy_violation' } });
    expect(await submissionsOf(word)).toHaveLength(1);
  });

  test('service_error: a second attempt succeeds, and only that is charged', async () => {
    const word = 'flaky service';
    await simulator.script({
      match: { promptIncludes: word },
      times: 1,
      task: { outcome: 'failed', errorCode: 'service_error' },
    });

    const output = await succeed(request(word));

    const tasks = (await simulator.tasks()).filter(({ prompt }) => prompt.includes(word));
    expect(tasks.map(({ status, creditsUsed }) => [status, creditsUsed])).toEqual([
      ['failed', '0'],
      ['completed', output.credits.used],
    ]);
    expect(output).toMatchObject({ attempt: 2, task_id: tasks[1]?.id });
  });

  test('cancelled at EvoLink: the job says so', async () => {
    await simulator.script({ match: { promptIncludes: 'cancelled' }, task: { outcome: 'cancelled' } });

    const job = await runJob(request('cancelled'));

    expect(job).toMatchObject({ status: 'FAILED', error: 'TaskCancelled' });
  });
});

test('failures are counted, in all and by name', async () => {
  const since = await freshStart();
  await simulator.script({ match: { promptIncludes: 'counted' }, times: 1, submit: { status: 402 } });

  await Promise.all([runJob(request('counted')), runJob({})]);

  await eventually(async () => {
    const sum = (dimensions: Record<string, string>) => metricSum({ name: METRIC.jobsFailed, dimensions, since });
    expect(await sum({})).toBe(2);
    expect(await sum({ ErrorName: 'InsufficientCredits' })).toBe(1);
    expect(await sum({ ErrorName: 'InvalidRequest' })).toBe(1);
  });
});
