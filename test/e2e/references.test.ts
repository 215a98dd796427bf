/** Reference images from S3: what EvoLink gets, what it never gets, and that the signed URL is nowhere but in the POST. */
import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetExecutionHistoryCommand } from '@aws-sdk/client-sfn';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { FailureCause } from '../../domain/failure-cause';
import { pngOf } from '../support/png';
import { admin, attemptsOf, connection, type EndedJob, getJson, runJob, simulator } from './support/pipeline';
import { REFERENCE_BUCKET } from './support/connection';
import { createBucket, putReference } from './support/references';

const OTHER_BUCKET = 'evolink-e2e-not-for-references';

beforeAll(async () => {
  await Promise.all([createBucket(REFERENCE_BUCKET), createBucket(OTHER_BUCKET)]);
});

const request = (word: string, ...image_urls: string[]) => ({
  prompt: `a bicycle, ${word}`,
  size: '3:1',
  quality: 'low',
  image_urls,
});

const causeOf = ({ cause }: EndedJob): FailureCause => JSON.parse(cause ?? '') as FailureCause;

const submissionsOf = async (word: string) =>
  (await simulator.submissions()).filter(({ prompt }) => prompt?.includes(word));

describe('an object of a configured bucket', () => {
  const word = 'signed reference';
  const picture = pngOf(64, 48);
  let job: EndedJob;
  let received: readonly string[];

  beforeAll(async () => {
    // A key that needs escaping, and a type that says nothing: both are put right in the URL.
    const object = await putReference(REFERENCE_BUCKET, 'städte/a bicycle+1.png', picture, 'binary/octet-stream');
    job = await runJob(request(word, object, 'https://assets.example.com/second.png'));
    const [task] = (await simulator.tasks()).filter(({ prompt }) => prompt.includes(word));
    received = (task?.request.image_urls ?? []) as string[];
  });

  test('reaches EvoLink as a URL that gives exactly its bytes to anybody, and others stay as they are', async () => {
    expect(job).toMatchObject({ status: 'SUCCEEDED', output: { requested: { references: 2 } } });
    expect(received).toEqual([expect.stringMatching(/^https:/), 'https://assets.example.com/second.png']);

    const response = await fetch(received[0] ?? '');

    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(picture);
  });

  test('a URL that was changed gives nothing: the bucket is private', async () => {
    const bare = new URL(received[0] ?? '');
    bare.search = '';
    const forged = new URL(received[0] ?? '');
    forged.pathname = forged.pathname.replace('1.png', '2.png');

    expect((await fetch(bare)).status).toBe(403);
    expect((await fetch(forged)).status).toBe(403);
  });

  test('is signed for the time limit of a task', () => {
    expect(new URL(received[0] ?? '').searchParams.get('X-Amz-Expires')).toBe('3600');
  });

  test('leaves no trace of its signature in table, history, output, manifest and logs', async () => {
    const signature = new URL(received[0] ?? '').searchParams.get('X-Amz-Signature') ?? '';
    expect(signature).toMatch(/^[0-9a-f]{64}$/);
    const key = job.output?.images[0]?.key ?? '';
    const [table, history, manifest, ...logs] = await Promise.all([
      admin.dynamo.send(new ScanCommand({ TableName: connection.outputs.TableName })),
      admin.sfn.send(new GetExecutionHistoryCommand({ executionArn: job.executionArn, maxResults: 1_000 })),
      getJson(key.replace(/[^/]+$/, 'manifest.json')),
      ...connection.logGroups.map((logGroupName) => admin.logs.send(new FilterLogEventsCommand({ logGroupName }))),
    ]);

    for (const place of [table.Items, history.events, job.output, manifest, logs]) {
      const text = JSON.stringify(place);
      expect(text.length).toBeGreaterThan(100);
      expect(text).not.toContain(signature);
      expect(text).not.toContain('X-Amz-');
    }
    // The address of the object is no secret, and tells who looks later what was used.
    expect(JSON.stringify(table.Items)).toContain(`s3://${REFERENCE_BUCKET}/städte/a bicycle+1.png`);
  });
});

describe('what cannot be used is refused before anything is sent', () => {
  test('too large, of another kind, empty and missing: all problems at once, by their places', async () => {
    const word = 'unusable references';
    const [fine, large, text, empty] = await Promise.all([
      putReference(REFERENCE_BUCKET, 'fine.png', pngOf(8, 8), 'image/png'),
      putReference(REFERENCE_BUCKET, 'large.png', Buffer.alloc(50_000_001), 'image/png'),
      putReference(REFERENCE_BUCKET, 'text.png', Buffer.from('<html>not found</html>'), 'image/png'),
      putReference(REFERENCE_BUCKET, 'empty.png', Buffer.alloc(0), 'image/png'),
    ]);

    const job = await runJob(request(word, fine, large, text, empty, `s3://${REFERENCE_BUCKET}/missing.png`));

    expect(job).toMatchObject({ status: 'FAILED', error: 'ReferenceImageUnusable' });
    const { charged, problems = [], retry_after_seconds } = causeOf(job);
    expect([charged, retry_after_seconds]).toEqual(['no', undefined]);
    expect(problems.map(({ path, code }) => [path, code])).toEqual([
      ['image_urls[1]', 'object_too_large'],
      ['image_urls[2]', 'object_not_an_image'],
      ['image_urls[3]', 'object_empty'],
      ['image_urls[4]', 'object_not_readable'],
    ]);
    expect(await submissionsOf(word)).toEqual([]);
    expect(await attemptsOf(job.jobId)).toMatchObject([{ status: 'FAILED', creditsUsed: 0 }]);
  });

  test('an object of another bucket is refused by name of those that may be used', async () => {
    const word = 'foreign bucket';
    const object = await putReference(OTHER_BUCKET, 'a.png', pngOf(8, 8), 'image/png');

    const job = await runJob(request(word, object));

    expect(job).toMatchObject({ status: 'FAILED', error: 'InvalidRequest' });
    expect(causeOf(job).problems).toEqual([
      {
        path: 'image_urls[0]',
        code: 's3_bucket_not_allowed',
        message: expect.stringContaining(REFERENCE_BUCKET),
        got: object,
      },
    ]);
    expect(await attemptsOf(job.jobId)).toEqual([]);
    expect(await submissionsOf(word)).toEqual([]);
  });
});
