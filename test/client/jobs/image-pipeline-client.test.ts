import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import {
  BudgetExceededError,
  ImageDamagedError,
  ImagePipelineClient,
  ImagePipelineError,
  InvalidJobIdError,
  InvalidReferenceError,
  InvalidStateMachineArnError,
  JobCancelledError,
  JobIdTakenError,
  JobNotFoundError,
  type JobProgress,
  RequestTooLargeError,
  TaskTimedOutError,
} from '../../../client';
import { failureCause } from '../../../domain/failure-cause';
import { type Ending, EXECUTIONS, FakeJobs, MACHINE, outputOf } from '../../support/fake-jobs';
import { FakeS3 } from '../../support/fake-s3';
import { jpegOf, webp } from '../../support/pictures';
import { pngOf } from '../../support/png';

const request = { prompt: 'a red bicycle', size: '16:9', quality: 'low' } as const;

function withJobs(ending?: Ending, s3 = new FakeS3()) {
  const jobs = new FakeJobs(() => ending);
  const options = { stateMachineArn: MACHINE, bucketName: 'archive', stepFunctions: jobs.client, s3: s3.client };
  return { jobs, s3, client: new ImagePipelineClient(options) };
}

const overBudget: Ending = {
  error: 'BudgetExceeded',
  cause: failureCause('BudgetExceeded', {
    job_id: 'spring',
    budget: 'all-day',
    limit: '50',
    spent: '48.5',
    held: '1.2',
    asked: '0.4185',
    resets_at: '2026-11-24T00:00:00.000Z',
  }),
};

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate'] }));
afterEach(() => void jest.useRealTimers());

/** Lets time pass until it has settled. */
async function settled<T>(promise: Promise<T>): Promise<T> {
  let done = false;
  void promise.then(
    () => (done = true),
    () => (done = true),
  );
  while (!done) await jest.advanceTimersByTimeAsync(500);
  return await promise;
}

describe('generate', () => {
  test('starts the job under its id and returns what it put out', async () => {
    const output = outputOf('spring');
    const { client, jobs } = withJobs({ output, afterLooks: 3 });
    const seen: JobProgress[] = [];

    const result = await settled(client.generate(request, { jobId: 'spring', onProgress: (now) => seen.push(now) }));

    expect(result).toEqual(output);
    expect(jobs.calls[0]).toEqual({
      name: 'StartExecutionCommand',
      input: { stateMachineArn: MACHINE, name: 'spring', input: JSON.stringify(request) },
    });
    expect(seen.map(({ state }) => state)).toEqual(['RUNNING', 'RUNNING', 'SUCCEEDED']);
    expect(jobs.count('DescribeExecutionCommand')).toBe(3);
  });

  test('makes a new id for each call without one', async () => {
    const { client, jobs } = withJobs({ output: outputOf('any') });

    await settled(Promise.all([client.generate(request), client.generate(request)]));

    expect(jobs.executions.size).toBe(2);
  });

  test('the same id again: the earlier outcome at once, and no second job', async () => {
    const { client, jobs } = withJobs({ output: outputOf('spring') });
    const first = await settled(client.generate(request, { jobId: 'spring' }));

    const reordered = { quality: request.quality, size: request.size, prompt: request.prompt };
    // Without letting time pass: there is nothing to wait for.
    const again = await client.generate(reordered, { jobId: 'spring' });

    expect(again).toEqual(first);
    expect(jobs.executions.size).toBe(1);
  });

  test('the same id while the job runs: waits for that job', async () => {
    const { client, jobs } = withJobs({ output: outputOf('spring'), afterLooks: 2 });

    const both = [client.generate(request, { jobId: 'spring' }), client.generate(request, { jobId: 'spring' })];

    expect(await settled(Promise.all(both))).toEqual([outputOf('spring'), outputOf('spring')]);
    expect(jobs.executions.size).toBe(1);
  });

  test('an id that belongs to another request: refused, since its images are not what was asked for', async () => {
    const { client } = withJobs({ output: outputOf('spring') });
    await settled(client.generate(request, { jobId: 'spring' }));

    const other = client.generate({ ...request, prompt: 'a blue boat' }, { jobId: 'spring' });

    await expect(other).rejects.toMatchObject({ name: 'JobIdTakenError', charged: 'no', nextJobId: 'spring-r2' });
    await expect(other).rejects.toBeInstanceOf(JobIdTakenError);
  });

  test('a failure that charged nothing: its class, its figures, and the next id', async () => {
    const { client } = withJobs(overBudget);

    const error = await settled(client.generate(request, { jobId: 'spring' })).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(BudgetExceededError);
    expect(error).toMatchObject({
      name: 'BudgetExceededError',
      failure: 'BudgetExceeded',
      jobId: 'spring',
      executionArn: `${EXECUTIONS}:spring`,
      charged: 'no',
      earlier: false,
      nextJobId: 'spring-r2',
      budget: 'all-day',
      limit: '50',
      spent: '48.5',
      held: '1.2',
      asked: '0.4185',
      resetsAt: new Date('2026-11-24T00:00:00.000Z'),
      cause: { error: 'BudgetExceeded', charged: 'no' },
    });
    expect((error as Error).message).toMatch(/Nothing was charged\. .*spring-r2/);
  });

  test('the same failure again says that it is an earlier one', async () => {
    const { client } = withJobs(overBudget);
    await settled(client.generate(request, { jobId: 'spring' })).catch(() => undefined);

    await expect(client.generate(request, { jobId: 'spring' })).rejects.toMatchObject({
      name: 'BudgetExceededError',
      earlier: true,
      message: expect.stringContaining('started at 2026-11-23T09:00:00.000Z'),
    });
  });

  test('a failure that may have been charged offers no next id', async () => {
    const { client } = withJobs({ error: 'TaskTimedOut', cause: failureCause('TaskTimedOut', {}) });

    const job = settled(client.generate(request, { jobId: 'spring' }));

    await expect(job).rejects.toBeInstanceOf(TaskTimedOutError);
    await expect(job).rejects.toMatchObject({ charged: 'unknown', nextJobId: undefined });
  });

  test('an abort ends the wait at once, with its reason, and the job goes on', async () => {
    const { client, jobs } = withJobs();
    const stop = new AbortController();
    const job = client.generate(request, { jobId: 'spring', signal: stop.signal });
    const failed = expect(job).rejects.toThrow('enough');
    await jest.advanceTimersByTimeAsync(30_000);
    const looks = jobs.count('DescribeExecutionCommand');

    stop.abort(new Error('enough'));
    await failed;
    await jest.advanceTimersByTimeAsync(60_000);

    expect(jobs.count('DescribeExecutionCommand')).toBe(looks);
    expect(jobs.executions.get('spring')?.status).toBe('RUNNING');
  });

  test('an abort before the start starts nothing', async () => {
    const { client, jobs } = withJobs();

    await expect(client.generate(request, { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
    expect(jobs.calls).toEqual([]);
  });

  test('does not ask more often than it helps', async () => {
    const { client, jobs } = withJobs();
    const stop = new AbortController();
    const job = client.generate(request, { jobId: 'spring', signal: stop.signal }).catch(() => undefined);
    await jest.advanceTimersByTimeAsync(120_000);
    stop.abort();
    await job;

    expect(jobs.count('DescribeExecutionCommand')).toBeLessThan(25);
  });

  test.each([
    ['an id that is none', { jobId: 'a b' }, request, InvalidJobIdError],
    ['a request that is too large', {}, { prompt: 'x'.repeat(270_000) }, RequestTooLargeError],
  ])('%s: nothing is called', async (_, options, wish, expected) => {
    const { client, jobs } = withJobs();

    await expect(client.generate(wish, options)).rejects.toBeInstanceOf(expected);
    expect(jobs.calls).toEqual([]);
  });
});

describe('wait, status and cancel', () => {
  test('know nothing of a job that was never started', async () => {
    const { client } = withJobs();

    for (const call of [client.wait('no'), client.status('no'), client.cancel('no')]) {
      await expect(call).rejects.toBeInstanceOf(JobNotFoundError);
    }
  });

  test('wait looks at once at a job that was started elsewhere', async () => {
    const { client } = withJobs({ output: outputOf('spring') });
    await client.start(request, { jobId: 'spring' });

    expect(await client.wait('spring')).toEqual(outputOf('spring'));
  });

  test('status tells of a failure without throwing it', async () => {
    const { client } = withJobs(overBudget);
    await client.start(request, { jobId: 'spring' });

    const { state, error, output } = await client.status('spring');

    expect([state, output]).toEqual(['FAILED', undefined]);
    expect(error).toBeInstanceOf(BudgetExceededError);
  });

  test('cancel stops a running job, whose charge is not known', async () => {
    const { client } = withJobs();
    await client.start(request, { jobId: 'spring' });

    expect(await client.cancel('spring', { reason: 'not wanted' })).toMatchObject({
      state: 'ABORTED',
      error: { name: 'JobCancelledError', failure: 'JobCancelled', cause: 'not wanted', charged: 'unknown' },
    });
    await expect(client.wait('spring')).rejects.toBeInstanceOf(JobCancelledError);
  });

  test('cancel leaves a job as it is that has ended', async () => {
    const { client } = withJobs({ output: outputOf('spring') });
    await settled(client.generate(request, { jobId: 'spring' }));

    expect(await client.cancel('spring')).toMatchObject({ state: 'SUCCEEDED', output: outputOf('spring') });
  });
});

describe('images', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'client-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const png = pngOf(16, 16);
  const sha256 = createHash('sha256').update(png).digest('hex');
  const image = { bucket: 'archive', key: 'a/image-01.png', sha256, bytes: png.length, width: 16, height: 16 };
  const archived = { ...image, content_type: 'image/png' };

  test('presign makes an address for this object that ends', async () => {
    const credentials = { accessKeyId: 'AKIA', secretAccessKey: 'secret' };
    const s3 = new S3Client({ region: 'eu-central-1', credentials });
    const client = new ImagePipelineClient({ stateMachineArn: MACHINE, stepFunctions: new FakeJobs().client, s3 });

    const url = new URL(await client.presign(image, { expiresInSeconds: 60 }));

    expect(url.host).toBe('archive.s3.eu-central-1.amazonaws.com');
    expect(url.pathname).toBe('/a/image-01.png');
    expect(url.searchParams.get('X-Amz-Expires')).toBe('60');
  });

  test.each([1, 604_800])('presign takes %p seconds', async (expiresInSeconds) => {
    const credentials = { accessKeyId: 'AKIA', secretAccessKey: 'secret' };
    const s3 = new S3Client({ region: 'eu-central-1', credentials });
    const client = new ImagePipelineClient({ stateMachineArn: MACHINE, stepFunctions: new FakeJobs().client, s3 });

    const url = new URL(await client.presign(image, { expiresInSeconds }));

    expect(url.searchParams.get('X-Amz-Expires')).toBe(String(expiresInSeconds));
  });

  test.each([0, -1, NaN, 1.5, 604_801, Infinity])('presign refuses %p seconds', async (expiresInSeconds) => {
    const refused = withJobs().client.presign(image, { expiresInSeconds });

    await expect(refused).rejects.toBeInstanceOf(ImagePipelineError);
    await expect(refused).rejects.toThrow(`a whole number from 1 to 604800, got ${expiresInSeconds}`);
  });

  test('save writes what the job says, or nothing', async () => {
    jest.useRealTimers();
    const { client, s3 } = withJobs();
    s3.objects.push({ bucket: 'archive', key: image.key, body: png });

    await client.save(archived, join(folder, 'new/one.png'));
    expect(readFileSync(join(folder, 'new/one.png'))).toEqual(png);

    const damaged = client.save({ ...archived, sha256: '0'.repeat(64) }, join(folder, 'two.png'));
    await expect(damaged).rejects.toBeInstanceOf(ImageDamagedError);
    expect(existsSync(join(folder, 'two.png'))).toBe(false);
    expect(existsSync(join(folder, 'two.png.part'))).toBe(false);
  });

  test('uploadReference names a picture by its content, whose checksum S3 verifies', async () => {
    const { client, s3 } = withJobs();

    const url = await client.uploadReference(png);

    expect(url).toBe(`s3://archive/references/${sha256}.png`);
    expect(s3.objects).toMatchObject([
      { contentType: 'image/png', body: png, sha256: Buffer.from(sha256, 'hex').toString('base64') },
    ]);
    expect(await client.uploadReference(png)).toBe(url);
  });

  test.each([
    ['a JPEG with fill bytes', jpegOf(30, 20, { fill: 3 }), 'jpg', 'image/jpeg'],
    ['a JPEG whose pixels can not be read', jpegOf(30, 0), 'jpg', 'image/jpeg'],
    ['a WebP', webp.lossless(30, 20), 'webp', 'image/webp'],
  ])('uploadReference takes %s', async (_, bytes, extension, contentType) => {
    const { client, s3 } = withJobs();

    const url = await client.uploadReference(bytes);

    const name = createHash('sha256').update(bytes).digest('hex');
    expect(url).toBe(`s3://archive/references/${name}.${extension}`);
    expect(s3.objects).toMatchObject([{ contentType, body: bytes }]);
  });

  test.each([
    ['no picture', Buffer.from('hello')],
    ['a GIF', Buffer.from('R0lGODlhAQABAAAAACwAAAAAAQABAAA=', 'base64')],
    ['a file that is not there', '/nonexistent/photo.png'],
    ['too large', new Uint8Array(50_000_001)],
  ])('uploadReference refuses %s', async (_, file) => {
    jest.useRealTimers();
    const { client, s3 } = withJobs();

    await expect(client.uploadReference(file)).rejects.toBeInstanceOf(InvalidReferenceError);
    expect(s3.objects).toEqual([]);
  });
});

test.each(['', 'arn:aws:states:eu-central-1:111122223333:execution:Images:a', 'arn:aws:s3:::bucket'])(
  '"%s" is no state machine',
  (stateMachineArn) => {
    const made = () => new ImagePipelineClient({ stateMachineArn });

    expect(made).toThrow(InvalidStateMachineArnError);
    expect(made).toThrow(`got ${stateMachineArn || 'nothing'}`);
  },
);

test.each([
  ['1', 'version 1'],
  ['live', 'the alias live'],
])('an ARN that ends in :%s is told to be that of %s', (qualifier, what) => {
  const made = () => new ImagePipelineClient({ stateMachineArn: `${MACHINE}:${qualifier}` });

  expect(made).toThrow(InvalidStateMachineArnError);
  expect(made).toThrow(`is the ARN of ${what}, and jobs belong to the state machine itself: give ${MACHINE}`);
});

test('estimate tells the cost without calling anybody', () => {
  const { client, jobs } = withJobs();

  expect(client.estimate({ size: '1:1', quality: 'low' }).credits.upper).toBe('0.3599');
  expect(jobs.calls).toEqual([]);
});
