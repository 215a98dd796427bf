/**
 * Every name under which a job can fail: the workflow matches on these, apps read them, `docs/errors.md` is made from
 * them. A failure is data, not an exception: it reaches the app as the execution's `error` (the name) and `cause`
 * (JSON, {@link FailureCause}).
 */

/** Whether a job that failed under this name was charged by EvoLink. */
export type Charged = 'no' | 'unknown' | 'yes';

export interface FailureDefinition {
  readonly meaning: string;
  readonly charged: Charged;
  /** What the app should do: start again as it is, change something first, or ask somebody. */
  readonly startAgain: string;
  /** Present: the workflow makes another attempt by itself, waiting at least this long before it. */
  readonly retry?: {
    readonly waitSeconds: number;
    /** Attempts in all under this name; the construct's own limit applies besides. */
    readonly maxAttempts?: number;
  };
}

export const FAILURES = {
  InvalidRequest: {
    meaning: 'The request breaks a rule of the pipeline or of EvoLink. `problems` lists every one of them.',
    charged: 'no',
    startAgain: 'After mending every listed problem.',
  },
  CostLimitExceeded: {
    meaning:
      "The upper estimate is above the request's `max_credits` or the pipeline's limit for one job (`maxCreditsPerJob`): `limit_of` says whose limit it was. Nothing was sent to EvoLink.",
    charged: 'no',
    startAgain:
      "With a smaller, fewer or lower-quality image; or with a higher `max_credits`, if that was the limit, or after an operator raised the pipeline's `maxCreditsPerJob`.",
  },
  BudgetExceeded: {
    meaning: 'The estimate does not fit into what is left of a budget. `budget` says which, and when it starts afresh.',
    charged: 'no',
    startAgain: 'After `resets_at`, or after an operator raised the limit.',
  },
  PipelinePaused: {
    meaning: 'An operator stopped the pipeline. Jobs that were sent before finish; this one was not sent.',
    charged: 'no',
    startAgain: 'After an operator resumed it.',
  },
  QueueTimedOut: {
    meaning: 'The job waited for a slot longer than the pipeline lets a job wait (`maxQueueTime`). It was not sent.',
    charged: 'no',
    startAgain: 'Later, or after an operator raised `maxConcurrentTasks`.',
  },
  JobStopped: {
    meaning:
      'The job was stopped while it waited for a slot, so it was never sent. Appears in the ledger and in metrics.',
    charged: 'no',
    startAgain: 'If the image is still wanted.',
  },
  JobIdReused: {
    meaning: 'Another execution used this job id (execution name) before and its attempts are still on record.',
    charged: 'no',
    startAgain: 'Under a new job id.',
  },
  ApiKeyUnavailable: {
    meaning: "The secret with EvoLink's API key could not be read, or holds no key.",
    charged: 'no',
    startAgain: 'After an operator mended the secret.',
    retry: { waitSeconds: 10 },
  },
  Unauthorized: {
    meaning:
      'EvoLink does not accept the API key, also after it was read again from Secrets Manager: it is unknown, disabled or expired, or its account is disabled. `provider.code` says which.',
    charged: 'no',
    startAgain: 'After an operator stored a valid key.',
  },
  InsufficientCredits: {
    meaning: 'The EvoLink account has too few credits left (402).',
    charged: 'no',
    startAgain: 'After an operator topped up the account.',
  },
  KeyLimitReached: {
    meaning:
      'The API key has reached its own limit at EvoLink (402), whatever the account still has: `limit` says whether it is the limit in total or per day, and `resets_at` when a daily one starts afresh.',
    charged: 'no',
    startAgain: 'After `resets_at`, or after an operator raised the limit of the key.',
  },
  ModelAccessDenied: {
    meaning: 'The API key may not use this model (403).',
    charged: 'no',
    startAgain: 'With another model, or after an operator changed the key.',
  },
  RequestRefused: {
    meaning:
      'EvoLink refused the request (400, 404, 413, 415) though it passed our validation. `provider` holds its reason.',
    charged: 'no',
    startAgain: 'After changing what EvoLink complains about.',
  },
  ContentPolicyViolation: {
    meaning: "The prompt or a reference image was blocked by the provider's safety filters.",
    charged: 'no',
    startAgain: 'With another prompt or reference image. The same content is blocked again.',
  },
  ReferenceImageUnusable: {
    meaning:
      'A reference image could not be fetched or decoded, or its pixels do not fit the request. EvoLink says so in `provider`; for an object of S3 that we refused before anything was sent, `problems` says why.',
    charged: 'no',
    startAgain: 'With another reference image; one behind https must be reachable without login.',
  },
  ReferenceUnavailable: {
    meaning:
      'S3 did not give us a reference image (throttled, at fault, or silent), also after the pipeline waited and tried again. Nothing was sent to EvoLink.',
    charged: 'no',
    startAgain: 'Later, unchanged.',
    retry: { waitSeconds: 5 },
  },
  RateLimited: {
    meaning: "The task failed for EvoLink's limits (`quota_exceeded`), also after the pipeline waited and tried again.",
    charged: 'no',
    startAgain: 'Later, or with fewer jobs at once.',
    retry: { waitSeconds: 30 },
  },
  ServiceError: {
    meaning: 'EvoLink or its upstream had a fault, also after the pipeline waited and tried again.',
    charged: 'no',
    startAgain: 'Later, unchanged.',
    retry: { waitSeconds: 5 },
  },
  ResourceExhausted: {
    meaning: 'The upstream had no capacity, also after the pipeline waited and tried again.',
    charged: 'no',
    startAgain: 'Later, unchanged.',
    retry: { waitSeconds: 30 },
  },
  NoContentGenerated: {
    meaning: 'The model produced no image. This may hide a policy refusal.',
    charged: 'no',
    startAgain: 'With another prompt.',
  },
  GenerationFailed: {
    meaning: 'The task failed for a reason that EvoLink does not explain or that we do not know.',
    charged: 'no',
    startAgain: 'Once, unchanged; then ask EvoLink with the request id in `provider`.',
  },
  TaskCancelled: {
    meaning: 'The task was cancelled at EvoLink.',
    charged: 'no',
    startAgain: 'Unchanged, if the image is still wanted.',
  },
  TaskTimedOut: {
    meaning: 'EvoLink did not finish the task within the time limit. It may still finish, and be charged, later.',
    charged: 'unknown',
    startAgain: 'Only if paying twice is acceptable: look at the task first.',
  },
  SubmitOutcomeUnknown: {
    meaning:
      'EvoLink may have made a task, and neither a callback nor a repeat of the same submission has shown it. `provider` holds its last answer, `candidates` the tasks of the account that may be this one. What turns up later is booked, and its images are saved.',
    charged: 'unknown',
    startAgain: "Only after looking at the candidates and EvoLink's task list: starting again may pay twice.",
  },
  Busy: {
    meaning: 'Too many jobs wrote to the same record at once. Nothing was sent to EvoLink.',
    charged: 'no',
    startAgain: 'Later, unchanged.',
    retry: { waitSeconds: 2 },
  },
} as const satisfies Record<string, FailureDefinition>;

/** The names under which a job fails before there is an image to save: `docs/errors.md` explains each. */
export type FailureName = keyof typeof FAILURES;

export const FAILURE_NAMES = Object.keys(FAILURES) as FailureName[];

/** The names after which the workflow makes another attempt, waiting first. */
export const RETRYABLE_FAILURES = FAILURE_NAMES.filter((name) => retryRule(name) !== undefined);

/** `Busy` wrote nothing, so it repeats the same attempt number instead of opening a new one. */
export const SAME_ATTEMPT_FAILURES: readonly FailureName[] = ['Busy'];

/** Times that a job may come back from the back-off, whatever the reason: no job goes round for ever. */
export const MAX_ROUNDS = 20;

export function failureDefinition(name: FailureName): FailureDefinition {
  return FAILURES[name];
}

export function retryRule(name: FailureName): FailureDefinition['retry'] {
  return failureDefinition(name).retry;
}

/**
 * Names under which the Archive state fails. The images are paid for and their links are kept: a redrive of the
 * execution (`aws stepfunctions redrive-execution`) runs that state again and pays nothing.
 */
export const ARCHIVE_FAILURES = {
  ResultUnavailable: {
    meaning:
      "EvoLink's file host did not deliver a finished image (network fault or HTTP error), also when asked again.",
    charged: 'yes',
    startAgain: 'Redrive the execution within 24 h of its completion: it only archives and pays nothing again.',
  },
  ResultExpired: {
    meaning: 'The link to a finished image answers 403, 404 or 410: it has expired (links live 24 h) or never worked.',
    charged: 'yes',
    startAgain: 'Ask EvoLink about the task. Another job means another charge.',
  },
  ResultBlocked: {
    meaning:
      'The link to a finished image leads from https to http, is not public, or is not on a host allowed by `resultHosts`.',
    charged: 'yes',
    startAgain: 'After an operator mended `resultHosts`: redrive the execution.',
  },
  ResultTooLarge: {
    meaning: 'A finished image is larger than the archive accepts (100 MB).',
    charged: 'yes',
    startAgain: 'Fetch the image by hand within 24 h; its link is in the attempt table.',
  },
  ResultNotAnImage: {
    meaning: 'What the link of a finished image delivers is text, HTML, XML or JSON, or empty.',
    charged: 'yes',
    startAgain: 'Redrive once; then ask EvoLink about the task.',
  },
  AttemptNotFound: {
    meaning: 'The attempt to archive is not on record, or has not completed. A fault of the pipeline or of its table.',
    charged: 'yes',
    startAgain: 'Ask an operator.',
  },
} as const satisfies Record<string, FailureDefinition>;

/** The names under which saving a paid image fails: `docs/errors.md` explains each. */
export type ArchiveFailureName = keyof typeof ARCHIVE_FAILURES;
