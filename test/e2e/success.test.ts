/** The three example requests, from StartExecution to files in S3, under an application's rights. */
import { imageSize } from 'image-size';
import { createHash } from 'node:crypto';
import { DIMENSION, METRIC, STATE } from '../../domain/constants';
import type { JobOutput } from '../../domain/job';
import {
  enteredStates,
  eventually,
  exampleRequest,
  freshStart,
  getJson,
  getObject,
  metricSum,
  metricValues,
  runJob,
  simulator,
} from './support/pipeline';

const EXAMPLES = [
  { name: 'text-to-image', pixels: [{ width: 1360, height: 768 }] },
  { name: 'edit-with-reference', pixels: [{ width: 1248, height: 832 }] },
  {
    name: 'two-images',
    pixels: [
      { width: 1024, height: 1024 },
      { width: 1024, height: 1024 },
    ],
  },
];

/** EvoLink's booking unit is 10^-4 credit; sums are compared in it. */
const units = (credits: string | number) => Math.round(Number(credits) * 10_000);

interface Ended {
  readonly output: JobOutput;
  readonly states: readonly string[];
}

const ended = new Map<string, Ended>();
let started: Date;

function outputOf(name: string): JobOutput {
  const job = ended.get(name);
  if (!job) throw new Error(`${name} did not run`);
  return job.output;
}

beforeAll(async () => {
  started = await freshStart();
  const runs = EXAMPLES.map(async ({ name }) => {
    const { executionArn, status, output, error, cause } = await runJob(exampleRequest(name));
    if (status !== 'SUCCEEDED' || !output) throw new Error(`${name} ended as ${status}: ${error} ${cause}`);
    ended.set(name, { output, states: await enteredStates(executionArn) });
  });
  await Promise.all(runs);
}, 120_000);

describe.each(EXAMPLES)('$name', ({ name, pixels }) => {
  test('passes through the states of the success path, once each', () => {
    expect(ended.get(name)?.states).toEqual([STATE.validate, STATE.isValid, STATE.generate, STATE.archive]);
  });

  test('leaves every image in S3, in the pixels that were asked for', async () => {
    const { images, partial } = outputOf(name);

    const files = await Promise.all(images.map(({ key }) => getObject(key)));

    expect(partial).toBe(false);
    expect(files.map(({ bytes }) => imageSize(bytes))).toEqual(
      pixels.map((size) => expect.objectContaining({ ...size, type: 'png' })),
    );
    expect(images.map(({ width, height }) => ({ width, height }))).toEqual(pixels);
    expect(files.map(({ contentType }) => contentType)).toEqual(images.map(({ content_type }) => content_type));
  });

  test('states the size and the SHA-256 of each file', async () => {
    const { images } = outputOf(name);

    const files = await Promise.all(images.map(({ key }) => getObject(key)));

    const found = files.map(({ bytes }) => ({
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    }));
    expect(images.map(({ bytes, sha256 }) => ({ bytes, sha256 }))).toEqual(found);
  });

  test('lays the files out by tenant, day and job, beside a manifest that says what the output says', async () => {
    const output = outputOf(name);
    const day = output.timings.started_at.slice(0, 10).replaceAll('-', '/');
    const folder = `default/${day}/${output.job_id}`;

    const manifest = await getJson(`${folder}/manifest.json`);

    const keys = pixels.map((_, index) => `${folder}/image-0${index + 1}.png`);
    expect(output.images.map(({ key }) => key)).toEqual(keys);
    expect(manifest).toMatchObject(JSON.parse(JSON.stringify(output)) as object);
  });

  test('books exactly what EvoLink charged for the task', async () => {
    const { task_id, credits } = outputOf(name);

    const task = (await simulator.tasks()).find(({ id }) => id === task_id);

    expect(credits.basis).toBe('billing');
    expect(units(credits.used)).toBe(units(task?.creditsUsed ?? 'NaN'));
    expect(units(credits.used)).toBeGreaterThan(0);
    expect(units(credits.estimated)).toBeGreaterThanOrEqual(units(credits.used));
  });
});

test('one paid task per job, and one download per image, without our key', async () => {
  const tasks = await simulator.tasks();

  expect(tasks).toHaveLength(EXAMPLES.length);
  expect(new Set(tasks.map(({ id }) => id))).toEqual(new Set(EXAMPLES.map(({ name }) => outputOf(name).task_id)));
  expect(tasks.map(({ downloads }) => downloads.length).sort()).toEqual([1, 1, 2]);
  expect(tasks.flatMap(({ downloads }) => downloads).filter(({ sentAuthorization }) => sentAuthorization)).toEqual([]);
});

describe('metrics', () => {
  const total = () => EXAMPLES.reduce((sum, { name }) => sum + units(outputOf(name).credits.used), 0);

  test("the credits booked are the simulated account's bill", async () => {
    const { creditsUsed } = await simulator.bill();

    expect(total()).toBe(units(creditsUsed));
    await eventually(async () => {
      expect(units(await metricSum({ name: METRIC.creditsUsed, since: started }))).toBe(total());
    });
  });

  test('credits can be read per model and quality', async () => {
    const low = units(outputOf('edit-with-reference').credits.used) + units(outputOf('two-images').credits.used);
    const dimensions = { [DIMENSION.model]: 'gpt-image-2', [DIMENSION.quality]: 'low' };

    await eventually(async () => {
      expect(units(await metricSum({ name: METRIC.creditsUsed, dimensions, since: started }))).toBe(low);
    });
  });

  test('images, jobs and the way each task was found are counted', async () => {
    await eventually(async () => {
      const sums = await Promise.all(
        [METRIC.images, METRIC.jobsSucceeded, METRIC.completedByCallback].map((name) =>
          metricSum({ name, since: started }),
        ),
      );
      expect(sums).toEqual([4, 3, 3]);
    });
    expect(await metricSum({ name: METRIC.jobsFailed, since: started })).toBe(0);
  });

  test.each([METRIC.submitToCallbackSeconds, METRIC.callbackToArchivedSeconds])(
    '%s is measured for every job',
    async (name) => {
      await eventually(async () => {
        expect(await metricSum({ name, since: started, statistic: 'SampleCount' })).toBe(EXAMPLES.length);
      });
      const longest = await metricValues({ name, since: started, statistic: 'Maximum' });
      expect(Math.max(...longest)).toBeGreaterThan(0);
      expect(Math.max(...longest)).toBeLessThan(60);
    },
  );
});
