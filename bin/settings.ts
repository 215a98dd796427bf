/**
 * What can be set from outside, in `cdk.json` or by `-c pipeline:<key>=<value>`: read and checked in one place, with
 * every problem reported at once. Nothing is created before all of them are mended.
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DEFAULT_EVOLINK_BASE_URL } from '../domain/constants';
import { isPossibleSize, POSSIBLE_SIZES } from '../domain/explicit-pixels';
import { readModels } from '../domain/model-rules';
import { allQualities, MAX_IMAGES, type ModelLimits, namesOf, withModels } from '../domain/models';
import { pricedModelsProblems } from '../domain/price-rules';
import {
  type Budget,
  type CallbackEndpoint,
  type ImageModel,
  type PipelineAlarmOptions,
  type PriceTable,
  type RequestDefaults,
  Resolution,
} from '../lib';
import { callbackEndpoint } from './callback-endpoint-reader';
import { budgets, credits, models, positive, prices, tenants } from './money-readers';
import { buckets, choice, hosts, httpsUrl, integer, matching, numberOf, type Reader, textWhere } from './readers';

export const PREFIX = 'pipeline:';

/** Every key, and how its value is read. Ranges are those of the construct's properties. @param known all models */
const readersFor = (known: readonly ModelLimits[]) =>
  ({
    stackName: matching(/^[A-Za-z][A-Za-z0-9-]{0,127}$/, 'a stack name: letters, digits and hyphens, a letter first'),
    apiKeySecretName: matching(/^[A-Za-z0-9/_+=.@-]{1,512}$/, 'the name of a secret'),
    evolinkBaseUrl: httpsUrl,
    defaultModel: choice(namesOf(known)),
    defaultSize: textWhere(isPossibleSize, POSSIBLE_SIZES),
    defaultResolution: choice(Object.values(Resolution)),
    defaultQuality: choice(allQualities(known)),
    defaultN: integer(1, MAX_IMAGES),
    callbackEndpoint,
    callbackTimeoutMinutes: integer(5, 24 * 60),
    maxAttempts: integer(1, 10),
    maxConcurrentTasks: integer(1, 1_000),
    maxQueueMinutes: integer(5, 7 * 24 * 60),
    firstCheckSeconds: integer(3, 3_600),
    sweepIntervalMinutes: integer(1, 60),
    logRetentionDays: numberOf(Object.values(RetentionDays).filter((days) => typeof days === 'number')),
    imageRetentionDays: integer(1, 36_500),
    removalPolicy: choice(['retain', 'destroy']),
    encryptionKeyArn: matching(
      /^arn:[a-z0-9-]+:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/,
      'the ARN of a key of KMS, not of an alias',
    ),
    referenceBuckets: buckets,
    resultHosts: hosts,
    maxCreditsPerJob: credits,
    requireRefundProof: choice(['true', 'false']),
    budgets,
    tenants,
    prices: prices(known),
    models,
    alarmEmail: matching(/^[^\s@]{1,64}@[^\s@]{1,190}$/, 'an e-mail address'),
    alarmSpendPerHourUsd: positive(),
    alarmCreditsRemaining: positive(),
    alarmDaysRemaining: positive(),
    alarmFailureRatePercent: positive(100),
    alarmOldestOpenAttemptMinutes: integer(5, 7 * 24 * 60),
    dashboardName: matching(/^[A-Za-z0-9_-]{1,255}$/, 'a dashboard name: 1 to 255 of A-Z a-z 0-9 _ -'),
    reconcileIntervalMinutes: integer(1, 60),
    runbookUrl: matching(/^[^\s#()]{1,300}$/, 'an address or a path without spaces, fragment and brackets'),
  }) as const satisfies Record<string, Reader<unknown>>;

type Readers = ReturnType<typeof readersFor>;
type Key = keyof Readers;
type Values = { readonly [K in Key]?: ReturnType<Readers[K]> };

export const KEYS = Object.keys(readersFor([])) as Key[];

/** The deployable app's settings, checked. What is absent is left to the construct's own defaults. */
export interface Settings {
  readonly stackName: string;
  readonly apiKeySecretName: string;
  readonly evolinkBaseUrl: string;
  readonly defaults: RequestDefaults;
  readonly callbackEndpoint?: CallbackEndpoint;
  readonly callbackTimeout?: Duration;
  readonly maxAttempts?: number;
  readonly maxConcurrentTasks?: number;
  readonly maxQueueTime?: Duration;
  readonly firstCheckAfter?: Duration;
  readonly sweepInterval?: Duration;
  readonly logRetention?: RetentionDays;
  readonly imageRetention?: Duration;
  readonly removalPolicy?: RemovalPolicy;
  readonly encryptionKeyArn?: string;
  readonly referenceBuckets?: string[];
  readonly resultHosts?: string[];
  readonly maxCreditsPerJob?: number;
  readonly requireRefundProof?: boolean;
  readonly budgets?: Budget[];
  readonly tenants?: string[];
  readonly prices?: PriceTable;
  readonly models?: ImageModel[];
  /** Who is told of alarms. */
  readonly alarmEmail?: string;
  readonly alarms: PipelineAlarmOptions;
  readonly dashboardName?: string;
  readonly reconcileInterval?: Duration;
  readonly runbookUrl?: string;
}

/** Settings that can't be used. The message lists every reason, one to a line. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  constructor(readonly problems: readonly string[]) {
    super(['The settings of the pipeline are wrong:', ...problems.map((problem) => `  - ${problem}`)].join('\n'));
  }
}

/**
 * @param context the app's whole context; keys without our prefix belong to CDK and to others
 * @throws SettingsError with every problem there is
 */
export function readSettings(context: Readonly<Record<string, unknown>>): Settings {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  const known = knownModels(context);
  const readers = readersFor(known);
  for (const [contextKey, raw] of Object.entries(context)) {
    if (!contextKey.startsWith(PREFIX)) continue;
    const key = contextKey.slice(PREFIX.length);
    if (!isKey(key)) {
      problems.push(
        `${contextKey} is not a setting; the settings are ${KEYS.map((known) => PREFIX + known).join(', ')}`,
      );
      continue;
    }
    try {
      values[key] = readers[key](raw);
    } catch (error) {
      problems.push(`${contextKey} ${(error as Error).message}`);
    }
  }
  if (context[`${PREFIX}prices`] === undefined) {
    problems.push(
      ...pricedModelsProblems(undefined, known).map((problem) => `${PREFIX}prices must be set: ${problem}`),
    );
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return toSettings(values);
}

/** Other settings name models, so these are read first; what is wrong with them is told with everything else. */
function knownModels(context: Readonly<Record<string, unknown>>): readonly ModelLimits[] {
  try {
    const own = context[`${PREFIX}models`];
    return withModels(own === undefined ? [] : readModels(models(own)).models);
  } catch {
    return withModels();
  }
}

function toSettings(values: Values): Settings {
  return {
    stackName: values.stackName ?? 'EvolinkImagePipeline',
    apiKeySecretName: values.apiKeySecretName ?? 'evolink/api-key',
    evolinkBaseUrl: values.evolinkBaseUrl ?? DEFAULT_EVOLINK_BASE_URL,
    defaults: {
      model: values.defaultModel,
      size: values.defaultSize,
      resolution: values.defaultResolution,
      quality: values.defaultQuality,
      n: values.defaultN,
    },
    callbackEndpoint: values.callbackEndpoint,
    callbackTimeout: when(values.callbackTimeoutMinutes, (minutes) => Duration.minutes(minutes)),
    maxAttempts: values.maxAttempts,
    maxConcurrentTasks: values.maxConcurrentTasks,
    maxQueueTime: when(values.maxQueueMinutes, (minutes) => Duration.minutes(minutes)),
    firstCheckAfter: when(values.firstCheckSeconds, (seconds) => Duration.seconds(seconds)),
    sweepInterval: when(values.sweepIntervalMinutes, (minutes) => Duration.minutes(minutes)),
    logRetention: values.logRetentionDays,
    imageRetention: when(values.imageRetentionDays, (days) => Duration.days(days)),
    removalPolicy: when(values.removalPolicy, (policy) =>
      policy === 'destroy' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    ),
    encryptionKeyArn: values.encryptionKeyArn,
    referenceBuckets: values.referenceBuckets,
    resultHosts: values.resultHosts,
    maxCreditsPerJob: values.maxCreditsPerJob,
    requireRefundProof: when(values.requireRefundProof, (required) => required === 'true'),
    budgets: values.budgets,
    tenants: values.tenants,
    prices: values.prices,
    models: values.models,
    alarmEmail: values.alarmEmail,
    alarms: {
      spendPerHourUsd: values.alarmSpendPerHourUsd,
      creditsRemaining: values.alarmCreditsRemaining,
      daysRemaining: values.alarmDaysRemaining,
      failureRatePercent: values.alarmFailureRatePercent,
      oldestOpenAttempt: when(values.alarmOldestOpenAttemptMinutes, (minutes) => Duration.minutes(minutes)),
    },
    dashboardName: values.dashboardName,
    reconcileInterval: when(values.reconcileIntervalMinutes, (minutes) => Duration.minutes(minutes)),
    runbookUrl: values.runbookUrl,
  };
}

function when<T, R>(value: T | undefined, use: (value: T) => R): R | undefined {
  return value === undefined ? undefined : use(value);
}

function isKey(key: string): key is Key {
  return (KEYS as readonly string[]).includes(key);
}
