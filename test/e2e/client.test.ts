/** The client and the command line under an application's rights: the pipeline's `grantUse`, nothing else. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BudgetExceededError, ImagePipelineClient, JobCancelledError, JobIdTakenError } from '../../client';
import type { JobOutput } from '../../domain/job';
import { pngOf } from '../support/png';
import { appEnvironment } from './support/app-environment';
import { app, connection, getJson, getObject, settings, simulator } from './support/pipeline';

const { StateMachineArn: stateMachineArn, BucketName: bucketName } = connection.outputs;
const client = new ImagePipelineClient({ stateMachineArn, bucketName, stepFunctions: app.sfn, s3: app.s3 });
const request = { prompt: 'a red bicycle', size: '3:1', quality: 'low' } as const;
const run = Date.now().toString(36);
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'evolink-client-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('generate', () => {
  const jobId = `client-${run}`;
  let output: JobOutput;
  beforeAll(async () => {
    output = await client.generate(request, { jobId });
  });

  test('returns the output of the job', async () => {
    expect(output).toMatchObject({ job_id: jobId, images: [{ bucket: bucketName, content_type: 'image/png' }] });
    expect(await client.status(jobId)).toMatchObject({ state: 'SUCCEEDED', output });
  });

  test('the same id again returns the same, and pays nothing', async () => {
    const tasks = (await simulator.tasks()).length;

    expect(await client.generate(request, { jobId })).toEqual(output);
    expect(await simulator.tasks()).toHaveLength(tasks);
  });

  test('the same id for another request is refused', async () => {
    const other = client.generate({ ...request, prompt: 'a blue boat' }, { jobId });

    await expect(other).rejects.toBeInstanceOf(JobIdTakenError);
  });

  test('presign: anybody may fetch the image', async () => {
    const [image] = output.images;
    const response = await fetch(await client.presign(image, { expiresInSeconds: 60 }));

    expect(response.status).toBe(200);
    expect(sha256(new Uint8Array(await response.arrayBuffer()))).toBe(image?.sha256);
  });
});

test('a budget that is used up: its own class and figures, and a next id that works', async () => {
  const wish = { ...request, tenant: 'capped' };
  await settings.setBudgetLimit('tenant-capped-day', 0);
  const error = await client.generate(wish, { jobId: `capped-${run}` }).catch((thrown: unknown) => thrown);
  await settings.resetBudgetLimit('tenant-capped-day');

  expect(error).toBeInstanceOf(BudgetExceededError);
  const { charged, budget, limit, resetsAt, nextJobId } = error as BudgetExceededError;
  expect({ charged, budget, limit, nextJobId }).toEqual({
    charged: 'no',
    budget: 'tenant-capped-day',
    limit: '0',
    nextJobId: `capped-${run}-r2`,
  });
  expect(resetsAt?.getTime()).toBeGreaterThan(Date.now());
  await expect(client.generate(wish, { jobId: nextJobId })).resolves.toMatchObject({ tenant: 'capped' });
});

test('cancel: the job is stopped, and says so', async () => {
  await simulator.script({ match: { promptIncludes: 'unwanted' }, task: { processingMs: 60_000 } });
  const { jobId } = await client.start({ ...request, prompt: 'an unwanted bicycle' });

  expect(await client.cancel(jobId)).toMatchObject({ state: 'ABORTED' });
  await expect(client.wait(jobId)).rejects.toBeInstanceOf(JobCancelledError);
});

test('uploadReference: the picture is where the address says, and a job may use it', async () => {
  const picture = pngOf(32, 32, 7);

  const url = await client.uploadReference(picture);

  expect(url).toBe(`s3://${bucketName}/references/${sha256(picture)}.png`);
  expect(await getObject(new URL(url).pathname.slice(1))).toEqual({ bytes: picture, contentType: 'image/png' });
  const { requested } = await client.generate({ ...request, prompt: 'like the picture', image_urls: [url] });
  const [task] = (await simulator.tasks()).filter(({ prompt }) => prompt === 'like the picture');
  const [signed = ''] = task?.request.image_urls as string[];
  expect(requested.references).toBe(1);
  expect(Buffer.from(await (await fetch(signed)).arrayBuffer())).toEqual(picture);
});

describe('the command line', () => {
  async function cli(...args: string[]): Promise<string> {
    const env = await appEnvironment();
    const program = join(__dirname, '../../bin/evolink-images.mjs');
    const argv = [program, ...args, '--state-machine', stateMachineArn, '--json'];
    return (await promisify(execFile)(process.execPath, argv, { env, timeout: 120_000 })).stdout;
  }

  test("generate saves files whose SHA-256 is the manifest's", async () => {
    const text = await cli(
      'generate',
      'two bicycles',
      '--size',
      '3:1',
      '--quality',
      'low',
      '--n',
      '2',
      '--out',
      folder,
    );

    const { images, files, job_id } = JSON.parse(text) as JobOutput & { files: string[] };
    const manifest = await getJson(images[0].key.replace(/[^/]+$/, 'manifest.json'));
    expect(files).toEqual(['image-01.png', 'image-02.png'].map((name) => join(folder, job_id, name)));
    expect(files.map((file) => sha256(readFileSync(file)))).toEqual(
      (manifest.images as JobOutput['images']).map((image) => image.sha256),
    );
    const again = JSON.parse(await cli('save', job_id, '--out', join(folder, 'again'))) as { files: string[] };
    expect(again.files.map((file) => readFileSync(file))).toEqual(files.map((file) => readFileSync(file)));
    expect(JSON.parse(await cli('status', job_id))).toMatchObject({ state: 'SUCCEEDED', output: { job_id } });
  });

  test('jobs is for operators, and says so', async () => {
    await expect(cli('jobs')).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("operator's right") });
  });

  test('a job that failed leaves no file', async () => {
    const job = `cli-${run}`;
    const failed = cli('generate', 'a bicycle', '--max-credits', '0.0001', '--job', job, '--out', folder);

    const { code, stdout } = (await failed.catch((error: unknown) => error)) as { code: number; stdout: string };
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: 'CostLimitExceeded', charged: 'no', next_job_id: `${job}-r2` });
    expect(existsSync(join(folder, job))).toBe(false);
  });
});
