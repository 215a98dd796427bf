/** From a reply that is no success to its error: what each status means, and whether there may be a paid task. */
import * as errors from './errors';
import type { EvolinkError } from './errors';
import { CONTENT_CODES, type ErrorClass, isChannelCode, meaningOfCode, normalizeCode } from './error-codes';
import { codeText, isObject, objectOr, parseJson, text } from './json';
import type { Redact } from './redact';
import { httpDate, retryAfterSeconds } from './retry-after';
import type { HttpReply } from './transport';

/**
 * For codes that say nothing of their own: what a status means.
 * @see https://docs.evolink.ai/en/api-manual/task-management/error-codes
 */
const ERROR_OF_STATUS: ReadonlyMap<number, ErrorClass> = new Map<number, ErrorClass>([
  [400, errors.EvolinkInvalidRequestError],
  [401, errors.EvolinkUnauthorizedError],
  [402, errors.EvolinkInsufficientCreditsError],
  [403, errors.EvolinkAccessDeniedError],
  [404, errors.EvolinkNotFoundError],
  [409, errors.EvolinkConflictError],
  [413, errors.EvolinkRequestTooLargeError],
  [415, errors.EvolinkInvalidRequestError],
  [429, errors.EvolinkRateLimitedError],
  [502, errors.EvolinkUnavailableError],
  [503, errors.EvolinkUnavailableError],
]);

/** Statuses under which EvoLink documents that it won't make a task; at every other one there may be one. */
const DOCUMENTED_REFUSALS: ReadonlySet<number> = new Set([400, 401, 402, 403, 404, 413, 415]);

const NO_REFUSALS: ReadonlySet<ErrorClass> = new Set<ErrorClass>([
  errors.EvolinkConflictError,
  errors.EvolinkRateLimitedError,
  errors.EvolinkServerError,
  errors.EvolinkUnavailableError,
]);

const LONGEST_MESSAGE = 1000;
const LONGEST_CODE = 100;

/** What is known of any reply, also of a successful one. */
export function requestIdOf(reply: HttpReply, redact: Redact): string | undefined {
  const body = objectOr(parseJson(reply.body));
  const id =
    text(objectOr(body.error).request_id) ??
    header(reply, 'x-request-id') ??
    header(reply, 'x-oneapi-request-id') ??
    text(body.request_id);
  // Goes into log lines: one word, of bounded length.
  return id === undefined ? undefined : redact(id.replace(/[^!-~]/g, '')).slice(0, 200);
}

/** EvoLink's clock: epoch milliseconds. */
export function serverTimeOf(reply: HttpReply): number | undefined {
  return httpDate(header(reply, 'date'));
}

/** The error of a reply that is no success. The title is for its message: method and route, no ids, no secrets. */
export function errorOfReply(
  reply: HttpReply,
  call: { readonly title: string; readonly submission: boolean; readonly redact: Redact },
): EvolinkError {
  const body = parseJson(reply.body);
  const said = wordsOf(body, call.redact);
  const ErrorOfCase = classOf(reply.status, said.code);
  return new ErrorOfCase(`${call.title}: EvoLink answered ${reply.status}${inBrackets(said.code)}`, {
    ...said,
    status: reply.status,
    requestId: requestIdOf(reply, call.redact),
    retryAfterSeconds: retryAfterSeconds(header(reply, 'retry-after'), serverTimeOf(reply)),
    resetTimeZone: text(objectOr(objectOr(body).error).reset_timezone),
    outcome: call.submission ? submissionOutcome(reply.status, body) : undefined,
  });
}

/** A redirect is never EvoLink's answer; at every error the code says more than the status. */
function classOf(status: number, code: string | undefined): ErrorClass {
  if (status < 300 || status > 599) return errors.EvolinkUnexpectedStatusError;
  if (status < 400) return errors.EvolinkRedirectError;
  const byCode = meaningOfCode(code)?.error;
  if (byCode !== undefined) return byCode;
  const otherwise = status > 499 ? errors.EvolinkServerError : errors.EvolinkUnexpectedStatusError;
  return ERROR_OF_STATUS.get(status) ?? otherwise;
}

/** A status alone proves nothing, since a proxy or a late fault may give it for a request that went through. */
function submissionOutcome(status: number, body: unknown): errors.SubmitOutcome {
  if (status < 400) return 'unknown';
  const code = codeText(objectOr(objectOr(body).error).code);
  const meaning = meaningOfCode(code);
  if (meaning?.provesNoTask === true) return 'no_task';
  if (!isEvolinksOwn(body)) return 'unknown';
  // What these codes say is no refusal, whatever the status: there may be a task.
  if (meaning !== undefined && NO_REFUSALS.has(meaning.error) && !isChannelCode(code)) return 'unknown';
  const isContent = CONTENT_CODES.some((one) => one === normalizeCode(code));
  return isContent || DOCUMENTED_REFUSALS.has(status) ? 'refused' : 'unknown';
}

/**
 * EvoLink's documented error body: `{"error":{"code","message","type"}}`, or its envelope with a code that only EvoLink
 * uses. Proxies write HTML, or other JSON.
 */
function isEvolinksOwn(body: unknown): boolean {
  const error = isObject(body) && isObject(body.error) ? body.error : undefined;
  const code = codeText(error?.code);
  if (code === undefined) return false;
  return meaningOfCode(code) !== undefined || (typeof error?.message === 'string' && typeof error.type === 'string');
}

function wordsOf(body: unknown, redact: Redact): { code?: string; providerMessage?: string } {
  const whole = objectOr(body);
  const error = isObject(whole.error) ? whole.error : whole;
  const message = text(error.message) ?? text(whole.error);
  const code = codeText(error.code);
  return {
    // Redacted before it is cut: half a secret is no longer recognised.
    code: code === undefined ? undefined : redact(code).slice(0, LONGEST_CODE),
    providerMessage: message === undefined ? undefined : redact(message).slice(0, LONGEST_MESSAGE),
  };
}

/** Only what looks like a code: text in its place could be anything, a piece of the prompt included. */
function inBrackets(code: string | undefined): string {
  return code !== undefined && /^[A-Za-z0-9_.-]{1,64}$/.test(code) ? ` (${code})` : '';
}

function header(reply: HttpReply, name: string): string | undefined {
  const value = reply.headers[name];
  return text(Array.isArray(value) ? value[0] : value);
}
