import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { CALLBACK_ROUTE } from '../../domain/constants';

/** A new callback address for an attempt, and the hash of its secret. */
export interface CallbackAddress {
  /** Absent where no callback can arrive. */
  readonly url?: string;
  readonly secretHash: string;
}

/**
 * The secret has 256 bits. Its hash is kept for as long as the attempt; the address itself only until it is known whether
 * there is a task, since a repeat of the submission has to be equal to it.
 *
 * @param baseUrl - without a slash at its end; empty where no callback can arrive
 */
export function newCallbackAddress(baseUrl: string, attemptId: string): CallbackAddress {
  const secret = randomBytes(32).toString('base64url');
  const path = CALLBACK_ROUTE.replace('{attemptId}', attemptId).replace('{secret}', secret);
  return { secretHash: hashCallbackSecret(secret), ...(baseUrl === '' ? {} : { url: baseUrl + path }) };
}

export function hashCallbackSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

/** Compares in constant time, so that the answer's timing says nothing about the stored hash. */
export function isCallbackSecret(candidate: string, storedHash: string): boolean {
  const given = createHash('sha256').update(candidate).digest();
  const stored = Buffer.from(storedHash, 'base64url');
  return stored.length === given.length && timingSafeEqual(given, stored);
}
