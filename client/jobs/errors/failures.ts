/**
 * One class for each failure of `docs/errors.md`. Those that carry figures have them as fields; amounts are credits as
 * decimal strings.
 */
import type { Problem } from '../../../domain/job';
import { failed } from './failed';

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function time(value: unknown): Date | undefined {
  const at = new Date(text(value) ?? NaN);
  return Number.isNaN(at.getTime()) ? undefined : at;
}

/** The request breaks a rule of the pipeline or of EvoLink. */
export class InvalidRequestError extends failed('InvalidRequest') {
  /** Every one of them, as far as they fit. */
  get problems(): readonly Problem[] {
    return this.facts.problems ?? [];
  }
}

/** The upper estimate is above what the job may cost. Nothing was sent to EvoLink. */
export class CostLimitExceededError extends failed('CostLimitExceeded') {
  /** What the job may cost. */
  get estimatedCredits(): string | undefined {
    return text(this.facts.estimated_credits);
  }

  /** The request's limit or the pipeline's, whichever is lower. */
  get maxCredits(): string | undefined {
    return text(this.facts.max_credits);
  }

  /** Whose limit it was: a higher `max_credits` changes nothing about the pipeline's own (`maxCreditsPerJob`). */
  get limitOf(): 'request' | 'pipeline' | undefined {
    const { limit_of: whose } = this.facts;
    return whose === 'request' || whose === 'pipeline' ? whose : undefined;
  }
}

/** The estimate does not fit into what is left of a budget. */
export class BudgetExceededError extends failed('BudgetExceeded') {
  /** Which: `all-day`. */
  get budget(): string | undefined {
    return text(this.facts.budget);
  }

  /** Credits that may be spent in this period. */
  get limit(): string | undefined {
    return text(this.facts.limit);
  }

  /** Booked in this period. */
  get spent(): string | undefined {
    return text(this.facts.spent);
  }

  /** Reserved by jobs that have not ended. */
  get held(): string | undefined {
    return text(this.facts.held);
  }

  /** What the job may cost. */
  get asked(): string | undefined {
    return text(this.facts.asked);
  }

  /** When the budget starts afresh. */
  get resetsAt(): Date | undefined {
    return time(this.facts.resets_at);
  }
}

/** An operator stopped the pipeline. This job was not sent. */
export class PipelinePausedError extends failed('PipelinePaused') {
  /** When the operator stopped it. */
  get pausedSince(): Date | undefined {
    return time(this.facts.paused_since);
  }

  /** Why, if the operator said so. */
  get reason(): string | undefined {
    return text(this.facts.reason);
  }
}

/** Another execution used this job id before, and its attempts are still on record. */
export class JobIdReusedError extends failed('JobIdReused') {}
/** The secret with EvoLink's API key could not be read, or holds no key. */
export class ApiKeyUnavailableError extends failed('ApiKeyUnavailable') {}
/** EvoLink does not accept the pipeline's API key: it is unknown, disabled or expired, or its account is disabled. */
export class UnauthorizedError extends failed('Unauthorized') {}
/** The EvoLink account has too few credits left (402). */
export class InsufficientCreditsError extends failed('InsufficientCredits') {}
/** The API key has reached its own limit at EvoLink, whatever the account still has. */
export class KeyLimitReachedError extends failed('KeyLimitReached') {
  /** Whether it is the limit of the key in total or per day. */
  get limit(): 'total' | 'daily' | undefined {
    const { limit } = this.facts;
    return limit === 'total' || limit === 'daily' ? limit : undefined;
  }

  /** When a daily limit starts afresh; undefined for a limit in total, and where EvoLink does not say. */
  get resetsAt(): Date | undefined {
    return time(this.facts.resets_at);
  }
}
/** The API key may not use this model (403). */
export class ModelAccessDeniedError extends failed('ModelAccessDenied') {}
/** EvoLink refused the request (400, 404, 413, 415) though it passed our validation. `provider` holds its reason. */
export class RequestRefusedError extends failed('RequestRefused') {}
/** The prompt or a reference image was blocked by the provider's safety filters. */
export class ContentPolicyViolationError extends failed('ContentPolicyViolation') {}
/**
 * A reference image could not be fetched or decoded, or its pixels do not fit the request. EvoLink says so in
 * `provider`; for an object of S3 that we refused before anything was sent, `problems` says why.
 */
export class ReferenceImageUnusableError extends failed('ReferenceImageUnusable') {}
/**
 * S3 did not give us a reference image (throttled, at fault, or silent), also after the pipeline waited and tried
 * again. Nothing was sent to EvoLink.
 */
export class ReferenceUnavailableError extends failed('ReferenceUnavailable') {}
/** EvoLink had too many requests from this key (429), also after the pipeline waited and tried again. */
export class RateLimitedError extends failed('RateLimited') {}
/** EvoLink or its upstream had a fault, also after the pipeline waited and tried again. */
export class ServiceError extends failed('ServiceError') {}
/** The upstream had no capacity, also after the pipeline waited and tried again. */
export class ResourceExhaustedError extends failed('ResourceExhausted') {}
/** The model produced no image. This may hide a policy refusal. */
export class NoContentGeneratedError extends failed('NoContentGenerated') {}
/** The task failed for a reason that EvoLink does not explain or that we do not know. */
export class GenerationFailedError extends failed('GenerationFailed') {}
/** The task was cancelled at EvoLink. */
export class TaskCancelledError extends failed('TaskCancelled') {}
/** EvoLink did not finish the task within the time limit. It may still finish, and be charged, later. */
export class TaskTimedOutError extends failed('TaskTimedOut') {}
/** The reply to the submission was lost, and nothing shows whether EvoLink created a task. */
export class SubmitOutcomeUnknownError extends failed('SubmitOutcomeUnknown') {}
/** The job waited for a slot longer than the pipeline lets a job wait. It was not sent. */
export class QueueTimedOutError extends failed('QueueTimedOut') {}
/** The job was stopped while it waited for a slot, so it was never sent. Appears in the ledger and in metrics. */
export class JobStoppedError extends failed('JobStopped') {}
/** Too many jobs wrote to the same record at once. Nothing was sent to EvoLink. */
export class BusyError extends failed('Busy') {}

/** The image is paid, but not in S3: an operator redrives the execution (`docs/runbook.md`), which pays nothing. */
export class ResultUnavailableError extends failed('ResultUnavailable') {}
/** The link to a finished image has expired or never worked. */
export class ResultExpiredError extends failed('ResultExpired') {}
/** The link to a finished image is not HTTPS, not public, or not on a host that the pipeline allows. */
export class ResultBlockedError extends failed('ResultBlocked') {}
/** A finished image is larger than the archive accepts (100 MB). */
export class ResultTooLargeError extends failed('ResultTooLarge') {}
/** What the link of a finished image delivers is no PNG, JPEG or WebP. */
export class ResultNotAnImageError extends failed('ResultNotAnImage') {}
/** The attempt to archive is not on record, or has not completed: a fault of the pipeline or of its table. */
export class AttemptNotFoundError extends failed('AttemptNotFound') {}
