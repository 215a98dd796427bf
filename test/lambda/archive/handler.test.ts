/** The function as it is deployed, around a table that answers over HTTP. */
import { ENV } from '../../../domain/constants';
import type { ArchiveEvent } from '../../../lambda/archive/archive';
import { closeServers, startServer, type Reply } from '../../evolink/support/servers';
import { captureOutput } from '../../support/output';

const output = captureOutput();

const saved = { ...process.env };
afterEach(() => {
  closeServers();
  process.env = { ...saved };
});

const HANDLER = '../../../lambda/archive/handler';
const EVENT = { jobId: 'job-1', attempt: 1 };
const EMPTY: Reply = { body: { Items: [], Count: 0, ScannedCount: 0 } };
const DENIED: Reply = { status: 400, body: { __type: 'AccessDeniedException', message: 'denied' } };

async function run(event: ArchiveEvent, table: Reply): Promise<unknown> {
  const { baseUrl } = await startServer([table]);
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: baseUrl,
    [ENV.tableName]: 'attempts',
    [ENV.bucketName]: 'archive',
    [ENV.evolinkBaseUrl]: 'https://api.evolink.ai',
    [ENV.resultHosts]: '[]',
    [ENV.version]: '1.2.3',
  });
  let result: unknown;
  await jest.isolateModulesAsync(async () => {
    const { handler } = (await import(HANDLER)) as { handler: (event: ArchiveEvent) => Promise<unknown> };
    result = await handler(event);
  });
  return result;
}

const counted = () => output.valuesOf('ArchiveErrors').flatMap(({ dimensions }) => dimensions.ErrorName ?? []);

test('what it throws fails the state under its name', async () => {
  await expect(run(EVENT, EMPTY)).rejects.toMatchObject({ name: 'AttemptNotFound' });
  expect(counted()).toEqual(['AttemptNotFound']);
});

test('a salvage that cannot have its image now is counted, and no dead letter', async () => {
  await expect(run({ ...EVENT, salvage: true }, EMPTY)).resolves.toBeUndefined();
  expect(counted()).toEqual(['AttemptNotFound']);
});

test('a salvage that meets a fault of AWS is tried again by Lambda', async () => {
  await expect(run({ ...EVENT, salvage: true }, DENIED)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  expect(counted()).toEqual(['AccessDeniedException']);
});
