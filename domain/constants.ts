/**
 * Names that a construct and a handler must agree on. Each exists here, once: a metric that a Lambda emits and a
 * widget shows, an environment key that the construct sets and a handler reads, a table key that both index.
 *
 * This module holds literals only, so that `lib/` may import it without pulling in anything else.
 */

/** EvoLink's public API. @see https://docs.evolink.ai/en/api-manual/image-series/gpt-image-2/gpt-image-2-image-generation */
export const DEFAULT_EVOLINK_BASE_URL = 'https://api.evolink.ai';

/** Environment of our Lambdas. Values are strings; `lambda/shared/config.ts` reads and checks them. */
export const ENV = {
  tableName: 'TABLE_NAME',
  bucketName: 'BUCKET_NAME',
  apiKeySecretId: 'API_KEY_SECRET_ID',
  evolinkBaseUrl: 'EVOLINK_BASE_URL',
  callbackBaseUrl: 'CALLBACK_BASE_URL',
  requestDefaults: 'REQUEST_DEFAULTS',
  referenceBuckets: 'REFERENCE_BUCKETS',
  resultHosts: 'RESULT_HOSTS',
  maxAttempts: 'MAX_ATTEMPTS',
  taskTimeoutSeconds: 'TASK_TIMEOUT_SECONDS',
  firstCheckSeconds: 'FIRST_CHECK_SECONDS',
  maxConcurrentTasks: 'MAX_CONCURRENT_TASKS',
  maxQueueSeconds: 'MAX_QUEUE_SECONDS',
  dispatchFunction: 'DISPATCH_FUNCTION',
  archiveFunction: 'ARCHIVE_FUNCTION',
  requireRefundProof: 'REQUIRE_REFUND_PROOF',
  maxCreditsPerJob: 'MAX_CREDITS_PER_JOB',
  priceTable: 'PRICE_TABLE',
  models: 'MODELS',
  budgets: 'BUDGETS',
  tenants: 'TENANTS',
  version: 'PIPELINE_VERSION',
  /** Powertools' own names: its logger and metrics read them by themselves. */
  serviceName: 'POWERTOOLS_SERVICE_NAME',
  metricsNamespace: 'POWERTOOLS_METRICS_NAMESPACE',
} as const;

/** The attempt table: its keys, and the sparse index of attempts that somebody still has to look after. */
export const TABLE = {
  partitionKey: 'pk',
  sortKey: 'sk',
  timeToLive: 'expiresAt',
  openIndex: 'open',
  openIndexPartitionKey: 'openShard',
  openIndexSortKey: 'nextCheckAt',
  /** What the sweep counts, and what a person sees in the console; the row itself is read again before it is changed. */
  openIndexProjection: ['createdAt', 'jobId', 'attempt', 'status', 'creditsHeld', 'sendingSince'],
  /** Shards of the open index. One partition takes 1 000 writes a second; four leave room to grow. */
  openShards: 4,
} as const;

/** Where EvoLink's callback arrives: `<base>/callback/<attempt id>/<secret>`. The path is the credential. */
export const CALLBACK_ROUTE = '/callback/{attemptId}/{secret}';

/** Length of that path with an attempt's id (22 characters) and a secret (43) in it. */
export const CALLBACK_PATH_CHARACTERS = 76;

export const METRICS_NAMESPACE = 'EvolinkImagePipeline';

/** Powertools adds this dimension to every metric: the pipeline's own unique name. */
export const SERVICE_DIMENSION = 'service';

export const METRIC = {
  creditsUsed: 'CreditsUsed',
  costUsd: 'CostUsd',
  images: 'Images',
  jobsSucceeded: 'JobsSucceeded',
  jobsFailed: 'JobsFailed',
  archiveErrors: 'ArchiveErrors',
  submitToCallbackSeconds: 'SubmitToCallbackSeconds',
  callbackToArchivedSeconds: 'CallbackToArchivedSeconds',
  completedByCallback: 'CompletedByCallback',
  completedBySweep: 'CompletedBySweep',
  callbacksRejected: 'CallbacksRejected',
  openAttempts: 'OpenAttempts',
  oldestOpenAttemptSeconds: 'OldestOpenAttemptSeconds',
  attemptsOrphaned: 'AttemptsOrphaned',
  attemptsLost: 'AttemptsLost',
  strayTasks: 'StrayTasks',
  imagesSalvaged: 'ImagesSalvaged',
  queuedJobs: 'QueuedJobs',
  slotsTaken: 'SlotsTaken',
  jobFailedPercent: 'JobFailedPercent',
  providerSuccessPercent: 'ProviderSuccessPercent',
  estimateErrorPercent: 'EstimateErrorPercent',
  overrunCredits: 'OverrunCredits',
  outputTokens: 'OutputTokens',
  imageInputTokens: 'ImageInputTokens',
  textTokens: 'TextTokens',
  cachedTokens: 'CachedTokens',
  creditsHeld: 'CreditsHeld',
  creditsToday: 'CreditsToday',
  creditsThisMonth: 'CreditsThisMonth',
  creditsForecastMonth: 'CreditsForecastMonth',
  costTodayUsd: 'CostTodayUsd',
  costThisMonthUsd: 'CostThisMonthUsd',
  costForecastMonthUsd: 'CostForecastMonthUsd',
  costPerImageUsd: 'CostPerImageUsd',
  creditsRemaining: 'CreditsRemaining',
  creditsDaysLeft: 'CreditsDaysLeft',
  budgetUsePercent: 'BudgetUsePercent',
  ledgerDriftCredits: 'LedgerDriftCredits',
  priceDifferences: 'PriceDifferences',
  paused: 'Paused',
} as const;

/** Dimensions besides {@link SERVICE_DIMENSION}. Job and task ids are metadata, never dimensions. */
export const DIMENSION = {
  model: 'Model',
  quality: 'Quality',
  errorName: 'ErrorName',
  tenant: 'Tenant',
  budget: 'Budget',
  scope: 'Scope',
} as const;

/** Values of the scope dimension: EvoLink's account, and the pipeline's own key. */
export const CREDIT_SCOPES = ['account', 'key'] as const;

/** The failures that the dashboard shows by name: those that somebody has to act on. */
export const DASHBOARD_FAILURES = [
  'InvalidRequest',
  'CostLimitExceeded',
  'BudgetExceeded',
  'PipelinePaused',
  'Unauthorized',
  'InsufficientCredits',
  'KeyLimitReached',
  'SubmitOutcomeUnknown',
  'ServiceError',
  'ContentPolicyViolation',
  'GenerationFailed',
] as const;

/** The quality dimension of a model that has no quality levels: a dimension needs a value. */
export const NO_QUALITY = 'none';

/**
 * Where apps put pictures that jobs use as references, in the archive bucket. No image is ever archived below it: what
 * is there expires, and apps may write there.
 */
export const REFERENCES = { prefix: 'references/', expireDays: 7 } as const;

/**
 * The longest that sending one attempt takes, in seconds: its claim (15), a look at its references (10), two POSTs of 30
 * with a wait of 20 between them, and what is written besides. The function that sends has so long.
 */
export const SUBMISSION_SECONDS = 120;

/** States of the workflow, as they appear in the console and in the history. */
export const STATE = {
  validate: 'Validate request',
  isValid: 'Is valid?',
  generate: 'Generate',
  mayRetry: 'May retry?',
  backOff: 'Back off',
  archive: 'Archive images',
  failed: 'Failed',
} as const;

/** Step Functions' own limits. @see https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export const STEP_FUNCTIONS_LIMITS = {
  errorCharacters: 256,
  causeCharacters: 32_768,
  /** Of what a state gets, returns or keeps as a variable. */
  payloadBytes: 262_144,
} as const;
