import type { Context } from 'aws-lambda';
import { submissionDependencies } from '../shared/submission-dependencies';
import { dispatch } from './dispatch';

const dependencies = submissionDependencies();

/** What one attempt may take from here: as much as `submit` has for it. */
const RESERVE_MS = 85_000;

/** Invoked asynchronously, with nothing: what there is to send is in the table. */
export const handler = async (
  _event: unknown,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<{ sent: number; end: string }> =>
  dispatch({ ...dependencies, deadline: Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS });
