/** EvoLink's image API over HTTP, without AWS. */
export { EvolinkClient, MAX_TASKS_PER_QUERY } from './client';
export type { EvolinkCallEvent, EvolinkClientOptions, ListOptions, QueryOptions, SubmitOptions } from './client';
export * from './errors';
export { failureOfSubmitError, failureOfTaskError, isBusy, type Failure } from './failures';
export { isTaskId } from './read-task';
export * from './types';
