/** What a run may have at EvoLink at once and in all: three tasks, and one credit. */
import { formatCredits, UNITS_PER_CREDIT, type CreditUnits } from '../../domain/credits';

/** 10⁻⁴ credit. */
export const SPENDING_LIMIT: CreditUnits = UNITS_PER_CREDIT;
export const MOST_TASKS = 3;

/** The next POST could exceed the limit. It was not sent. */
export class OverLimitError extends Error {
  override readonly name = 'OverLimitError';
}

/**
 * Every POST that could make a task takes its highest price out first, and puts it back only when its answer shows that
 * it made none. So what is taken is never below what is charged at the prices that were read.
 */
export class Purse {
  private taken: { units: CreditUnits }[] = [];
  private each: CreditUnits;

  /** @param each - the most that one task costs, as far as it is known beforehand */
  constructor(each: CreditUnits) {
    this.each = each;
  }

  get held(): CreditUnits {
    return this.taken.reduce((sum, { units }) => sum + units, 0);
  }

  get mostOfOne(): CreditUnits {
    return this.each;
  }

  /** EvoLink, or its price rule, names a higher price: it counts from now on. */
  raise(each: CreditUnits): void {
    this.each = Math.max(this.each, each);
  }

  /** Whether so many more tasks fit. */
  fits(tasks: number): boolean {
    return this.taken.length + tasks <= MOST_TASKS && this.held + tasks * this.each <= SPENDING_LIMIT;
  }

  /** @throws OverLimitError */
  take(): Taken {
    if (!this.fits(1)) {
      const held = `${this.taken.length} tasks, ${formatCredits(this.held)} credits`;
      throw new OverLimitError(
        `one more task for up to ${formatCredits(this.each)} credits would exceed ${MOST_TASKS} tasks or ${formatCredits(SPENDING_LIMIT)} credit (held: ${held})`,
      );
    }
    const entry = { units: this.each };
    this.taken.push(entry);
    return {
      putBack: () => void (this.taken = this.taken.filter((one) => one !== entry)),
      becomes: (units) => void (entry.units = units),
    };
  }
}

export interface Taken {
  /** The POST made no task. */
  readonly putBack: () => void;
  /** What EvoLink holds or charges for it. */
  readonly becomes: (units: CreditUnits) => void;
}
