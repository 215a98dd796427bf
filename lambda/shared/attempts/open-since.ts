import type { OpenAttempt } from './attempt-reader';

/**
 * By when it was let through, not by its next check: an attempt that is put off again and again would otherwise never be
 * seen. One that waits in the queue is not stuck; how long it may wait is a limit of its own.
 */
export function openSince({ status, sendingSince, createdAt }: OpenAttempt, now: number): number {
  return status === 'QUEUED' ? now : (sendingSince ?? createdAt);
}
