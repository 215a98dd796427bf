/** Images of a job that is over are saved all the same, and everything says so. */
import { archive } from '../../../lambda/archive/archive';
import { recordLost } from '../../../lambda/shared/attempts/record-unknown';
import { readRequestFacts } from '../../../lambda/shared/attempts/requests';
import { FakeS3 } from '../../support/fake-s3';
import { FileHost } from '../../support/file-host';
import { aJob, TASK_ID } from '../../support/jobs';
import type { MemoryTableOptions } from '../../support/memory-table';
import { captureOutput } from '../../support/output';
import { TestPipeline } from '../../support/pipeline';
import { pngOf } from '../../support/png';

const output = captureOutput();

let host: FileHost;
beforeAll(async () => {
  host = await FileHost.start();
});
afterEach(() => host.reset());
afterAll(() => host.close());

const EVENT = { jobId: 'job-1', attempt: 1 };

class Archive extends TestPipeline {
  readonly s3 = new FakeS3();

  run() {
    const { table, now } = this;
    return archive(EVENT, { table, now, download: host.options(), s3: this.s3.client, bucket: 'archive' });
  }

  async orphan(): Promise<void> {
    expect(await this.table.markOrphaned(await this.attempt())).toBe(true);
  }

  async end(): Promise<void> {
    await this.book(await this.attempt(), {
      ...{ status: 'COMPLETED', completedAt: this.time, creditsUsed: 3_682, basis: 'credits_used' },
      outcome: {
        taskId: TASK_ID,
        results: [0, 1].map((index) => host.file(`/${index}.png`, pngOf(32 + index, 24, index))),
        usage: null,
      },
    });
  }

  /** The latest one. */
  manifest(): unknown {
    const stored = this.s3.objects.findLast(({ key }) => key.endsWith('manifest.json'));
    return JSON.parse(stored?.body.toString() ?? '') as unknown;
  }
}

async function completed(options: MemoryTableOptions = {}): Promise<Archive> {
  const pipeline = new Archive(options);
  await pipeline.open({ job: aJob({ n: 2 }), taskId: TASK_ID });
  await pipeline.end();
  await pipeline.table.markDelivered(await pipeline.attempt(), false);
  pipeline.time += 2_500;
  return pipeline;
}

async function expectSalvaged(pipeline: Archive): Promise<void> {
  expect(pipeline.manifest()).toMatchObject({ salvaged: true, job_id: 'job-1' });
  expect(pipeline.ledger()).toMatchObject([{ state: 'booked', salvaged: true }]);
  expect(output.valuesOf('ImagesSalvaged')).toEqual([{ value: 2, dimensions: {} }]);
  expect(output.valuesOf('JobsSucceeded')).toEqual([]);
  expect(await pipeline.openAttempts()).toEqual([]);
}

test('an orphan is saved: manifest, ledger and metrics say so, and no job has succeeded', async () => {
  const pipeline = await completed();
  await pipeline.orphan();
  await expect(pipeline.run()).resolves.toMatchObject({ salvaged: true });
  await expectSalvaged(pipeline);
});

test('saved again it is the same, and counts once', async () => {
  const pipeline = await completed();
  await pipeline.orphan();
  const first = await pipeline.run();
  pipeline.time += 60_000;
  await expect(pipeline.run()).resolves.toEqual(first);
  await expectSalvaged(pipeline);
});

test('one that is cut short at the ledger is made good by the next', async () => {
  let armed = true;
  const pipeline: Archive = await completed({
    before: (name, { UpdateExpression = '' }) => {
      if (!armed || name !== 'UpdateCommand' || !String(UpdateExpression).includes('salvaged')) return;
      armed = false;
      throw new Error('throttled');
    },
  });
  await pipeline.orphan();
  await expect(pipeline.run()).rejects.toThrow('throttled');
  expect(await pipeline.openAttempts()).toHaveLength(1);
  await expect(pipeline.run()).resolves.toMatchObject({ salvaged: true });
  await expectSalvaged(pipeline);
});

test('an attempt that was given up before its end came is saved by nobody but a salvage', async () => {
  const pipeline = new Archive();
  await pipeline.open({ job: aJob({ n: 2 }), taskId: TASK_ID });
  const { client, tableName } = pipeline.memory;
  const request = await readRequestFacts(client, tableName, await pipeline.attempt());
  await recordLost({ client, tableName }, await pipeline.attempt(), request, pipeline.time);
  await pipeline.end();
  await expect(pipeline.run()).resolves.toMatchObject({ salvaged: true });
  const current = pipeline.ledger().filter(({ supersededAt }) => supersededAt === undefined);
  expect(current).toMatchObject([{ state: 'booked', salvaged: true }]);
  expect(output.valuesOf('JobsSucceeded')).toEqual([]);
});

test('a job that is stopped while its images are saved: the manifest is written anew', async () => {
  let stopped = false;
  const pipeline: Archive = await completed({
    before: async (name, { UpdateExpression = '' }) => {
      if (stopped || name !== 'UpdateCommand' || !String(UpdateExpression).includes('archivedAt')) return;
      stopped = true;
      expect(pipeline.manifest()).not.toHaveProperty('salvaged');
      await pipeline.orphan();
    },
  });
  await expect(pipeline.run()).resolves.toMatchObject({ salvaged: true });
  expect(stopped).toBe(true);
  await expectSalvaged(pipeline);
});

test('a job that goes on is not salvaged', async () => {
  const pipeline = await completed();
  await expect(pipeline.run()).resolves.not.toHaveProperty('salvaged');
  expect(pipeline.manifest()).not.toHaveProperty('salvaged');
  expect(pipeline.ledger()[0]).not.toHaveProperty('salvaged');
  expect(output.valuesOf('ImagesSalvaged')).toEqual([]);
  expect(output.valuesOf('JobsSucceeded')).toEqual([{ value: 1, dimensions: {} }]);
});
