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

export class InvalidRequestError extends failed('InvalidRequest') {
  /** Every one of them, as far as they fit. */
  get problems(): readonly Problem[] {
    return this.facts.problems ?? [];
  }
}

export class CostLimitExceededError extends failed('CostLimitExceeded') {
  /** What the job may cost. */
  get estimatedCredits(): string | undefined {
    return text(this.facts.estimated_credits);
  }

  /** The request's limit or the pipeline's, whichever is lower. */
  get maxCredits(): string | undefined {
    return text(this.facts.max_credits);
  }
}

export class BudgetExceededError extends failed('BudgetExceeded') {
  /** Which: `all-day`. */
  get budget(): string | undefined {
    return text(this.facts.budget);
  }

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

export class PipelinePausedError extends failed('PipelinePaused') {
  get pausedSince(): Date | undefined {
    return time(this.facts.paused_since);
  }

  /** Why, if the operator said so. */
  get reason(): string | undefined {
    return text(this.facts.reason);
  }
}

export class JobIdReusedError extends failed('JobIdReused') {}
export class ApiKeyUnavailableError extends failed('ApiKeyUnavailable') {}
export class UnauthorizedError extends failed('Unauthorized') {}
export class InsufficientCreditsError extends failed('InsufficientCredits') {}
export class ModelAccessDeniedError extends failed('ModelAccessDenied') {}
export class RequestRefusedError extends failed('RequestRefused') {}
export class ContentPolicyViolationError extends failed('ContentPolicyViolation') {}
export class ReferenceImageUnusableError extends failed('ReferenceImageUnusable') {}
export class ReferenceUnavailableError extends failed('ReferenceUnavailable') {}
export class RateLimitedError extends failed('RateLimited') {}
export class ServiceError extends failed('ServiceError') {}
export class ResourceExhaustedError extends failed('ResourceExhausted') {}
export class NoContentGeneratedError extends failed('NoContentGenerated') {}
export class GenerationFailedError extends failed('GenerationFailed') {}
export class TaskCancelledError extends failed('TaskCancelled') {}
export class TaskTimedOutError extends failed('TaskTimedOut') {}
export class SubmitOutcomeUnknownError extends failed('SubmitOutcomeUnknown') {}
export class QueueTimedOutError extends failed('QueueTimedOut') {}
export class JobStoppedError extends failed('JobStopped') {}
export class BusyError extends failed('Busy') {}

/** The image is paid, but not in S3: an operator redrives the execution (`docs/runbook.md`), which pays nothing. */
export class ResultUnavailableError extends failed('ResultUnavailable') {}
export class ResultExpiredError extends failed('ResultExpired') {}
export class ResultBlockedError extends failed('ResultBlocked') {}
export class ResultTooLargeError extends failed('ResultTooLarge') {}
export class ResultNotAnImageError extends failed('ResultNotAnImage') {}
export class AttemptNotFoundError extends failed('AttemptNotFound') {}
