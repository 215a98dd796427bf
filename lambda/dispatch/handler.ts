import type { Context } from 'aws-lambda';
import { SUBMISSION_SECONDS } from '../../domain/constants';
import { submissionDependencies } from '../shared/submission-dependencies';
import { dispatch } from './dispatch';

const dependencies = submissionDependencies();

/** What one attempt may take from here: as much as `submit` has for it. */
const RESERVE_MS = SUBMISSION_SECONDS * 1_000;

/** Invoked asynchronously, with nothing: what there is to send is in the table. */
export const handler = async (
  _event: unknown,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<{ sent: number; end: string }> => {
  const stopsAt = Date.now() + context.getRemainingTimeInMillis();
  return dispatch({ ...dependencies, stopsAt: () => stopsAt, deadline: stopsAt - RESERVE_MS });
};
