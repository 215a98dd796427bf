import { endDependencies } from '../shared/dependencies';
import type { EndedEvent } from './ended';
import { ended } from './ended';

const dependencies = endDependencies();

/** EventBridge's rule on executions that ended without success. */
export const handler = (event: EndedEvent): Promise<void> => ended(event, dependencies);
