import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 250;

/** Tries until the check passes; when time is up, fails with the check's own last failure. */
export async function eventually<T>(check: () => Promise<T> | T, timeoutMs = 20_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() >= deadline) throw error;
      await sleep(POLL_MS);
    }
  }
}
