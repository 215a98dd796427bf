/** From a reply that is no success to its error: what each status means, and whether there may be a paid task. */
import * as errors from './errors';
import type { EvolinkError, EvolinkErrorFacts } from './errors';
import { codeText, isObject, objectOr, parseJson, text } from './json';
import { moderationCodes } from './moderation';
import type { Redact } from './redact';
import { httpDate, retryAfterSeconds } from './retry-after';
import type { HttpReply } from './transport';

type ErrorClass = new (message: string, facts: EvolinkErrorFacts) => EvolinkError;

/**
 * What a status says about a submission. `refused_by_evolink`: refused if EvoLink says so itself, else unknown, since a
 * proxy gives the same status for an answer that got lost.
 */
interface Rule {
  readonly error: ErrorClass;
  readonly submission: 'refused' | 'refused_by_evolink' | 'unknown';
}

/** @see https://docs.evolink.ai/en/api-manual/task-management/error-codes */
const RULES: ReadonlyMap<number, Rule> = new Map<number, Rule>([
  [400, { error: errors.EvolinkInvalidRequestError, submission: 'refused' }],
  [401, { error: errors.EvolinkUnauthorizedError, submission: 'refused' }],
  [402, { error: errors.EvolinkInsufficientCreditsError, submission: 'refused' }],
  [403, { error: errors.EvolinkAccessDeniedError, submission: 'refused' }],
  [404, { error: errors.EvolinkNotFoundError, submission: 'refused' }],
  // "Request timeout": how much of it was read is not said.
  [408, { error: errors.EvolinkUnexpectedStatusError, submission: 'unknown' }],
  // EvoLink's own client knows 409 as `paid_outcome_unknown`.
  [409, { error: errors.EvolinkConflictError, submission: 'unknown' }],
  [413, { error: errors.EvolinkRequestTooLargeError, submission: 'refused' }],
  [429, { error: errors.EvolinkRateLimitedError, submission: 'refused' }],
  [502, { error: errors.EvolinkUnavailableError, submission: 'refused_by_evolink' }],
  [503, { error: errors.EvolinkUnavailableError, submission: 'refused_by_evolink' }],
]);

/** For what the table doesn't name, by the first digit. */
const RULES_BY_CLASS: ReadonlyMap<number, Rule> = new Map<number, Rule>([
  [3, { error: errors.EvolinkRedirectError, submission: 'unknown' }],
  [4, { error: errors.EvolinkUnexpectedStatusError, submission: 'refused_by_evolink' }],
  [5, { error: errors.EvolinkServerError, submission: 'unknown' }],
]);

const OTHERWISE: Rule = { error: errors.EvolinkUnexpectedStatusError, submission: 'unknown' };

const LONGEST_MESSAGE = 1000;
const LONGEST_CODE = 100;

/** What is known of any reply, also of a successful one. */
export function requestIdOf(reply: HttpReply, redact: Redact): string | undefined {
  const body = objectOr(parseJson(reply.body));
  const id =
    header(reply, 'x-request-id') ??
    header(reply, 'x-oneapi-request-id') ??
    text(body.request_id) ??
    text(objectOr(body.error).request_id);
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
  const rule = RULES.get(reply.status) ?? RULES_BY_CLASS.get(Math.floor(reply.status / 100)) ?? OTHERWISE;
  const body = parseJson(reply.body);
  const said = wordsOf(body, call.redact);
  const blocked = reply.status === 400 && moderationCodes.has(said.code?.toLowerCase() ?? '');
  const ErrorOfCase = blocked ? errors.EvolinkContentPolicyError : rule.error;
  return new ErrorOfCase(`${call.title}: EvoLink answered ${reply.status}${inBrackets(said.code)}`, {
    ...said,
    status: reply.status,
    requestId: requestIdOf(reply, call.redact),
    retryAfterSeconds: retryAfterSeconds(header(reply, 'retry-after'), serverTimeOf(reply)),
    outcome: call.submission ? submissionOutcome(rule, body) : undefined,
  });
}

function submissionOutcome(rule: Rule, body: unknown): errors.SubmitOutcome {
  if (rule.submission !== 'refused_by_evolink') return rule.submission;
  return isEvolinksOwn(body) ? 'refused' : 'unknown';
}

/** EvoLink's documented error body: `{"error":{"code","message","type"}}`. Proxies write HTML, or other JSON. */
function isEvolinksOwn(body: unknown): boolean {
  const error = isObject(body) && isObject(body.error) ? body.error : undefined;
  return codeText(error?.code) !== undefined && typeof error?.message === 'string' && typeof error.type === 'string';
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
