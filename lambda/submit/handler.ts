import type { Context } from 'aws-lambda';
import { submissionDependencies } from '../shared/submission-dependencies';
import type { SubmitEvent } from './submit';
import { submit } from './submit';

const dependencies = submissionDependencies();

/** The Generate state: claims the attempt and submits it to EvoLink. */
export const handler = (event: SubmitEvent, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
  const stopsAt = Date.now() + context.getRemainingTimeInMillis();
  return submit(event, { ...dependencies, stopsAt: () => stopsAt });
};
