import type { ProviderFacts } from '../../domain/failure-cause';
import type { Job } from '../../domain/job';
import type { RuntimeSettings } from '../../domain/settings';
import { EvolinkConflictError, EvolinkConnectionError, EvolinkError, isBusy, type SubmittedTask } from '../../evolink';
import { keyTag } from './api-key';
import type { Attempt, SubmitError } from './attempts/attempt';
import type { KeyedClient } from './provider';

/** What became of one POST. */
export type PostResult =
  { readonly kind: 'task'; readonly task: SubmittedTask } | { readonly kind: 'error'; readonly error: EvolinkError };

/**
 * Sends the submission of an attempt, or the very same one again: equal attempt, API key and references give an equal
 * idempotency key and equal bytes.
 *
 * @param imageUrls - the references as EvoLink can fetch them
 * @throws what is no answer of EvoLink
 */
export async function postSubmission(
  attempt: Attempt,
  job: Job,
  imageUrls: readonly string[] | undefined,
  { client, keyVersion }: KeyedClient,
): Promise<PostResult> {
  const callbackUrl = attempt.submission?.callbackUrl;
  const request = {
    ...job.request,
    ...(imageUrls ? { image_urls: imageUrls } : {}),
    ...(callbackUrl ? { callback_url: callbackUrl } : {}),
  };
  try {
    return {
      kind: 'task',
      task: await client.submit(request, { idempotencyKey: idempotencyKey(attempt, keyVersion) }),
    };
  } catch (error) {
    if (error instanceof EvolinkError) return { kind: 'error', error };
    throw error;
  }
}

/**
 * One for each attempt, callback secret and API key: a job id may be used again in another pipeline with the same account,
 * and with another API key a POST is another submission, which must not be taken for a changed one.
 */
function idempotencyKey({ attemptId, callbackSecretHash }: Attempt, keyVersion: string | undefined): string {
  return `${attemptId}-${callbackSecretHash.slice(0, 16)}-${keyTag(keyVersion)}`;
}

/** Where the answer names no time, EvoLink's client waits so long before its one repeat. */
const SHORTEST_WAIT_MS = 500;

/** What EvoLink's client advises where a 429 names no time. */
const THROTTLED_WAIT_MS = 30_000;

/** The gateway itself does not know yet: EvoLink's client asks to wait a minute. */
const IN_DOUBT_WAIT_MS = 60_000;

/** How long to leave EvoLink alone after this answer, in milliseconds. */
function waitAfter(error: EvolinkError): number {
  if (error.retryAfterSeconds !== undefined) return error.retryAfterSeconds * 1_000;
  if (error instanceof EvolinkConflictError) return IN_DOUBT_WAIT_MS;
  return error.status === 429 ? THROTTLED_WAIT_MS : SHORTEST_WAIT_MS;
}

/** What a POST leaves open, together with what earlier POSTs of the same submission did. */
export function submitErrorOf(error: EvolinkError, now: number, before?: SubmitError): SubmitError {
  const isRefusal = error.outcome !== 'unknown' && (before === undefined || before.outcome === 'refused');
  return {
    kind: kindOf(error, before),
    outcome: isRefusal ? 'refused' : 'unknown',
    at: now,
    repeatAfter: now + waitAfter(error),
    provider: providerFacts(error),
  };
}

/** A repeat that was refused, or that never left this machine, says nothing of the POSTs before it. */
function kindOf(error: EvolinkError, before: SubmitError | undefined): SubmitError['kind'] {
  const own = isBusy(error) ? 'busy' : 'lost';
  if (before === undefined) return own;
  return own === 'lost' && error.outcome === 'unknown' ? 'lost' : before.kind;
}

/**
 * Whether the same submission may be sent again. What EvoLink turned away always is; where the POST may have arrived, only
 * a gateway that is known to honour idempotency keys makes no second task of it.
 *
 * @param kind - of what is open; undefined when the function was killed before it could say
 */
export function isRepeatable(kind: SubmitError['kind'] | undefined, { idempotency }: RuntimeSettings): boolean {
  return kind === 'busy' || idempotency?.state === 'proven';
}

/** EvoLink's client relies on an idempotency key for no longer than this. */
export const KEY_MEMORY_MS = 15 * 60_000;

/** A POST takes 30 s at most; the rest is for recording what became of it. */
export const POST_AND_RECORD_MS = 45_000;

/** What stays on record of a repeat whose function is killed: it may have made a task. */
export function repeatInFlight(now: number, before?: SubmitError): SubmitError {
  const provider = before?.provider ?? {};
  return { kind: 'lost', outcome: 'unknown', at: now, repeatAfter: now + POST_AND_RECORD_MS, provider };
}

/** Whether the attempt ends with this answer, rather than waiting for what may become of it. */
export function endsAttempt(error: EvolinkError, before: SubmitError | undefined): boolean {
  if (error.outcome === 'unknown' || isBusy(error)) return false;
  if (before === undefined) return true;
  return before.outcome === 'refused' && !(error instanceof EvolinkConnectionError);
}

export function providerFacts({ status, code, providerMessage, requestId }: EvolinkError): ProviderFacts {
  return { status, code, message: providerMessage?.slice(0, MAX_KEPT_MESSAGE), request_id: requestId };
}

/** Kept in the attempt's row, which every write bills. */
const MAX_KEPT_MESSAGE = 300;
