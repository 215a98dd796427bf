/** Days of the ledger: UTC, written `yyyy-mm-dd`. */
import { isDay } from '../domain/days';

const DAY_MS = 24 * 60 * 60 * 1_000;

/** More are asked for by mistake (a wrong year) rather than on purpose; each day is a query of its own. */
export const MAX_DAYS = 366;

/** The day (UTC) of a moment, given in epoch milliseconds. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** Both included. */
export interface DayRange {
  readonly from: string;
  readonly to: string;
}

/** The days of a range can't be listed. `problems` names every reason. */
export class InvalidRangeError extends RangeError {
  override readonly name = 'InvalidRangeError';

  constructor(readonly problems: readonly { readonly path: keyof DayRange; readonly message: string }[]) {
    super(problems.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  }
}

/**
 * Every day of the range, first to last.
 *
 * @throws InvalidRangeError when an end is not a day, the last comes before the first, or there are more than 366
 */
export function daysOf({ from, to }: DayRange): string[] {
  const problems = (['from', 'to'] as const)
    .filter((path) => !isDay({ from, to }[path]))
    .map((path) => ({ path, message: 'Must be a day, written yyyy-mm-dd.' }));
  if (problems.length > 0) throw new InvalidRangeError(problems);
  const first = Date.parse(from);
  const count = (Date.parse(to) - first) / DAY_MS + 1;
  if (count < 1) throw new InvalidRangeError([{ path: 'to', message: `Must not be before ${from}.` }]);
  if (count > MAX_DAYS) {
    const message = `At most ${MAX_DAYS} days at once; from ${from} these are ${count}.`;
    throw new InvalidRangeError([{ path: 'to', message }]);
  }
  return Array.from({ length: count }, (_, index) => dayOf(first + index * DAY_MS));
}
