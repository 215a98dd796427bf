import { submissionDependencies } from '../shared/submission-dependencies';
import type { SubmitEvent } from './submit';
import { submit } from './submit';

const dependencies = submissionDependencies();

/** The Generate state: claims the attempt and submits it to EvoLink, once. */
export const handler = (event: SubmitEvent): Promise<void> => submit(event, dependencies);
