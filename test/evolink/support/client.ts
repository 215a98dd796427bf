import { EvolinkClient, type EvolinkCallEvent } from '../../../evolink/client';
import { EvolinkError } from '../../../evolink/errors';
import type { SubmitRequest } from '../../../evolink/types';

export const API_KEY = 'sk-0123456789abcdefghijklmnop';
export const PROMPT = 'a red bicycle on a pier at dawn';
export const CALLBACK_SECRET = 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0';
export const CALLBACK_URL = `https://hooks.example.org/callback/attempt-0123456789abcdef/${CALLBACK_SECRET}`;
export const TASK_ID = 'task-unified-1790000000-a1b2c3d4';
export const IDEMPOTENCY_KEY = 'attempt-0123456789abcdef';

export const REQUEST: SubmitRequest = {
  model: 'gpt-image-2',
  prompt: PROMPT,
  size: '16:9',
  resolution: '2K',
  quality: 'low',
  n: 1,
  image_urls: ['https://cdn.example.org/ref.png'],
  callback_url: CALLBACK_URL,
};

export function clientFor(baseUrl: string, log?: (event: EvolinkCallEvent) => void): EvolinkClient {
  return new EvolinkClient({ baseUrl, apiKey: API_KEY, version: '1.2.3', log });
}

/** Submits the usual request and returns the error that it must end with. */
export function failedSubmit(baseUrl: string, timeoutMs = 4000): Promise<EvolinkError> {
  return failureOf(clientFor(baseUrl).submit(REQUEST, { idempotencyKey: IDEMPOTENCY_KEY, timeoutMs }));
}

export async function failureOf(call: Promise<unknown>): Promise<EvolinkError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof EvolinkError)) throw new Error('Expected an EvolinkError', { cause: error });
  return error;
}
