/** Valid jobs as the Validate state makes them, and what the Generate state sends with them. */
import type { Job } from '../../domain/job';
import { validateRequest } from '../../domain/request';
import type { SubmitEvent } from '../../lambda/submit/submit';

export const PROMPT = 'a red bicycle on a pier at dawn';
export const EXECUTION_ARN = 'arn:aws:states:us-east-1:000000000000:execution:pipeline:job-1';
export const STARTED_AT = '2026-11-02T23:59:58.123Z';
export const TASK_ID = 'task-unified-1790000000-a1b2c3d4';
export const OTHER_TASK_ID = 'task-unified-1790000001-zzzzzzzz';

/** @param input fields of the app's request; the rest is a picture of 1360×768 in quality `low` */
export function aJob(input: object = {}, jobId = 'job-1'): Job {
  const request = { prompt: PROMPT, size: '16:9', quality: 'low', ...input };
  const result = validateRequest(request, { jobId, defaults: {}, allowLoopback: false });
  if (result.kind !== 'valid') throw new Error(result.message);
  return result.job;
}

export function aSubmitEvent(event: Partial<SubmitEvent> = {}): SubmitEvent {
  return {
    taskToken: 'token-1',
    executionArn: EXECUTION_ARN,
    executionStartedAt: STARTED_AT,
    attempt: 1,
    job: aJob(),
    ...event,
  };
}
