/**
 * When to look how a job stands. Nobody is told when an execution ends, so the client asks, and no more often than it
 * helps: soon after the start, when refusals are known; not while nothing can have ended yet; then with gaps that grow
 * with the time that has passed, so that a job is noticed late by a sixth of its own duration at the most.
 */
import type { RequestEstimate } from '../estimate';

const FIRST_LOOK_MS = 1_000;
const SHORTEST_GAP_MS = 1_000;
const LONGEST_GAP_MS = 15_000;
const SHARE_OF_ELAPSED = 1 / 6;
/** Many clients that started at once must not ask at once. */
const JITTER = 0.1;

const LONGEST_QUIET_MS = 10_000;
/**
 * Our own assumption, since EvoLink publishes no speed: that fewer than one second for so many output tokens is not to
 * be expected. Where it is wrong an image is noticed a few seconds late.
 */
const TOKENS_PER_SECOND = 1_000;

/** For how long no image can be expected, by what was asked for, as far as that is known. */
export function quietMs(estimate: RequestEstimate | undefined): number {
  const seconds = (estimate?.tokens.output.likely ?? 0) / TOKENS_PER_SECOND;
  return Math.min(seconds * 1_000, LONGEST_QUIET_MS);
}

/**
 * How long to wait before the next look.
 *
 * @param elapsedMs since the job started
 * @param quiet for how long no image can be expected
 * @param random from 0 to 1
 */
export function nextLookMs(elapsedMs: number, quiet: number, random: number): number {
  if (elapsedMs < FIRST_LOOK_MS) return FIRST_LOOK_MS - elapsedMs;
  const gap = Math.min(Math.max(elapsedMs * SHARE_OF_ELAPSED, SHORTEST_GAP_MS), LONGEST_GAP_MS);
  const spread = gap * (1 + JITTER * (2 * random - 1));
  return Math.round(Math.max(spread, quiet - elapsedMs));
}

/** @throws the signal's reason, as soon as it is aborted */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
