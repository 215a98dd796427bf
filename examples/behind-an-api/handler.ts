/** `PUT /images/{jobId}` with `{"prompt": "…"}` starts a job; `GET /images/{jobId}` shows it, with links to its images. */
import {
  type ImageRequest,
  ImagePipelineClient,
  InvalidJobIdError,
  JobIdTakenError,
  JobNotFoundError,
  RequestTooLargeError,
} from 'evolink-image-pipeline/client';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

const LINK_LIVES_SECONDS = 900;

const client = new ImagePipelineClient({ stateMachineArn: process.env.STATE_MACHINE_ARN ?? '' });

export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const jobId = event.pathParameters?.jobId ?? '';
  try {
    return event.requestContext.http.method === 'PUT' ? await start(jobId, event.body) : await show(jobId);
  } catch (error) {
    if (error instanceof JobNotFoundError) return answer(404, { message: error.message });
    if (error instanceof JobIdTakenError) return answer(409, { message: error.message, nextJobId: error.nextJobId });
    if (error instanceof InvalidJobIdError || error instanceof RequestTooLargeError) {
      return answer(400, { message: error.message });
    }
    throw error;
  }
}

async function start(jobId: string, body: string | undefined): Promise<APIGatewayProxyStructuredResultV2> {
  const wish = readWish(body);
  if (wish === undefined)
    return answer(400, { message: 'The body must be JSON with a prompt, such as {"prompt": "a cat"}.' });
  // Callers choose the words and the shape; what it may cost is up to us.
  const request: ImageRequest = { ...wish, resolution: '1K', n: 1, tenant: 'api', max_credits: 5 };
  const { earlier } = await client.start(request, { jobId });
  // Of a job that has ended nothing was started now: the caller gets what it came to.
  return earlier ? await show(jobId) : answer(202, { jobId, state: 'RUNNING' });
}

async function show(jobId: string): Promise<APIGatewayProxyStructuredResultV2> {
  const { state, output, error } = await client.status(jobId);
  const images = output?.images.map((image) => client.presign(image, { expiresInSeconds: LINK_LIVES_SECONDS })) ?? [];
  // The message of an error is written for people, and holds no prompt.
  return answer(200, { jobId, state, images: await Promise.all(images), error: error?.message });
}

function readWish(body = ''): Pick<ImageRequest, 'prompt' | 'size'> | undefined {
  try {
    const { prompt, size = '1:1' } = JSON.parse(body) as Partial<Record<'prompt' | 'size', unknown>>;
    return typeof prompt === 'string' && typeof size === 'string' ? { prompt, size } : undefined;
  } catch {
    return undefined;
  }
}

function answer(statusCode: number, body: object): APIGatewayProxyStructuredResultV2 {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
