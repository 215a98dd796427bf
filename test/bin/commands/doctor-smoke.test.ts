import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { failureCause } from '../../../domain/failure-cause';
import type { JobOutput } from '../../../domain/job';
import type { LedgerRecord } from '../../../domain/ledger';
import { ledgerRecord, seedLedger } from '../../client/ledger-records';
import { FakeDeployment } from '../../support/fake-deployment';
import { type Ending, FakeJobs, outputOf } from '../../support/fake-jobs';
import { FakeS3 } from '../../support/fake-s3';
import { MemoryTable } from '../../support/memory-table';
import { pngOf } from '../../support/png';
import { cli, type CliOptions, NOW } from './cli';

// The client waits before it looks at a job.
beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] }));
afterEach(() => jest.useRealTimers());

const png = pngOf(16, 16);
const image = {
  bucket: 'archive',
  key: 'default/2026/11/23/doctor/image-01.png',
  sha256: createHash('sha256').update(png).digest('hex'),
  bytes: png.length,
  content_type: 'image/png',
  width: 16,
  height: 16,
};

const outputFor = (jobId: string): JobOutput => ({
  ...outputOf(jobId, [image]),
  attempt: 1,
  credits: { estimated: '0.1234', used: '0.1138', basis: 'credits_used' },
  timings: { completed_at: NOW.toISOString(), submit_to_complete_seconds: 8.5 } as JobOutput['timings'],
});

interface World {
  readonly ending?: (jobId: string) => Ending | undefined;
  /** Of the ledger; null for none. */
  readonly record?: Partial<LedgerRecord> | null;
  /** What is in S3. */
  readonly stored?: Buffer;
}

/** A job that succeeds, with everything that belongs to it, unless a test says otherwise. */
function setUp({ ending = (jobId) => ({ output: outputFor(jobId) }), record = {}, stored = png }: World = {}) {
  const table = new MemoryTable();
  const deployment = new FakeDeployment(table.tableName, NOW);
  deployment.metrics.set('CreditsUsed', [{ value: 0.1138, age: 0 }]);
  const jobs = new FakeJobs((jobId) => {
    const facts = { jobId, creditsUsed: 1_138, bookedAt: NOW.getTime(), foundBy: 'callback' } as const;
    if (record !== null) seedLedger(table, [ledgerRecord({ ...facts, ...record })]);
    return ending(jobId);
  });
  const s3 = new FakeS3();
  s3.objects.push({ bucket: image.bucket, key: image.key, body: stored });
  const run = async (line = 'doctor --smoke --yes', options: CliOptions = {}) => {
    let done = false;
    const result = cli(line, { table, deployment, jobs, s3, ...options }).finally(() => (done = true));
    while (!done) await jest.advanceTimersByTimeAsync(500);
    return result;
  };
  const line = async (id: string) => {
    const { exitCode, out } = await run('doctor --smoke --yes --json');
    const { smoke } = JSON.parse(out) as { smoke: { checks: { id: string }[] } };
    return { exitCode, ...smoke.checks.find((check) => check.id === id) };
  };
  return { table, deployment, jobs, s3, run, line };
}

const terminalThatSays = (answer: string | undefined) => {
  const questions: string[] = [];
  const ask = async (question: string) => {
    questions.push(question);
    return answer;
  };
  return { questions, terminal: { live: () => undefined, ask } };
};

test('one job, the cheapest there is, capped at what was shown; each proof on a line, and the bill', async () => {
  const { jobs, run } = setUp();
  const { exitCode, out, err } = await run();

  expect(exitCode).toBe(0);
  const [[jobId, { input }] = ['', { input: '{}' }], ...others] = [...jobs.executions];
  expect(others).toEqual([]);
  expect(jobId).toMatch(/^doctor-20261123-100000-[0-9a-f]{10}$/);
  expect(JSON.parse(input)).toEqual({
    prompt: expect.any(String),
    model: 'gpt-image-2',
    size: '3:1',
    resolution: '1K',
    quality: 'low',
    n: 1,
    max_credits: expect.stringMatching(/^0\.1\d+$/),
  });
  expect(err).toBe(`Job ${jobId}\n`);
  expect(out).toContain(`Job ${jobId}

✓ job       succeeded; EvoLink took 8.5 s
✓ image     in S3, with the SHA-256 that the job says: s3://archive/default/2026/11/23/doctor/image-01.png
✓ found by  EvoLink's callback
✓ ledger    booked: 0.1138 credits
✓ metric    CreditsUsed arrived in CloudWatch

Bill: 0.1138 credits, 0.001674 USD (at most `);
  expect(out).toMatch(/were expected\)\.\n\nHealthy\.\n$/);
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith('evolink-images-doctor-'))).toEqual([]);
});

test('as JSON', async () => {
  const { run } = setUp();
  const { out } = await run('doctor --smoke --yes --json');

  const shown = JSON.parse(out) as { smoke: { checks: { id: string }[] } };
  expect(shown).toMatchObject({ healthy: true, smoke: { job_id: expect.any(String), credits_used: '0.1138' } });
  expect(shown.smoke.checks.map(({ id }) => id)).toEqual(['job', 'image', 'found-by', 'ledger', 'metric']);
});

describe('before it spends', () => {
  test('without a terminal and without --yes it refuses, and asks nobody: exit code 2', async () => {
    const { jobs, deployment, run } = setUp();

    expect(await run('doctor --smoke')).toMatchObject({ exitCode: 2, regions: [], out: '' });
    expect(await run('doctor --yes')).toMatchObject({ exitCode: 2, regions: [] });
    expect([jobs.calls, deployment.commands]).toEqual([[], []]);
  });

  test.each([['y'], ['YES ']])('it asks with the estimate; "%s" is a yes', async (answer) => {
    const { jobs, run } = setUp();
    const { questions, terminal } = terminalThatSays(answer);

    expect((await run('doctor --smoke', { terminal })).exitCode).toBe(0);
    expect(questions).toEqual([
      expect.stringMatching(/^Run one job for about 0\.1\d* credits, at most 0\.1\d* \(0\.00\d+ USD\)\?/),
    ]);
    expect(jobs.executions.size).toBe(1);
  });

  test.each([[''], ['n'], ['yesterday'], [undefined]])(
    '"%s" is a no: the checks were made all the same',
    async (answer) => {
      const { jobs, run } = setUp();
      const { exitCode, out, err } = await run('doctor --smoke', terminalThatSays(answer));

      expect([exitCode, err]).toEqual([0, 'No job was run.\n']);
      expect(out).toContain('✓ version');
      expect(jobs.calls).toEqual([]);
    },
  );
});

describe('what may come out', () => {
  test('a job that fails: why, and that it was not charged', async () => {
    const cause = JSON.stringify({ ...JSON.parse(failureCause('PipelinePaused', { job_id: 'x' })), charged: 'no' });
    const { run } = setUp({ ending: () => ({ error: 'PipelinePaused', cause }) });
    const { exitCode, out } = await run();

    expect(exitCode).toBe(1);
    expect(out).toMatch(/✗ job {2}/);
    expect(out).not.toContain('✓ image');
    expect(out).toContain('Bill: see above');
    expect(JSON.parse((await run('doctor --smoke --yes --json')).out)).toMatchObject({
      healthy: false,
      smoke: { credits_used: null, checks: [{ id: 'job', facts: { error: 'PipelinePaused', charged: 'no' } }] },
    });
  });

  test('no right to start a job', async () => {
    const { jobs, line } = setUp();
    const message = 'User: x is not authorized to perform: states:StartExecution on resource: y';
    jobs.faults.set('StartExecutionCommand', Object.assign(new Error(message), { name: 'AccessDeniedException' }));

    expect(await line('job')).toMatchObject({
      exitCode: 1,
      state: 'unknown',
      facts: { missing_right: 'states:StartExecution' },
    });
  });

  test('another picture in S3 than the job says', async () => {
    const { line } = setUp({ stored: pngOf(16, 17) });

    expect(await line('image')).toMatchObject({ exitCode: 1, state: 'problem', facts: { sha256: image.sha256 } });
  });

  test('found by the sweep: a problem where there is an endpoint', async () => {
    const { deployment, line } = setUp({ record: { foundBy: 'sweep' } });

    expect(await line('found-by')).toMatchObject({ exitCode: 1, state: 'problem', facts: { found_by: 'sweep' } });
    delete deployment.outputs.CallbackUrl;
    expect(await line('found-by')).toMatchObject({ exitCode: 0, state: 'ok' });
  });

  test('another charge in the ledger than in the job, and no record at all', async () => {
    expect(await setUp({ record: { creditsUsed: 1_139 } }).line('ledger')).toMatchObject({
      exitCode: 1,
      state: 'problem',
      text: 'says 0.1139 credits, the job 0.1138',
    });
    const { line } = setUp({ record: null });
    expect(await line('ledger')).toMatchObject({ exitCode: 1, state: 'problem' });
    expect(await line('found-by')).toMatchObject({ state: 'unknown' });
  });

  test('a record of another attempt of the job is not taken for it', async () => {
    expect(await setUp({ record: { attempt: 2 } }).line('ledger')).toMatchObject({ state: 'problem' });
  });

  test('a metric that comes late is waited for, ever longer', async () => {
    const { deployment, run } = setUp();
    deployment.metrics.set('CreditsUsed', [{ value: 0.1137, age: 0 }]);
    const { pauses, metrics } = deployment;
    Object.defineProperty(deployment, 'sleep', {
      value: async (milliseconds: number, signal?: AbortSignal) => {
        if (signal) return new Promise<void>(() => undefined);
        pauses.push(milliseconds);
        // Part of it came first.
        if (pauses.length === 5) metrics.get('CreditsUsed')?.push({ value: 0.0001, age: 0 });
      },
    });

    expect((await run()).exitCode).toBe(0);
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 15_000]);
  });

  test('a metric that never comes: given up after five minutes', async () => {
    const { deployment, line } = setUp();
    deployment.metrics.delete('CreditsUsed');

    expect(await line('metric')).toMatchObject({
      exitCode: 1,
      state: 'problem',
      text: expect.stringContaining('within 5 min'),
    });
    const waited = deployment.pauses.reduce((sum, pause) => sum + pause, 0);
    expect(waited).toBeGreaterThanOrEqual(300_000);
    expect(waited).toBeLessThan(320_000);
  });

  test('Ctrl-C with nobody to be asked cancels the job: exit code 130', async () => {
    const { jobs, run } = setUp({ ending: () => undefined });
    const onListening = (interrupt: () => void) => void setTimeout(interrupt, 2_000);

    expect((await run('doctor --smoke --yes', { onListening })).exitCode).toBe(130);
    expect([...jobs.executions.values()]).toMatchObject([{ status: 'ABORTED' }]);
  });
});
