/** One job that succeeds: a text of less than 1 KB, one image, no budget and no queue; counted is what it uses. */
import { SUBMISSION_SECONDS } from '../../../domain/constants';
import { archive } from '../../../lambda/archive/archive';
import { receiveCallback } from '../../../lambda/callback/callback';
import { ApiKey } from '../../../lambda/shared/api-key';
import { AttemptTable } from '../../../lambda/shared/attempts/attempt-table';
import { Provider } from '../../../lambda/shared/provider';
import { submit } from '../../../lambda/submit/submit';
import { validate } from '../../../lambda/validate/validate';
import { closeServers, startServer } from '../../evolink/support/servers';
import { BucketServer } from '../../support/bucket-server';
import { FakeS3 } from '../../support/fake-s3';
import { FakeSecrets } from '../../support/fake-secrets';
import { FileHost } from '../../support/file-host';
import { MAX_QUEUE_SECONDS, TestPipeline } from '../../support/pipeline';
import { pngOf } from '../../support/png';
import { API_KEY, CALLBACK_BASE_URL, CREATED } from '../../support/submissions';
import { TASK_ID } from '../../support/jobs';
import { MeteredTable } from './metered-table';

/** As long as those of AWS: names and tokens are most of an attempt's row, which is billed by the kilobyte. */
const JOB_ID = 'catalogue-2026-11-03-product-000123';
const EXECUTION_ARN = `arn:aws:states:us-east-1:123456789012:execution:ImagesWorkflowStateMachine7D3C2A1B-Qx8ZkT4vW2Lm:${JOB_ID}`;
const TASK_TOKEN = 'AQCEAAAAKgAAAAMAAAAA'.padEnd(720, 'x');
const STARTED_AT = '2026-11-02T23:59:58.123Z';
const PROMPT = 'A red bicycle leans on the railing of a wooden pier at dawn, soft light, calm sea. '.repeat(8).trim();
const RESULT_PATH = '/0123456789abcdef/images/2026/11/03/file_0123456789abcdef0123456789abcdef.png';

export interface JobCount {
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly objectsPut: number;
  /** Functions that had no key yet: each reads it once. */
  readonly secretReads: number;
  readonly evolinkRequests: number;
  /** HTTP requests to the callback's address. */
  readonly callbacks: number;
  /** Functions that were started besides those of the workflow and the callback. */
  readonly startedBesides: number;
}

export async function countOneJob(): Promise<JobCount> {
  const files = await FileHost.start();
  try {
    return await run(files);
  } finally {
    files.close();
    closeServers();
  }
}

async function run(files: FileHost): Promise<JobCount> {
  const pipeline = new TestPipeline();
  const { client, ...meter } = metered(pipeline);
  const evolink = await startServer([CREATED, { body: completedTask(files.file(RESULT_PATH, pngOf(1_360, 768))) }]);
  const secrets = new FakeSecrets([API_KEY]);
  /** Each function starts anew, without a key in its memory. */
  const coldStart = () => ({
    ...pipeline.dependencies(
      new Provider({
        apiKey: new ApiKey(secrets.client, 'key', pipeline.now),
        baseUrl: evolink.baseUrl,
        version: '1.2.3',
      }),
    ),
    client,
    table: new AttemptTable(client, pipeline.memory.tableName, pipeline.now),
  });

  const validated = validate(
    { jobId: JOB_ID, input: { prompt: PROMPT, size: '16:9', quality: 'low' } },
    { defaults: {}, allowLoopback: false, referenceBuckets: [] },
  );
  if (validated.kind !== 'valid') throw new Error(validated.cause);
  const { job } = validated;

  pipeline.time += 500;
  await submit(
    { taskToken: TASK_TOKEN, executionArn: EXECUTION_ARN, executionStartedAt: STARTED_AT, attempt: 1, job },
    {
      ...coldStart(),
      references: { s3: BucketServer.nobody, urlSeconds: 3_600 },
      callbackBaseUrl: CALLBACK_BASE_URL,
      firstCheckSeconds: 120,
      maxQueueSeconds: MAX_QUEUE_SECONDS,
      budgets: [],
      stopsAt: () => pipeline.time + SUBMISSION_SECONDS * 1_000,
    },
  );
  const [posted] = evolink.seen;
  const { callback_url: callbackUrl } = JSON.parse(posted?.body ?? '{}') as { callback_url: string };

  pipeline.time += 41_000;
  const callbacks = [{ rawPath: new URL(callbackUrl).pathname, body: JSON.stringify({ id: TASK_ID }) }];
  for (const callback of callbacks) {
    const { statusCode } = await receiveCallback(callback, coldStart());
    if (statusCode !== 204) throw new Error(`the callback was answered with ${statusCode}`);
  }

  pipeline.time += 2_500;
  const s3 = new FakeS3();
  const { table, now } = coldStart();
  const output = await archive(
    { jobId: JOB_ID, attempt: 1 },
    { table, now, s3: s3.client, bucket: 'archive', download: files.options() },
  );
  if (output.images.length !== 1 || pipeline.steps.answers.length !== 1) throw new Error('the job did not succeed');
  if ((await pipeline.openAttempts()).length > 0) throw new Error('the attempt is still open');

  return {
    ...meter.units(),
    objectsPut: s3.objects.length,
    secretReads: secrets.read.length,
    evolinkRequests: evolink.seen.length,
    callbacks: callbacks.length,
    startedBesides: pipeline.lambda.started.length,
  };
}

export function metered(pipeline: TestPipeline) {
  const table = new MeteredTable(pipeline.memory);
  const units = () => ({ readUnits: table.readUnits, writeUnits: table.writeUnits });
  return { client: table.client, units };
}

function completedTask(result: string): object {
  const cost = { credits: 0.3682, usd: 0.0054, cny: 0.0368 };
  return {
    ...{ created: 1_790_000_000, id: TASK_ID, model: 'gpt-image-2', object: 'image.generation.task', type: 'image' },
    ...{ status: 'completed', progress: 100, duration: 41, task_info: { can_cancel: false } },
    ...{ results: [result], result_data: [{ url: result }] },
    usage: { billing_rule: 'per_token', credits_reserved: 3.2241, credits_used: 0.3682, cost, user_group: 'default' },
  };
}
