/**
 * What an app uses: `import { ImagePipelineClient } from 'evolink-image-pipeline/client'`. The client, its errors and
 * types, and estimates. Runs without the CDK.
 *
 * @module client
 */
export * from './image-pipeline-client';
export { ImagePipelineError, JobCancelledError, JobError, JobTimedOutError, type KnownFailure } from './jobs/errors';
export * from './jobs/errors/failures';
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
export type { ArchivedImage, JobOutput, Problem, RequestedImages, UsageBasis, Warning } from '../domain/job';
export type { FailureCause, ProviderFacts } from '../domain/failure-cause';
export type { Charged, FailureName, ArchiveFailureName } from '../domain/failures';
export type { Estimate, ImageParts } from '../domain/estimate';
export type { EstimateView } from '../domain/estimate-view';
export type { CreditUnits, TenMillionths } from '../domain/credits';
export type { ModelLimits } from '../domain/models';
export type { CallPrices, ModelPrices, PriceTable, TokenPrices } from '../domain/prices';
export type { RequestDefaults } from '../domain/request';
export type { Resolution } from '../domain/sizes';
export type { QualityTokens } from '../domain/tokens';
