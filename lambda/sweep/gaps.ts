/** Each read of an unfinished task makes EvoLink ask its provider, so its own client never polls faster. */
const SHORTEST_GAP_MS = 3_000;
const LONGEST_GAP_MS = 15 * 60_000;

/** The pause before the next check of a task: half as long again each time, so that a stuck task costs little. */
export function nextGapMs(checks: number, firstCheckSeconds: number): number {
  const gap = firstCheckSeconds * 1_000 * 1.5 ** Math.min(checks, 30);
  return Math.min(LONGEST_GAP_MS, Math.max(SHORTEST_GAP_MS, Math.round(gap)));
}

/** EvoLink's links live so long; a task that has not ended by then is given up as well, and somebody has to look. */
export const LOST_AFTER_MS = 24 * 60 * 60_000;
