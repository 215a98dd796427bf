/** What a tenant may be called: in a request as in a property. */
import { REFERENCES } from './constants';

/** The characters, without the name that is reserved. */
export const TENANT_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;

/** The rule in words: what a tenant must be. */
export const TENANT_RULE = '1 to 64 of A-Z a-z 0-9 _ -, and not "references"';

/** Whether a job may have this tenant. */
export function isTenant(name: string): boolean {
  return TENANT_PATTERN.test(name) && !isReserved(`${name}/`);
}

/** Paid images must not lie where objects expire and apps may write. */
export function isReserved(folder: string): boolean {
  return folder.startsWith(REFERENCES.prefix);
}
