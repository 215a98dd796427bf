import { Duration } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DEFAULT_EVOLINK_BASE_URL } from '../domain/constants';
import { CallbackEndpoint } from './callback-endpoint';
import type { ImagePipelineProps } from './image-pipeline-props';

/** The properties that constructs inside share, with their defaults filled in. */
export type PipelineSettings = ReturnType<typeof withDefaults>;

/** Fills in the defaults that `ImagePipelineProps` names. */
export function withDefaults(props: ImagePipelineProps) {
  const callbackEndpoint = props.callbackEndpoint ?? CallbackEndpoint.httpApi();
  return {
    defaults: props.defaults ?? {},
    callbackEndpoint,
    callbackTimeout: props.callbackTimeout ?? Duration.hours(1),
    maxAttempts: props.maxAttempts ?? 3,
    maxConcurrentTasks: props.maxConcurrentTasks,
    maxQueueTime: props.maxQueueTime ?? Duration.hours(6),
    firstCheckAfter: props.firstCheckAfter ?? defaultFirstCheck(callbackEndpoint),
    sweepInterval: props.sweepInterval ?? Duration.minutes(1),
    logRetention: props.logRetention ?? RetentionDays.ONE_MONTH,
    evolinkBaseUrl: (props.evolinkBaseUrl ?? DEFAULT_EVOLINK_BASE_URL).replace(/\/+$/, ''),
    resultHosts: props.resultHosts ?? [],
    maxCreditsPerJob: props.maxCreditsPerJob,
    requireRefundProof: props.requireRefundProof ?? false,
    budgets: props.budgets ?? [],
    tenants: props.tenants ?? [],
    prices: props.prices,
    models: props.models ?? [],
    alarms: props.alarms ?? {},
    dashboardName: props.dashboardName,
    reconcileInterval: props.reconcileInterval ?? Duration.minutes(5),
    runbookUrl: props.runbookUrl ?? 'docs/runbook.md',
  };
}

/** Where nobody calls, nothing is gained by waiting for it. */
function defaultFirstCheck({ _isCalled }: CallbackEndpoint): Duration {
  return _isCalled ? Duration.minutes(2) : Duration.seconds(3);
}
