/** Readers of single settings. A value comes from JSON (`cdk.json`) or as text (`-c`); both mean the same. */

/** @throws Error that says what the value must be and what it is */
export type Reader<T> = (raw: unknown) => T;

export function matching(rule: RegExp, expected: string): Reader<string> {
  return textWhere((text) => rule.test(text), expected);
}

export function textWhere(isAllowed: (text: string) => boolean, expected: string): Reader<string> {
  return (raw) => (typeof raw === 'string' && isAllowed(raw) ? raw : refuse(expected, raw));
}

export function choice<T extends string>(values: readonly T[]): Reader<T> {
  return (raw) => values.find((value) => value === raw) ?? refuse(`one of ${values.join(', ')}`, raw);
}

export function integer(min: number, max: number): Reader<number> {
  return (raw) => {
    const value = wholeNumber(raw);
    return value !== undefined && value >= min && value <= max
      ? value
      : refuse(`a whole number from ${min} to ${max}`, raw);
  };
}

export function numberOf<T extends number>(values: readonly T[]): Reader<T> {
  return (raw) => {
    const value = wholeNumber(raw);
    return values.find((allowed) => allowed === value) ?? refuse(`one of ${values.join(', ')}`, raw);
  };
}

export const httpsUrl: Reader<string> = (raw) => {
  const expected = 'an https URL without query, fragment and credentials';
  if (typeof raw !== 'string' || !URL.canParse(raw)) return refuse(expected, raw);
  const url = new URL(raw);
  const bare = !/[?#]/.test(raw) && url.username === '' && url.password === '';
  // What was mistyped may hold a password.
  return url.protocol === 'https:' && bare ? raw : refuse(expected, `${url.protocol}//${url.host}${url.pathname}`);
};

/** Names separated by commas. */
export const hosts: Reader<string[]> = (raw) => {
  const host = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;
  const names = typeof raw === 'string' ? raw.split(',').map((name) => name.trim()) : [];
  return names.length > 0 && names.every((name) => host.test(name))
    ? names
    : refuse('host names in lower case, separated by commas', raw);
};

/** Names separated by commas, by the rules of S3. */
export const buckets: Reader<string[]> = (raw) => {
  const names = typeof raw === 'string' ? raw.split(',').map((name) => name.trim()) : [];
  const valid = names.every((name) => /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name));
  return valid && names.length > 0 && new Set(names).size === names.length
    ? names
    : refuse('names of different buckets, separated by commas', raw);
};

function wholeNumber(raw: unknown): number | undefined {
  if (typeof raw === 'number') return Number.isSafeInteger(raw) ? raw : undefined;
  return typeof raw === 'string' && /^\d{1,9}$/.test(raw) ? Number(raw) : undefined;
}

/** Always in the same words, so that a list of problems reads well. What was set may be long. */
export function refuse(expected: string, raw: unknown, reason?: string): never {
  const got = (JSON.stringify(raw) ?? String(raw)).slice(0, 200);
  throw new Error(`must be ${expected}, got ${got}${reason === undefined ? '' : `: ${reason}`}`);
}
