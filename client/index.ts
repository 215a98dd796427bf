/** What an app uses: the client, its errors and types, and estimates. Runs without the CDK. */
export * from './image-pipeline-client';
export * from './jobs/errors';
export { JobIdTakenError, JobNotFoundError, RequestTooLargeError, type StartedJob } from './jobs/executions';
export { ImageDamagedError, type ImageLocation } from './jobs/images';
export { InvalidJobIdError, nextJobId } from './jobs/job-id';
export { InvalidReferenceError } from './jobs/reference';
export type { ImageRequest } from './jobs/request';
export { InvalidStateMachineArnError } from './jobs/state-machine';
export type { JobState, JobStatus } from './jobs/status';
export {
  type Bounds,
  compareQualities,
  type CostParts,
  estimateRequest,
  type EstimateOptions,
  type EstimateRequest,
  InvalidEstimateError,
  type RequestEstimate,
} from './estimate';
export type { ArchivedImage, JobOutput, Problem, RequestedImages, Warning } from '../domain/job';
export type { FailureCause, ProviderFacts } from '../domain/failure-cause';
export type { Charged, FailureName, ArchiveFailureName } from '../domain/failures';
