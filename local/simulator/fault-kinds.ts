/**
 * The faults that a random plan draws from, with what a job makes of each. A kind never loses a paid image by itself:
 * where EvoLink keeps a task and tells nobody, no pipeline could save it, so a lost reply always has its callback.
 */
import type { Rule } from './faults';

/** How the job ends: with its images, or under this name. */
export type FaultEnd =
  | 'succeeds'
  | 'RequestRefused'
  | 'InsufficientCredits'
  | 'ContentPolicyViolation'
  | 'GenerationFailed'
  | 'TaskCancelled'
  | 'SubmitOutcomeUnknown';

export interface FaultKind {
  readonly rule: Omit<Rule, 'label' | 'match' | 'times'>;
  readonly ends: FaultEnd;
  /** The attempt is over with it, and the job makes another. */
  readonly endsAttempt?: boolean;
  /** It happens to the first POST of an attempt only: a repeat of the submission gets through. */
  readonly firstPost?: boolean;
  /** Not beside another one, since it ends the job or needs the rest to be whole. */
  readonly alone?: boolean;
  readonly request?: Readonly<Record<string, unknown>>;
  /** The charge cannot be known from EvoLink, so the ledger has the estimate. */
  readonly assumed?: boolean;
}

const HTML = '<html><body>Bad gateway</body></html>';
const SOON = { 'retry-after': '1' };

const succeeds = (rule: FaultKind['rule'], more: Partial<FaultKind> = {}): FaultKind => ({
  rule,
  ends: 'succeeds',
  ...more,
});

/** Failed for now, and refunded: the next attempt gets through. */
const again = (rule: FaultKind['rule']): FaultKind => succeeds(rule, { endsAttempt: true });

/** Turned away for now: the same submission gets through, or finds the task that was made all the same. */
const once = (submit: FaultKind['rule']['submit']): FaultKind => succeeds({ submit }, { firstPost: true });

const fails = (ends: FaultEnd, rule: FaultKind['rule']): FaultKind => ({ rule, ends, alone: true });

export const FAULT_KINDS = {
  // Nothing happens to some.
  none: succeeds({}),

  'submit refused': fails('RequestRefused', { submit: { status: 400 } }),
  'submit refused for its content': fails('ContentPolicyViolation', {
    submit: { status: 400, code: 'content_policy_violation' },
  }),
  'submit without credits': fails('InsufficientCredits', { submit: { status: 402 } }),
  'submit refused, with task': fails('RequestRefused', { submit: { status: 400, createTask: true } }),
  'submit 429 with Retry-After': once({ status: 429, headers: SOON }),
  'submit 429': once({ status: 429 }),
  'submit 429, with task': once({ status: 429, headers: SOON, createTask: true }),
  "submit 502 of EvoLink's": once({ status: 502, headers: SOON }),
  "submit 503 of EvoLink's": once({ status: 503, headers: SOON }),
  "submit 503 of EvoLink's, with task": once({ status: 503, headers: SOON, createTask: true }),
  'submit without a route to the model': once({ status: 400, code: 'no_available_channel', headers: SOON }),
  "submit 502 of a proxy's, with task": succeeds({ submit: { status: 502, body: HTML, createTask: true } }),
  'submit 500 with task': succeeds({ submit: { status: 500, createTask: true } }),
  'submit 500 without task': fails('SubmitOutcomeUnknown', { submit: { status: 500 } }),
  'submit 409 with task': succeeds({ submit: { status: 409, code: 'paid_outcome_unknown', createTask: true } }),
  'submit reply lost, with task': succeeds({ submit: { dropReply: true } }),
  'submit reply lost, without task': fails('SubmitOutcomeUnknown', { submit: { dropReply: true, createTask: false } }),
  'submit reply malformed': succeeds({ submit: { body: '{"id":"task-uni' } }),
  'submit reply that is no task': succeeds({ submit: { body: { ok: true } } }),
  'submit reply slow': succeeds({ submit: { delayMs: 1_500 } }),

  'callback before the reply': succeeds({ callback: { deliver: 'before-reply' } }),
  'callback twice': succeeds({ callback: { deliver: 'twice' } }),
  'callback four times at once': succeeds({ callback: { deliver: 4 } }),
  'callback late': succeeds({ callback: { delayMs: 4_000 } }),
  // Alone: with a lost reply nobody could learn of the task.
  'callback never': succeeds({ callback: { deliver: 'never' } }, { alone: true }),
  'callback lies too early': succeeds({ callback: { deliver: 'while-processing', lies: true } }),
  'callback lies about a failed task': fails('ContentPolicyViolation', {
    task: { outcome: 'failed', errorCode: 'content_policy_violation' },
    callback: { lies: true },
  }),

  'query 429': succeeds({ query: { status: 429, times: 1 } }),
  'query 500': succeeds({ query: { status: 500, times: 1 } }),
  'query 404': succeeds({ query: { status: 404, times: 1 } }),
  'query times out': succeeds({ query: { delayMs: 4_500, times: 1 } }),
  'query lost': succeeds({ query: { dropReply: true, times: 1 } }),
  'query without results': succeeds({ query: { body: { status: 'completed', results: [] }, times: 1 } }),
  'query with an unknown status': succeeds({ query: { body: { status: 'dreaming' }, times: 1 } }),

  'task without usage': succeeds({ task: { omitUsage: true, billing: 'absent' } }, { assumed: true }),
  'task with tokens for usage': succeeds({ task: { usage: 'tokens', billing: 'absent' } }),
  'task of one image of four': succeeds({ task: { images: 1 } }, { request: { n: 4 } }),
  'task with one object for its results': succeeds({ task: { results: 'object' } }),
  'task with http links': succeeds({ task: { results: 'http' } }),
  'task with a UUID for its id': succeeds({ task: { taskIds: 'uuid' } }),
  'task of another size': succeeds({ task: { size: { width: 1_100, height: 500 } } }),
  'task slow': succeeds({ task: { processingMs: 3_000 } }),
  'task failed for now': again({ task: { outcome: 'failed', errorCode: 'service_error' } }),
  'task failed with an integer code': fails('GenerationFailed', { task: { outcome: 'failed', errorCode: 1_001 } }),
  'task cancelled': fails('TaskCancelled', { task: { outcome: 'cancelled' } }),
  'task failed as cancelled': fails('TaskCancelled', { task: { outcome: 'failed', errorCode: 'request_cancelled' } }),

  'file 403 for a while': succeeds({ file: { status: 403, times: 1 } }),
  'file 500 for a while': succeeds({ file: { status: 500, times: 2 } }),
  'file cut off': succeeds({ file: { truncate: 100, times: 1 } }),
  'file without its length': succeeds({ file: { chunked: true } }),
  'file that is HTML for a while': succeeds({ file: { body: HTML, contentType: 'text/html', times: 1 } }),
  'file slow': succeeds({ file: { dripMs: 2_000 } }),
  'file redirected': succeeds({ file: { status: 302, headers: { location: '?again' }, times: 1 } }),
} as const satisfies Record<string, FaultKind>;

export type FaultKindName = keyof typeof FAULT_KINDS;
