import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import type { JobOutput } from '../../../domain/job';
import { archive, type ArchiveEvent } from '../../../lambda/archive/archive';
import { download } from '../../../lambda/archive/download';
import { attemptPartition } from '../../../lambda/shared/attempts/items';
import { FakeS3 } from '../../support/fake-s3';
import { FileHost } from '../../support/file-host';
import { DEFAULT_PRICES } from '../../../domain/prices';
import { aJob, TASK_ID } from '../../support/jobs';
import { captureOutput } from '../../support/output';
import { ATTEMPT_ID, TestPipeline } from '../../support/pipeline';
import { jpegOf } from '../../support/pictures';
import { pngOf } from '../../support/png';

const output = captureOutput();
const FOLDER = 'team/shop/2026/11/02/job-1/';

let host: FileHost;
beforeAll(async () => {
  host = await FileHost.start();
});
afterEach(() => host.reset());
afterAll(() => host.close());

class Archive extends TestPipeline {
  s3 = new FakeS3();
  readonly download = host.options();

  run(event: ArchiveEvent = { jobId: 'job-1', attempt: 1 }): Promise<JobOutput> {
    const { table, now, download } = this;
    return archive(event, { table, now, download, s3: this.s3.client, bucket: 'archive' });
  }
}

/** A completed attempt whose images are ready to be fetched. */
async function completed(results: string[], input: object = {}): Promise<Archive> {
  const pipeline = new Archive();
  const request = { n: results.length || 1, tenant: 'shop', output_prefix: 'team', metadata: { order: '7' }, ...input };
  await pipeline.open({ job: aJob(request), taskId: TASK_ID });
  pipeline.time += 41_000;
  await pipeline.book(await pipeline.attempt(), {
    ...{ status: 'COMPLETED', completedAt: pipeline.time, creditsUsed: 3_682, basis: 'credits_used' },
    outcome: { taskId: TASK_ID, results, usage: '{"credits_used":0.3682}' },
  });
  await pipeline.table.markDelivered(await pipeline.attempt(), false);
  pipeline.time += 2_500;
  return pipeline;
}

const images = (count: number) =>
  Array.from({ length: count }, (_, index) => host.file(`/${index}.png`, pngOf(32 + index, 24, index)));

test('stores every image under its key, verified by its checksum, and the manifest last', async () => {
  const pipeline = await completed(images(5));

  const { images: archived } = await pipeline.run();

  const keys = [1, 2, 3, 4, 5].map((number) => `${FOLDER}image-0${number}.png`);
  expect(archived.map(({ key }) => key)).toEqual(keys);
  expect([...pipeline.s3.keys()].sort()).toEqual([...keys, `${FOLDER}manifest.json`]);
  expect(pipeline.s3.keys().at(-1)).toBe(`${FOLDER}manifest.json`);
  for (const [index, image] of archived.entries()) {
    const body = pngOf(32 + index, 24, index);
    const object = pipeline.s3.objects.find(({ key }) => key === image.key);
    const digest = createHash('sha256').update(body);
    expect(object).toMatchObject({ bucket: 'archive', contentType: 'image/png', body });
    expect(image.sha256).toBe(digest.copy().digest('hex'));
    expect(object?.sha256).toBe(digest.digest('base64'));
  }
});

test('the output is the whole contract', async () => {
  const pipeline = await completed(images(1));
  const job = aJob({ tenant: 'shop', output_prefix: 'team', metadata: { order: '7' } });

  const result = await pipeline.run();

  const body = pngOf(32, 24, 0);
  expect(result).toEqual<JobOutput>({
    job_id: 'job-1',
    task_id: TASK_ID,
    attempt: 1,
    tenant: 'shop',
    images: [
      {
        ...{ bucket: 'archive', key: `${FOLDER}image-01.png`, bytes: body.length, content_type: 'image/png' },
        ...{ sha256: createHash('sha256').update(body).digest('hex'), width: 32, height: 24 },
      },
    ],
    requested: job.requested,
    partial: false,
    warnings: [],
    estimate: {
      capped: true,
      per_image: {
        likely: { output: '0.20196', references: '0', text: '0.004896', total: '0.206856' },
        upper: { output: '0.20196', references: '0', text: '0.019278', total: '0.221238' },
      },
      credits: { likely: '0.2069', upper: '0.2213' },
      usd: { likely: '0.003043', upper: '0.003254' },
      price_table: DEFAULT_PRICES.version,
    },
    credits: { estimated: String(job.estimate.creditsUpper / 10_000), used: '0.3682', basis: 'credits_used' },
    cost_usd: '0.005415',
    usage: { credits_used: 0.3682 },
    metadata: { order: '7' },
    timings: {
      ...{ started_at: '2026-11-02T23:59:58.123Z', submitted_at: '2026-11-03T00:00:00.000Z' },
      ...{ completed_at: '2026-11-03T00:00:41.000Z', archived_at: '2026-11-03T00:00:43.500Z' },
      ...{ submit_to_complete_seconds: 41, complete_to_archived_seconds: 2.5 },
    },
  });
  expect(JSON.parse(pipeline.s3.objects.at(-1)?.body.toString() ?? '')).toMatchObject(result);
});

test('two runs at once count once', async () => {
  const pipeline = await completed(images(2));
  await Promise.all([pipeline.run(), pipeline.run()]);
  expect(output.valuesOf('Images')).toEqual([{ value: 2, dimensions: {} }]);
  expect(output.valuesOf('JobsSucceeded')).toEqual([{ value: 1, dimensions: {} }]);
});

test('each file is removed as soon as its image is stored: the room in /tmp is for three at a time', async () => {
  const pipeline = await completed(images(8));
  const left: number[] = [];
  const mkdtemp = jest.spyOn(fs, 'mkdtemp');
  pipeline.s3 = new FakeS3(async () => {
    const folder = await mkdtemp.mock.results[0]?.value;
    left.push((await fs.readdir(folder as string).catch(() => [])).length);
  });

  await pipeline.run();

  mkdtemp.mockRestore();
  expect(Math.max(...left)).toBeGreaterThan(0);
  expect(Math.max(...left)).toBeLessThanOrEqual(3);
});

test('counts what it archived and closes the attempt', async () => {
  const pipeline = await completed(images(2));
  await pipeline.run();
  expect(output.valuesOf('Images')).toEqual([{ value: 2, dimensions: {} }]);
  expect(output.valuesOf('JobsSucceeded')).toEqual([{ value: 1, dimensions: {} }]);
  expect(output.valuesOf('CallbackToArchivedSeconds')).toEqual([{ value: 2.5, dimensions: {} }]);
  expect((await pipeline.attempt()).archivedAt).toBe(pipeline.time);
  expect(await pipeline.openAttempts()).toEqual([]);
});

describe('an image that is unusual is stored all the same, and the output says so', () => {
  const manifestOf = (pipeline: Archive) => JSON.parse(pipeline.s3.objects.at(-1)?.body.toString() ?? '') as JobOutput;

  test('a legal JPEG with fill bytes is as good as any', async () => {
    const bytes = readFileSync(join(__dirname, '../../support/cases/jpeg-with-fill-bytes.jpg'));
    const pipeline = await completed([host.file('/a', bytes)]);

    const output = await pipeline.run();

    expect(output.images).toMatchObject([
      { key: `${FOLDER}image-01.jpg`, content_type: 'image/jpeg', width: 768, height: 512 },
    ]);
    expect(output.warnings).toEqual([]);
    expect(pipeline.s3.objects[0]).toMatchObject({ contentType: 'image/jpeg', body: bytes });
  });

  test('without pixels where they can not be read', async () => {
    const pipeline = await completed([...images(1), host.file('/a', jpegOf(300, 0))]);

    const output = await pipeline.run();

    const [, image] = output.images;
    expect(image).toMatchObject({ key: `${FOLDER}image-02.jpg`, content_type: 'image/jpeg' });
    expect(image).not.toHaveProperty('width');
    expect(image).not.toHaveProperty('height');
    expect(output.warnings.filter(({ path }) => path !== 'n')).toEqual([
      { code: 'pixels_unreadable', path: 'images[1]', message: expect.any(String) },
    ]);
    expect(manifestOf(pipeline)).toEqual(output);
    expect(pipeline.s3.objects.find(({ key }) => key === image?.key)?.body).toEqual(jpegOf(300, 0));
  });

  test('as bytes where they belong to no known kind', async () => {
    const bytes = Buffer.from('ff0afa7f00000001', 'hex');
    const pipeline = await completed([host.file('/a', bytes, { 'content-type': 'image/jxl' })]);

    const output = await pipeline.run();

    expect(output.images).toMatchObject([
      { key: `${FOLDER}image-01.bin`, content_type: 'application/octet-stream', bytes: bytes.length },
    ]);
    expect(output.warnings.map(({ code, path }) => [code, path])).toEqual([
      ['image_kind_unknown', 'images[0]'],
      ['pixels_unreadable', 'images[0]'],
    ]);
    expect(pipeline.s3.objects[0]).toMatchObject({ contentType: 'application/octet-stream', body: bytes });
  });

  test('also when it came over http; and a run after that says the same', async () => {
    const plain = await FileHost.startPlain();
    try {
      const pipeline = await completed([plain.file('/a.png', pngOf(32, 24))]);

      const output = await pipeline.run();

      expect(output.images).toMatchObject([{ fetched_over_http: true, width: 32, height: 24 }]);
      expect(output.warnings).toEqual([{ code: 'fetched_over_http', path: 'images[0]', message: expect.any(String) }]);
      expect(manifestOf(pipeline)).toEqual(output);
      await expect(pipeline.run()).resolves.toEqual(output);
    } finally {
      plain.close();
    }
  });

  test('after the warnings of the request', async () => {
    const pipeline = await completed([host.file('/a', jpegOf(300, 0))], { size: 'auto', resolution: '2K' });
    const { warnings } = await pipeline.run();
    expect(warnings.map(({ path }) => path)).toEqual(['resolution', 'images[0]']);
  });
});

test('every link of EvoLink is stored, also where it gave more than were asked for', async () => {
  const pipeline = await completed(images(3), { n: 1 });
  const { images: archived, partial } = await pipeline.run();
  expect([archived.length, partial]).toEqual([3, false]);
  expect(pipeline.s3.keys()).toHaveLength(4);
});

describe('a task beside the attempt of its job', () => {
  const STRAY_ID = 'stray567890123456789ab';

  /** Beside a finished attempt 1: a row of its own, found by its id alone. */
  async function withStray(): Promise<Archive> {
    const pipeline = await completed(images(1));
    const own = pipeline.memory.items().filter(({ pk }) => pk === attemptPartition(ATTEMPT_ID));
    for (const item of own) {
      const stray = item.sk === 'attempt' ? { attemptId: STRAY_ID, strayOf: ATTEMPT_ID } : {};
      const results = item.sk === 'outcome' ? { results: [host.file('/stray.png', pngOf(64, 64))] } : {};
      pipeline.memory.seed({ ...item, ...stray, ...results, pk: attemptPartition(STRAY_ID) });
    }
    return pipeline;
  }

  test('has a folder of its own, so that nothing of the job is overwritten', async () => {
    const pipeline = await withStray();
    await pipeline.run();

    const output = await pipeline.run({ jobId: 'job-1', attempt: 1, attemptId: STRAY_ID });

    expect(output.images).toMatchObject([{ key: `${FOLDER}stray-stray567/image-01.png`, width: 64 }]);
    expect(pipeline.s3.keys()).toEqual([
      `${FOLDER}image-01.png`,
      `${FOLDER}manifest.json`,
      `${FOLDER}stray-stray567/image-01.png`,
      `${FOLDER}stray-stray567/manifest.json`,
    ]);
    expect((await pipeline.attempt(STRAY_ID)).archivedAt).toBe(pipeline.time);
  });

  test('is not archived for another job', async () => {
    const pipeline = await withStray();
    const run = pipeline.run({ jobId: 'job-2', attempt: 1, attemptId: STRAY_ID });
    await expect(run).rejects.toMatchObject({ name: 'AttemptNotFound' });
    expect(pipeline.s3.keys()).toEqual([]);
  });
});

test('fewer images than asked for are a partial success', async () => {
  const pipeline = await completed(images(2), { n: 3 });
  await expect(pipeline.run()).resolves.toMatchObject({ partial: true, requested: { n: 3 } });
});

test('a run after it is archived gives the same output without fetching, storing or counting', async () => {
  const pipeline = await completed(images(2));
  const first = await pipeline.run();
  pipeline.time += 3_600_000;
  host.reset();
  const stored = pipeline.s3.objects.length;

  await expect(pipeline.run()).resolves.toEqual(first);

  expect(host.seen).toEqual([]);
  expect(pipeline.s3.objects).toHaveLength(stored);
  expect(output.valuesOf('Images')).toHaveLength(1);
});

describe('a run that fails', () => {
  test('leaves no manifest; the next one fetches only what is missing', async () => {
    const pipeline = await completed(images(4));
    host.status('/2.png', 503);
    await expect(pipeline.run()).rejects.toMatchObject({ name: 'ResultUnavailable' });
    expect(pipeline.s3.keys()).not.toContain(`${FOLDER}manifest.json`);
    expect((await pipeline.attempt()).archivedAt).toBeUndefined();
    expect(output.metrics()).toEqual([]);

    images(4);
    await expect(pipeline.run()).resolves.toMatchObject({ partial: false });
    expect([0, 1, 2, 3].map((index) => host.hits(`/${index}.png`))).toEqual([1, 1, 2, 1]);
    expect((await pipeline.attempt()).archivedAt).toBe(pipeline.time);
  });

  test('gives every image its chance, however many fail', async () => {
    const pipeline = await completed(images(10));
    for (const index of [0, 1, 2, 3]) host.status(`/${index}.png`, 404);
    await expect(pipeline.run()).rejects.toMatchObject({ name: 'ResultExpired' });
    expect(pipeline.s3.keys()).toHaveLength(6);
    expect((await pipeline.table.load(ATTEMPT_ID))?.images.size).toBe(6);
  });

  test('while storing is repeated as a whole for that image', async () => {
    const pipeline = await completed(images(1));
    pipeline.s3 = new FakeS3(() => Promise.reject(new Error('SlowDown')));
    await expect(pipeline.run()).rejects.toThrow('SlowDown');
    pipeline.s3 = new FakeS3();
    await pipeline.run();
    expect(host.hits('/0.png')).toBe(2);
  });

  test('after the manifest is stored closes the attempt when it is run again', async () => {
    const pipeline = await completed(images(1));
    pipeline.memory.failNext('UpdateCommand', new Error('crash'));
    await expect(pipeline.run()).rejects.toThrow('crash');
    await expect(pipeline.run()).resolves.toMatchObject({ job_id: 'job-1' });
    expect(host.hits('/0.png')).toBe(1);
    expect(output.valuesOf('JobsSucceeded')).toHaveLength(1);
  });

  test.each<[string, string, () => string]>([
    [
      'html',
      'ResultNotAnImage',
      () => host.file('/x', '<html><body>expired</body></html>', { 'content-type': 'image/png' }),
    ],
    ['an empty file', 'ResultNotAnImage', () => host.file('/x', '')],
    [
      'a drawing in XML',
      'ResultNotAnImage',
      () => host.file('/x', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    ],
    ['an expired link', 'ResultExpired', () => host.status('/x', 410)],
    ['a link to a private network', 'ResultBlocked', () => 'https://10.0.0.1/x'],
    ['an http link to a private network', 'ResultBlocked', () => 'http://10.0.0.1/x'],
  ])('%s is %s, and is not stored', async (_, name, arrange) => {
    const pipeline = await completed([arrange()]);
    await expect(pipeline.run()).rejects.toMatchObject({ name });
    expect(pipeline.s3.objects).toEqual([]);
  });

  test('leaves nothing behind in the temporary folder', async () => {
    const made = jest.spyOn(fs, 'mkdtemp');
    const pipeline = await completed(images(2));
    host.status('/1.png', 500);
    await expect(pipeline.run()).rejects.toThrow();
    expect(made).toHaveBeenCalledTimes(1);
    await expect(fs.access(String(await made.mock.results[0]?.value))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

test('never has more than three images in hand at once', async () => {
  const links = images(9);
  let inHand = 0;
  let most = 0;
  for (const index of links.keys()) {
    host.on(`/${index}.png`, (_, response) => {
      most = Math.max(most, ++inHand);
      response.end(pngOf(16, 16, index));
    });
  }
  const pipeline = await completed(links);
  // No image is put away before three are in hand, and then only after a round trip: others had time to come.
  pipeline.s3 = new FakeS3(async () => {
    while (most < 3) await new Promise(setImmediate);
    await download(host.file('/ping', 'x'), '/dev/null', pipeline.download);
    inHand--;
  });
  await pipeline.run();
  expect(most).toBe(3);
});

test.each(['SUBMITTED', 'FAILED'])('an attempt that is %s, or not there, has nothing to archive', async (status) => {
  const pipeline = await completed(images(1));
  const row = pipeline.memory.items().find(({ sk }) => sk === 'attempt');
  pipeline.memory.seed({ ...row, status });
  await expect(pipeline.run()).rejects.toMatchObject({ name: 'AttemptNotFound' });
  await expect(pipeline.run({ jobId: 'job-9', attempt: 1 })).rejects.toMatchObject({ name: 'AttemptNotFound' });
  expect(pipeline.s3.objects).toEqual([]);
});

test('nor has one without links: no manifest says that all is there', async () => {
  const pipeline = await completed([]);
  await expect(pipeline.run()).rejects.toMatchObject({ name: 'AttemptNotFound' });
  expect(pipeline.s3.keys()).toEqual([]);
});

test('neither a link nor the metadata is logged', async () => {
  const pipeline = await completed(images(1));
  await pipeline.run();
  expect(output.text()).not.toContain('0.png');
  expect(output.text()).not.toContain('order');
});
