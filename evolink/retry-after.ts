/** The longest wait that we let EvoLink ask for, in seconds. */
const LONGEST = 3600;

/**
 * The `Retry-After` header as whole seconds, 1 to 3 600, rounded up. Absent where it is neither form of the header, and
 * where it asks for no wait at all: after a refusal that would take every brake away.
 * @param header - seconds, or an HTTP date
 * @param serverTime - EvoLink's clock (epoch milliseconds): a date is relative to it, since ours may differ
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function retryAfterSeconds(header: string | undefined, serverTime = Date.now()): number | undefined {
  const value = header?.trim() ?? '';
  const date = httpDate(value);
  const seconds = /^\d+(\.\d+)?$/.test(value) ? Number(value) : date === undefined ? 0 : (date - serverTime) / 1000;
  return seconds > 0 ? Math.min(LONGEST, Math.ceil(seconds)) : undefined;
}

/** Epoch milliseconds of an HTTP date in any of its three forms. */
export function httpDate(value: string | undefined): number | undefined {
  // Date.parse takes nearly anything for a date; every HTTP date begins with the day of the week.
  if (value === undefined || !/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /.test(value)) return undefined;
  // The oldest form names no time zone: it means GMT, where Date.parse would take ours.
  const date = Date.parse(value.endsWith('GMT') ? value : `${value} GMT`);
  return Number.isNaN(date) ? undefined : date;
}
