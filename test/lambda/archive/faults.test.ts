/**
 * The archive meets faults half-way: whatever is finished is not fetched again, the manifest appears only when all is
 * there, and nothing of a paid task is given up.
 */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { archive } from '../../../lambda/archive/archive';
import type { DownloadOptions } from '../../../lambda/archive/download';
import { storeImage } from '../../../lambda/archive/store';
import { FakeS3 } from '../../support/fake-s3';
import { FileHost } from '../../support/file-host';
import { aJob, TASK_ID } from '../../support/jobs';
import { captureOutput } from '../../support/output';
import { ATTEMPT_ID, TestPipeline } from '../../support/pipeline';
import { pngOf } from '../../support/png';

const output = captureOutput();

let host: FileHost;
beforeAll(async () => {
  host = await FileHost.start();
});
afterEach(() => host.reset());
afterAll(() => host.close());

const PATHS = ['/0.png', '/1.png', '/2.png'];

/** A completed attempt with three images. */
async function completed(): Promise<TestPipeline> {
  const pipeline = new TestPipeline();
  await pipeline.open({ job: aJob({ n: 3 }), taskId: TASK_ID });
  const results = PATHS.map((path, index) => host.file(path, pngOf(32, 24, index)));
  await pipeline.book(await pipeline.attempt(), {
    ...{ status: 'COMPLETED', completedAt: pipeline.time, creditsUsed: 3_682, basis: 'credits_used' },
    outcome: { taskId: TASK_ID, results, usage: null },
  });
  return pipeline;
}

function run({ table, now }: TestPipeline, s3: FakeS3, options: Partial<DownloadOptions> = {}) {
  const dependencies = { table, now, download: host.options(options), s3: s3.client, bucket: 'archive' };
  return archive({ jobId: 'job-1', attempt: 1 }, dependencies);
}

const hits = () => PATHS.map((path) => host.hits(path));
const fault = (name: string) => Object.assign(new Error(name), { name });

/** S3 that answers with this fault, once, to the object whose key ends so. */
function s3Failing(name: string, ending: string): FakeS3 {
  let due = true;
  return new FakeS3((key) => {
    if (!due || !key.endsWith(ending)) return;
    due = false;
    throw fault(name);
  });
}

describe.each(['AccessDenied', 'SlowDown', 'InternalError'])('S3 answers %s', (name) => {
  test('to one image: the others are stored, and only that one is fetched again', async () => {
    const pipeline = await completed();
    const s3 = s3Failing(name, 'image-02.png');

    await expect(run(pipeline, s3)).rejects.toMatchObject({ name });
    expect(s3.keys().filter((key) => key.endsWith('manifest.json'))).toEqual([]);
    expect((await pipeline.attempt()).archivedAt).toBeUndefined();
    expect(await pipeline.openAttempts()).toEqual([ATTEMPT_ID]);

    await expect(run(pipeline, s3)).resolves.toMatchObject({ partial: false });
    expect(hits()).toEqual([1, 2, 1]);
    expect(s3.keys().at(-1)).toMatch(/manifest\.json$/);
  });

  test('to the manifest: no image is fetched again, and the job is counted once', async () => {
    const pipeline = await completed();
    const s3 = s3Failing(name, 'manifest.json');

    await expect(run(pipeline, s3)).rejects.toMatchObject({ name });
    expect(output.valuesOf('JobsSucceeded')).toEqual([]);
    await run(pipeline, s3);

    expect(hits()).toEqual([1, 1, 1]);
    expect(output.valuesOf('JobsSucceeded')).toHaveLength(1);
    expect((await pipeline.attempt()).archivedAt).toBe(pipeline.time);
  });
});

test('the table throttles the record of an image: it is fetched again, to the same key with the same bytes', async () => {
  const pipeline = await completed();
  const s3 = new FakeS3();
  pipeline.memory.failNext('PutCommand', fault('ProvisionedThroughputExceededException'));

  await expect(run(pipeline, s3)).rejects.toMatchObject({ name: 'ProvisionedThroughputExceededException' });
  await run(pipeline, s3);

  expect(hits().sort()).toEqual([1, 1, 2]);
  expect(new Set(s3.keys()).size).toBe(4);
  expect(new Set(s3.objects.map(({ sha256 }) => sha256)).size).toBe(4);
});

test('a run that is killed between two images: the next one goes on where it ended', async () => {
  const pipeline = await completed();
  const never = new FakeS3((key) => (key.endsWith('image-01.png') ? undefined : new Promise(() => undefined)));
  void run(pipeline, never);
  while ((await pipeline.table.load(ATTEMPT_ID))?.images.size !== 1) await new Promise(setImmediate);

  const s3 = new FakeS3();
  await expect(run(pipeline, s3)).resolves.toMatchObject({ partial: false });

  expect(host.hits('/0.png')).toBe(1);
  expect(s3.keys()).toHaveLength(3);
});

test('a paid result on a host that is not allowed: its link is kept, and it is archived once the list is mended', async () => {
  const pipeline = await completed();
  const s3 = new FakeS3();

  await expect(run(pipeline, s3, { resultHosts: ['files.evolink.ai'] })).rejects.toMatchObject({
    name: 'ResultBlocked',
  });
  expect(hits()).toEqual([0, 0, 0]);
  expect((await pipeline.table.load(ATTEMPT_ID))?.outcome?.results).toHaveLength(3);
  expect(await pipeline.openAttempts()).toEqual([ATTEMPT_ID]);

  await expect(run(pipeline, s3, { resultHosts: ['127.0.0.1'] })).resolves.toMatchObject({ partial: false });
  expect(hits()).toEqual([1, 1, 1]);
});

test.each([
  ['is gone', 'ENOENT', join(tmpdir(), 'no-such-file')],
  ['cannot be read', 'EISDIR', tmpdir()],
])(
  'a file that %s before it is stored is an error of its run, and not the end of the process',
  async (_, code, file) => {
    const s3 = new FakeS3(() => new Promise((resolve) => setImmediate(resolve)));
    const target = { bucket: 'archive', key: 'k', contentType: 'image/png' };
    await expect(storeImage(s3.client, target, file, { bytes: 1, sha256: '00' })).rejects.toMatchObject({ code });
    expect(s3.objects).toEqual([]);
  },
);
