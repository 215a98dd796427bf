/**
 * What can go wrong in a call to EvoLink: one class per case, told apart by a stable `name`.
 *
 * Messages are ours and hold only method, route, status and EvoLink's code: never the key, the prompt or a callback
 * URL. What EvoLink wrote itself is in `providerMessage`, which ordinary loggers don't print.
 */

/**
 * What a first POST that gave no task id proves. Of a repeat under the same idempotency key no outcome says anything about
 * the POST before it.
 * - `no_task`: there is no task, proven: nothing was written to the wire, or EvoLink's admission checks refused it.
 * - `refused`: EvoLink answered in its own form that it won't. A task behind it is unlikely, and not ruled out.
 * - `unknown`: there may be a task, and it may be charged.
 */
export type SubmitOutcome = 'no_task' | 'refused' | 'unknown';

/** What is known besides the case itself. */
export interface EvolinkErrorFacts {
  readonly status?: number;
  readonly code?: string;
  readonly providerMessage?: string;
  readonly requestId?: string;
  readonly retryAfterSeconds?: number;
  readonly outcome?: SubmitOutcome;
  /** IANA name: where a daily limit of the key starts afresh at midnight. */
  readonly resetTimeZone?: string;
  readonly cause?: unknown;
}

/** Base of every error that the client throws about a call. */
export abstract class EvolinkError extends Error {
  abstract override readonly name: string;
  /** HTTP status, where there was a reply. */
  readonly status?: number;
  /** EvoLink's error code as text, also where it sent an integer. */
  readonly code?: string;
  /** EvoLink's own words, at most 1 000 characters. They may quote the prompt: meant for the app, not for logs. */
  declare readonly providerMessage?: string;
  /** What EvoLink's support asks for. */
  readonly requestId?: string;
  /** How long EvoLink asks us to wait: whole seconds, 0 to 3 600. */
  readonly retryAfterSeconds?: number;
  /** Only for submissions; a query changes nothing, so its outcome doesn't matter. */
  readonly outcome?: SubmitOutcome;
  readonly resetTimeZone?: string;

  constructor(message: string, facts: EvolinkErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.status = facts.status;
    this.code = facts.code;
    this.requestId = facts.requestId;
    this.retryAfterSeconds = facts.retryAfterSeconds;
    this.outcome = facts.outcome;
    this.resetTimeZone = facts.resetTimeZone;
    // Loggers print the enumerable fields of an error; EvoLink's words may quote the prompt.
    Object.defineProperty(this, 'providerMessage', { value: facts.providerMessage, enumerable: false });
  }
}

/** No connection was made: refused, unknown host, TLS failure, or no time left. Nothing was sent. */
export class EvolinkConnectionError extends EvolinkError {
  override readonly name = 'EvolinkConnectionError';
}

/** The time ran out after the request had been sent. */
export class EvolinkTimeoutError extends EvolinkError {
  override readonly name = 'EvolinkTimeoutError';
}

/** The connection broke, or carried no readable HTTP, after the request had been sent. */
export class EvolinkConnectionLostError extends EvolinkError {
  override readonly name = 'EvolinkConnectionLostError';
}

/** The reply was larger than we read. */
export class EvolinkReplyTooLargeError extends EvolinkError {
  override readonly name = 'EvolinkReplyTooLargeError';
}

/** A reply of success without what it must contain, such as a task id. */
export class EvolinkUnreadableReplyError extends EvolinkError {
  override readonly name = 'EvolinkUnreadableReplyError';
}

/** EvoLink pointed elsewhere (3xx). Redirects are not followed: they would carry the key to another host. */
export class EvolinkRedirectError extends EvolinkError {
  override readonly name = 'EvolinkRedirectError';
}

/** 400: EvoLink found a fault in the request. */
export class EvolinkInvalidRequestError extends EvolinkError {
  override readonly name = 'EvolinkInvalidRequestError';
}

/** A content code, at whatever status: the prompt or a reference image was blocked. */
export class EvolinkContentPolicyError extends EvolinkError {
  override readonly name = 'EvolinkContentPolicyError';
}

/** 401, or a code of the key's state at another status: the key is wrong, expired or disabled, or its account is. */
export class EvolinkUnauthorizedError extends EvolinkError {
  override readonly name = 'EvolinkUnauthorizedError';
}

/** 402: the account has too few credits. */
export class EvolinkInsufficientCreditsError extends EvolinkError {
  override readonly name = 'EvolinkInsufficientCreditsError';
}

/** The key has spent what it may spend in all, whatever the account still has. */
export class EvolinkKeyLimitError extends EvolinkError {
  override readonly name = 'EvolinkKeyLimitError';
}

/** The key has spent what it may spend today; it starts afresh at midnight of `resetTimeZone`. */
export class EvolinkKeyDailyLimitError extends EvolinkError {
  override readonly name = 'EvolinkKeyDailyLimitError';
}

/** 403: the key may not use this model, or not see this task. */
export class EvolinkAccessDeniedError extends EvolinkError {
  override readonly name = 'EvolinkAccessDeniedError';
}

/** 404: no such task or route. */
export class EvolinkNotFoundError extends EvolinkError {
  override readonly name = 'EvolinkNotFoundError';
}

/** 409: EvoLink has seen this idempotency key before. There may be a paid task behind it. */
export class EvolinkConflictError extends EvolinkError {
  override readonly name = 'EvolinkConflictError';
}

/** 413: the request, or an image that it refers to, is too large. */
export class EvolinkRequestTooLargeError extends EvolinkError {
  override readonly name = 'EvolinkRequestTooLargeError';
}

/** 429: too many requests; see `retryAfterSeconds`. */
export class EvolinkRateLimitedError extends EvolinkError {
  override readonly name = 'EvolinkRateLimitedError';
}

/** 502, 503, or a code that says that EvoLink has no route to the model at the moment. */
export class EvolinkUnavailableError extends EvolinkError {
  override readonly name = 'EvolinkUnavailableError';
}

/** 500, 504 and every other 5xx: a fault while EvoLink may already have been working. */
export class EvolinkServerError extends EvolinkError {
  override readonly name = 'EvolinkServerError';
}

/** A status that EvoLink doesn't document. */
export class EvolinkUnexpectedStatusError extends EvolinkError {
  override readonly name = 'EvolinkUnexpectedStatusError';
}
