/** `submit` and references from S3: looked at before the POST, and signed for it alone. */
import { DeleteCommand } from '@aws-sdk/lib-dynamodb';
import { referencesKey } from '../../../lambda/shared/attempts/items';
import { closeServers, type Reply } from '../../evolink/support/servers';
import { BucketServer } from '../../support/bucket-server';
import { aJob, TASK_ID } from '../../support/jobs';
import { captureOutput } from '../../support/output';
import { ATTEMPT_ID } from '../../support/pipeline';
import { pngOf } from '../../support/png';
import { CREATED, refusal, Submissions } from '../../support/submissions';

const output = captureOutput();

let s3: BucketServer;
beforeEach(async () => {
  s3 = await BucketServer.start();
});
afterEach(() => {
  s3.close();
  closeServers();
});

const jobWith = (...image_urls: string[]) => aJob({ image_urls });

/** EvoLink's refusal of a reference, with the URL as it got it. */
const quoting = (body: string): Reply => {
  const [url] = (JSON.parse(body) as { image_urls: string[] }).image_urls;
  return { status: 400, body: { error: { code: 'invalid_request', message: `could not fetch ${url}`, type: 't' } } };
};

test('the POST carries the signed URL; the table, the answer and the logs keep the address of the object', async () => {
  const object = s3.put('refs', 'a.png', pngOf(4, 4), 'image/png');
  const pipeline = await Submissions.start({ bucketServer: s3, replies: [CREATED] });

  await pipeline.submit({ job: jobWith(object) });

  const [post] = pipeline.posts();
  const [sent] = post?.body.image_urls as string[];
  expect(sent).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/refs\/a\.png\?.*X-Amz-Signature=[0-9a-f]{64}/);
  const rows = JSON.stringify(pipeline.memory.items());
  expect(rows).toContain(object);
  expect(rows + output.text()).not.toMatch(/X-Amz-/);
});

test('what EvoLink quotes of it does not reach the job', async () => {
  const object = s3.put('refs', 'a.png', pngOf(4, 4), 'image/png');
  const pipeline = await Submissions.start({ bucketServer: s3, replies: [quoting] });

  await pipeline.submit({ job: jobWith(object) });

  const { error, facts } = pipeline.steps.onlyAnswer();
  expect(error).toBe('RequestRefused');
  expect(JSON.stringify(facts)).toContain('could not fetch');
  const everywhere = JSON.stringify(facts) + JSON.stringify(pipeline.memory.items()) + output.text();
  expect(everywhere).not.toMatch(/X-Amz-Signature=[0-9a-f]/);
});

test('an object that cannot be used ends the attempt unsent and uncharged, for good', async () => {
  const object = s3.put('refs', 'a.png', Buffer.from('<html>'), 'image/png');
  const pipeline = await Submissions.start({ bucketServer: s3 });

  await pipeline.submit({ job: jobWith(object) });

  const { error, facts } = pipeline.steps.onlyAnswer();
  expect(error).toBe('ReferenceImageUnusable');
  expect(facts).toMatchObject({ charged: 'no', problems: [{ code: 'object_not_an_image', got: object }] });
  expect('retry_after_seconds' in facts).toBe(false);
  expect(pipeline.posts()).toEqual([]);
  expect(await pipeline.attempt()).toMatchObject({ status: 'FAILED', creditsUsed: 0 });
  expect(pipeline.ledger()).toMatchObject([{ state: 'refunded', creditsUsed: 0 }]);
  expect(await pipeline.openAttempts()).toEqual([]);
});

test('a throttled S3 ends the attempt unsent, and another one is made', async () => {
  const object = s3.refuse('refs', 'a.png', 503, 'SlowDown');
  const pipeline = await Submissions.start({ bucketServer: s3 });

  await pipeline.submit({ job: jobWith(object) });

  const { error, facts } = pipeline.steps.onlyAnswer();
  expect([error, typeof facts.retry_after_seconds]).toEqual(['ReferenceUnavailable', 'number']);
  expect(facts).toMatchObject({ charged: 'no', reason: 'SlowDown' });
  expect(pipeline.posts()).toEqual([]);
  expect(await pipeline.attempt()).toMatchObject({ status: 'FAILED', creditsUsed: 0 });
});

describe('signed URLs and a repeat', () => {
  const kept = (pipeline: Submissions) => pipeline.memory.item(referencesKey(ATTEMPT_ID));

  test('a repeat has the URLs of the first POST, though they could be signed anew; then they are deleted', async () => {
    const object = s3.put('refs', 'a.png', pngOf(4, 4), 'image/png');
    const pipeline = await Submissions.start({ bucketServer: s3, replies: [refusal(503, 503), CREATED] });
    let whileItWaits: unknown;
    pipeline.onPause = () => (whileItWaits = kept(pipeline)?.imageUrls);

    await pipeline.submit({ job: jobWith(object, 'https://cdn.example.org/b.png') });

    const [first, second] = pipeline.posts().map(({ body }) => body.image_urls);
    expect(second).toEqual(first);
    expect(whileItWaits).toEqual(first);
    expect(kept(pipeline)).toBeUndefined();
  });

  test('they are kept before the POST, for no longer than they are good for', async () => {
    const object = s3.put('refs', 'a.png', pngOf(4, 4), 'image/png');
    let before: Record<string, unknown> | undefined;
    const pipeline: Submissions = await Submissions.start({
      bucketServer: s3,
      replies: [() => ((before = kept(pipeline)), CREATED)],
    });
    await pipeline.submit({ job: jobWith(object) });
    expect(before).toMatchObject({ expiresAt: Math.ceil(pipeline.time / 1_000) + 3_600 });
  });

  test('the sweep repeats with them, and deletes them after the link', async () => {
    const object = s3.put('refs', 'a.png', pngOf(4, 4), 'image/png');
    const replies = [refusal(503, 503, { 'retry-after': '60' }), CREATED];
    const pipeline = await Submissions.start({ bucketServer: s3, replies });
    await pipeline.submit({ job: jobWith(object) });
    expect(kept(pipeline)).toBeDefined();

    pipeline.time += 60_000;
    await pipeline.sweep();

    const [first, second] = pipeline.posts();
    expect(second?.body).toEqual(first?.body);
    expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTED', taskId: TASK_ID });
    expect(kept(pipeline)).toBeUndefined();
  });

  test('without them nothing is repeated: signed anew it would be another submission', async () => {
    const object = s3.put('refs', 'a.png', pngOf(4, 4), 'image/png');
    const replies = [refusal(503, 503, { 'retry-after': '60' }), CREATED];
    const pipeline = await Submissions.start({ bucketServer: s3, replies });
    await pipeline.submit({ job: jobWith(object) });
    await pipeline.memory.client.send(
      new DeleteCommand({ TableName: pipeline.memory.tableName, Key: referencesKey(ATTEMPT_ID) }),
    );
    pipeline.time += 60_000;
    await pipeline.sweep();
    expect(pipeline.posts()).toHaveLength(1);
    expect((await pipeline.attempt()).status).toBe('SUBMIT_UNKNOWN');
  });

  test('URLs that cannot be deleted are no reason to lose the task: they expire', async () => {
    const object = s3.put('refs', 'a.png', pngOf(4, 4), 'image/png');
    const pipeline = await Submissions.start({ bucketServer: s3 });
    pipeline.memory.failNext('DeleteCommand', new Error('away'));
    await pipeline.submit({ job: jobWith(object) });
    expect(await pipeline.attempt()).toMatchObject({ status: 'SUBMITTED', taskId: TASK_ID });
  });

  test('a job without objects of S3 keeps none', async () => {
    const pipeline = await Submissions.start({ replies: [refusal(500, 'internal_error')] });
    await pipeline.submit({ job: jobWith('https://cdn.example.org/b.png') });
    expect(kept(pipeline)).toBeUndefined();
    expect((await pipeline.attempt()).submission).not.toHaveProperty('signed');
  });
});
