import { Duration } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { validateBudgets } from './budget';
import { CallbackEndpoint } from './callback-endpoint';
import { creditUnits } from './credits';
import type { ImagePipelineProps } from './image-pipeline-props';
import { describeGot } from './describe-got';
import type { PipelineAlarmOptions } from './pipeline-alarm-options';
import { validateModels } from './image-model';
import { validatePrices } from './prices';
import { validatePlace } from './validate-place';
import {
  fail,
  validateDashboardName,
  validateDefaults,
  validateDuration,
  validateHosts,
  validateHttpsUrl,
} from './validation';
import {
  validateInteger,
  validateNamespace,
  validatePositive,
  validateRunbookUrl,
  validateTenants,
} from './validation';

const SECOND = Duration.seconds(1);
const MINUTE = Duration.minutes(1);
const HOUR = Duration.hours(1);

/** Checks what can be checked before anything is created. Values that are known at deployment only pass. */
export function validateProps(scope: IConstruct, props: ImagePipelineProps): void {
  validateApiKey(scope, props.apiKey);
  validateEndpoint(scope, props.callbackEndpoint);
  validateModels(scope, props.models);
  validateDefaults(scope, props.defaults, props.models);
  validateDuration(scope, 'callbackTimeout', props.callbackTimeout, {
    min: Duration.minutes(5),
    max: Duration.hours(24),
    step: SECOND,
  });
  validateDuration(scope, 'firstCheckAfter', props.firstCheckAfter, {
    min: Duration.seconds(3),
    max: HOUR,
    step: SECOND,
  });
  validateFirstCheck(scope, props);
  validateDuration(scope, 'sweepInterval', props.sweepInterval, { min: MINUTE, max: HOUR, step: MINUTE });
  validateDuration(scope, 'reconcileInterval', props.reconcileInterval, { min: MINUTE, max: HOUR, step: MINUTE });
  validateInteger(scope, 'maxAttempts', props.maxAttempts, 1, 10);
  validateInteger(scope, 'maxConcurrentTasks', props.maxConcurrentTasks, 1, 1_000);
  validateDuration(scope, 'maxQueueTime', props.maxQueueTime, {
    min: Duration.minutes(5),
    max: Duration.days(7),
    step: SECOND,
  });
  validateHttpsUrl(scope, 'evolinkBaseUrl', props.evolinkBaseUrl);
  validateHosts(scope, 'resultHosts', props.resultHosts);
  validatePlace(scope, props);
  validateNamespace(scope, 'metricsNamespace', props.metricsNamespace);
  validateDashboardName(scope, 'dashboardName', props.dashboardName);
  validateRunbookUrl(scope, 'runbookUrl', props.runbookUrl);
  validateMoney(scope, props);
  validateAlarms(scope, props.alarms);
}

/** JavaScript and casts let anything through, and the key itself must not end up in a template. */
function validateApiKey(scope: IConstruct, apiKey: unknown): void {
  const isSecret = typeof apiKey === 'object' && apiKey !== null && 'secretArn' in apiKey;
  if (isSecret) return;
  const got = apiKey === undefined ? 'nothing' : `a ${typeof apiKey}`;
  fail(
    scope,
    `apiKey must be a secret, such as Secret.fromSecretNameV2(stack, 'ApiKey', 'evolink/api-key'), got ${got}`,
  );
}

function validateEndpoint(scope: IConstruct, endpoint: unknown): void {
  if (endpoint === undefined || CallbackEndpoint._isEndpoint(endpoint)) return;
  const factories = ['httpApi', 'functionUrl', 'existing', 'none']
    .map((name) => `CallbackEndpoint.${name}()`)
    .join(', ');
  fail(scope, `callbackEndpoint must be made by one of ${factories}, got ${describeGot(endpoint)}`);
}

/** A task whose time is up by then would be let go of unasked. Both are known: durations can't be tokens. */
function validateFirstCheck(scope: IConstruct, { firstCheckAfter, callbackTimeout }: ImagePipelineProps): void {
  if (!firstCheckAfter || !callbackTimeout) return;
  if (firstCheckAfter.toMilliseconds() <= callbackTimeout.toMilliseconds()) return;
  fail(
    scope,
    `firstCheckAfter must be at most callbackTimeout, which is ${callbackTimeout.toHumanString()}, got ${firstCheckAfter.toHumanString()}`,
  );
}

function validateMoney(scope: IConstruct, props: ImagePipelineProps): void {
  if (props.maxCreditsPerJob !== undefined) {
    creditUnits(`${scope.node.path}: maxCreditsPerJob`, props.maxCreditsPerJob);
  }
  validateBudgets(scope, props.budgets);
  validateTenants(scope, 'tenants', props.tenants);
  validatePrices(scope, props.prices, props.models);
}

function validateAlarms(scope: IConstruct, alarms: PipelineAlarmOptions = {}): void {
  validatePositive(scope, 'alarms.spendPerHourUsd', alarms.spendPerHourUsd);
  validatePositive(scope, 'alarms.creditsRemaining', alarms.creditsRemaining);
  validatePositive(scope, 'alarms.daysRemaining', alarms.daysRemaining);
  validatePositive(scope, 'alarms.failureRatePercent', alarms.failureRatePercent, 100);
  validateDuration(scope, 'alarms.oldestOpenAttempt', alarms.oldestOpenAttempt, {
    min: Duration.minutes(5),
    step: SECOND,
  });
}
