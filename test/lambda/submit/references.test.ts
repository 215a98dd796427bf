/** `submit` and references from S3: looked at before the POST, and signed for it alone. */
import { closeServers, type Reply } from '../../evolink/support/servers';
import { BucketServer } from '../../support/bucket-server';
import { aJob } from '../../support/jobs';
import { captureOutput } from '../../support/output';
import { pngOf } from '../../support/png';
import { CREATED, Submissions } from '../../support/submissions';

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
