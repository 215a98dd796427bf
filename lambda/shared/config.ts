import { ENV } from '../../domain/constants';
import { isLoopbackHost } from '../../domain/public-address';

/** Reads what the construct set. A missing key is a fault of the deployment and ends the function's start. */
export function requireEnv(key: keyof typeof ENV): string {
  const value = process.env[ENV[key]];
  if (value === undefined || value === '') throw new Error(`environment variable ${ENV[key]} is not set`);
  return value;
}

/** A whole number of at least one; anything else is a fault of the deployment. */
export function requireCount(key: keyof typeof ENV): number {
  const text = requireEnv(key);
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new Error(`environment variable ${ENV[key]} must be a whole number of at least 1, got ${text}`);
  }
  return value;
}

/** The same, for a key that need not be set. */
export function optionalCount(key: keyof typeof ENV): number | undefined {
  return process.env[ENV[key]] ? requireCount(key) : undefined;
}

/** A JSON value; anything that does not parse is a fault of the deployment. */
export function requireJson<T>(key: keyof typeof ENV): T {
  const text = requireEnv(key);
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new Error(`environment variable ${ENV[key]} is not JSON`, { cause });
  }
}

/** The same for a key that need not be set. */
export function optionalJson<T>(key: keyof typeof ENV): T | undefined {
  return process.env[ENV[key]] ? requireJson<T>(key) : undefined;
}

/**
 * EvoLink is played by a simulator on this machine. Only then may results and reference images come from this machine
 * too; in a cloud, where the base URL is a public one, the guard has no exception.
 */
export function isLocalProvider(): boolean {
  return isLoopbackHost(new URL(requireEnv('evolinkBaseUrl')).hostname);
}
