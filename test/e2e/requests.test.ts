/** Requests at the edges of what is allowed. */
import { ExecutionAlreadyExists } from '@aws-sdk/client-sfn';
import { getJson, runJob, simulator, startJob, succeed, waitForEnd } from './support/pipeline';

const small = { size: '3:1', quality: 'low' };

test('the longest prompt, 60,000 bytes in characters of four, arrives at EvoLink to the last one', async () => {
  const prompt = '🚲'.repeat(15_000);

  const output = await succeed({ prompt, ...small });

  const task = (await simulator.tasks()).find(({ id }) => id === output.task_id);
  expect(Buffer.byteLength(prompt)).toBe(60_000);
  expect(task?.prompt === prompt).toBe(true);
  expect(output.warnings).toEqual([]);
});

test('what has no effect is a warning, in the output and in the manifest', async () => {
  const output = await succeed({ prompt: 'a bicycle', size: '1920×1088', resolution: '4k', quality: 'low' });

  const manifest = await getJson(output.images[0]?.key.replace(/[^/]+$/, 'manifest.json') ?? '');
  const task = (await simulator.tasks()).find(({ id }) => id === output.task_id);
  expect(output.warnings.map(({ path }) => path)).toEqual(['resolution']);
  expect(manifest.warnings).toEqual(output.warnings);
  expect(task?.request).toMatchObject({ size: '1920x1088' });
  expect(task?.request).not.toHaveProperty('resolution');
  expect(output.images).toMatchObject([{ width: 1920, height: 1088 }]);
});

test('tenant, prefix and metadata come back where they belong', async () => {
  const output = await succeed({
    prompt: 'a bicycle',
    ...small,
    tenant: 'team-a',
    output_prefix: 'campaigns/spring',
    metadata: { order: '42' },
  });

  expect(output.images[0]?.key).toMatch(/^campaigns\/spring\/team-a\/\d{4}\/\d\d\/\d\d\//);
  expect(output).toMatchObject({ tenant: 'team-a', metadata: { order: '42' } });
});

test('the beta model is billed per call', async () => {
  const output = await succeed({ prompt: 'a bicycle', model: 'gpt-image-2-beta', size: '1:1' });

  expect(output.credits).toMatchObject({ estimated: '1.02', used: '1.02' });
});

test('fewer images than asked for: partial, charged by what came', async () => {
  await simulator.script({ match: { promptIncludes: 'only one' }, task: { images: 1 } });

  const output = await succeed({ prompt: 'only one came', ...small, n: 4 });

  expect(output.partial).toBe(true);
  expect(output.images).toHaveLength(1);
  expect(Number(output.credits.used)).toBeLessThan(Number(output.credits.estimated) / 2);
});

test('the size that the model chose is the one on record', async () => {
  await simulator.script({ match: { promptIncludes: 'you choose' }, task: { size: { width: 1254, height: 1254 } } });

  const output = await succeed({ prompt: 'you choose', size: 'auto', quality: 'low' });

  expect(output.images).toMatchObject([{ width: 1254, height: 1254 }]);
  expect(output.requested).not.toHaveProperty('width');
});

test('without usage the held estimate is booked, and said to be assumed', async () => {
  await simulator.script({ match: { promptIncludes: 'no usage' }, task: { omitUsage: true, billing: 'absent' } });

  const output = await succeed({ prompt: 'no usage', ...small });

  expect(output.credits).toEqual({
    estimated: output.credits.estimated,
    used: output.credits.estimated,
    basis: 'assumed',
  });
  expect(output.usage).toBeNull();
});

test('a job id that was used cannot be used again', async () => {
  const { jobId, executionArn } = await startJob({ prompt: 'a bicycle', ...small });
  await waitForEnd(executionArn);

  await expect(startJob({ prompt: 'another bicycle', ...small }, { name: jobId })).rejects.toThrow(
    ExecutionAlreadyExists,
  );
});

test('a job id that could not be an S3 key is refused', async () => {
  const job = await runJob({ prompt: 'a bicycle', ...small }, { name: `e2e.${Date.now()}.dots` });

  expect(job).toMatchObject({ status: 'FAILED', error: 'InvalidRequest' });
});
