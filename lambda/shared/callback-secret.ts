import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 bits, safe in a URL path. Only its hash is stored: who reads the table cannot complete a job. */
export function newCallbackSecret(): { secret: string; hash: string } {
  const secret = randomBytes(32).toString('base64url');
  return { secret, hash: hashCallbackSecret(secret) };
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
