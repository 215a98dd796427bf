/**
 * The constructs, for a CDK app: `import { ImagePipeline } from 'evolink-image-pipeline'`.
 *
 * Most apps need `ImagePipeline` and `ImagePipelineProps` alone. The other constructs are its parts.
 *
 * @module constructs
 */
export { ArchiveBucket, type ArchiveBucketProps } from './archive-bucket';
export { AttemptTable, type AttemptTableProps } from './attempt-table';
export { Budget, type BudgetOptions } from './budget';
export { CallbackEndpoint } from './callback-endpoint';
export { CallbackHttpApi, type CallbackHttpApiProps, type HttpApiEndpointOptions } from './callback-http-api';
export { CostMetrics } from './cost-metrics';
export { DeadLetters, type DeadLettersProps } from './dead-letters';
export { FunctionNetwork, type FunctionNetworkProps } from './function-network';
export { FunctionSchedule, type FunctionScheduleProps } from './function-schedule';
export { ImagePipeline } from './image-pipeline';
export type { ImagePipelineProps } from './image-pipeline-props';
export { JobRule, type JobRuleProps } from './job-rule';
export { MeteredPipeline } from './metrics';
export type { PipelineAlarmOptions } from './pipeline-alarm-options';
export { PipelineAlarms, type PipelineAlarmsProps } from './pipeline-alarms';
export { PipelineDashboard, type PipelineDashboardProps } from './pipeline-dashboard';
export { PipelineFunction, type PipelineFunctionProps } from './pipeline-function';
export { PipelineFunctions, type PipelineFunctionsProps } from './pipeline-functions';
export type { ImageModel, TextOutputTokens } from './image-model';
export { type CallPrices, ModelPrices, type PriceTable, type TokenPrices } from './prices';
export { ReferenceBuckets } from './reference-buckets';
export { Resolution, type RequestDefaults } from './request-defaults';
export { TaskCompletion, type TaskCompletionProps } from './task-completion';
export { Workflow, type WorkflowProps } from './workflow';
