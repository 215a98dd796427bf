/** The function behind the API, with Step Functions in memory. */
import { SFNClient } from '@aws-sdk/client-sfn';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import type { ArchivedImage } from '../../domain/job';
import { type Ending, FakeJobs, MACHINE, outputOf } from '../support/fake-jobs';

jest.mock('evolink-image-pipeline/client', () => jest.requireActual<object>('../../client'), { virtual: true });

type Handler = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;
const stepFunctions = mockClient(SFNClient);
let handler: Handler;
beforeAll(() => {
  // Read as soon as the module is loaded.
  process.env.STATE_MACHINE_ARN = MACHINE;
  process.env.AWS_ACCESS_KEY_ID = 'AKIA';
  process.env.AWS_SECRET_ACCESS_KEY = 'secret';
  ({ handler } = jest.requireActual<{ handler: Handler }>('../../examples/behind-an-api/handler'));
});

function api(ending?: Ending) {
  const jobs = new FakeJobs(() => ending);
  stepFunctions.send.callsFake((command: Parameters<SFNClient['send']>[0]) => jobs.client.send(command));
  return async (method: string, body?: object) => {
    const event = { pathParameters: { jobId: 'bicycle' }, requestContext: { http: { method } } };
    const reply = await handler({ ...event, body: body && JSON.stringify(body) } as unknown as APIGatewayProxyEventV2);
    return { status: reply.statusCode, body: JSON.parse(reply.body ?? '') as Record<string, unknown> };
  };
}

const image = { bucket: 'archive', key: 'a/image-01.png' } as ArchivedImage;
const wish = { prompt: 'a red bicycle' };

test('PUT starts a job, and again while it runs', async () => {
  const call = api();
  const running = { status: 202, body: { jobId: 'bicycle', state: 'RUNNING' } };

  expect([await call('PUT', wish), await call('PUT', wish)]).toEqual([running, running]);
});

test.each<[string, Ending, object]>([
  [
    'succeeded',
    { output: outputOf('bicycle', [image]) },
    { state: 'SUCCEEDED', images: [expect.stringMatching(/^https:.*X-Amz-Expires=900/)] },
  ],
  ['failed', { status: 'FAILED', error: 'Busy' }, { state: 'FAILED', images: [], error: expect.any(String) }],
])('PUT of a job that %s answers how it ended, as GET does', async (_, ending, expected) => {
  const call = api(ending);
  await call('PUT', wish);
  await call('GET');

  const again = await call('PUT', wish);

  expect(again).toMatchObject({ status: 200, body: expected });
});
