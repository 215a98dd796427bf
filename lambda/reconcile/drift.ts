/**
 * Does our ledger say what EvoLink says? Compared are two growths since a common start: of the credits that EvoLink
 * counts as used by our key, and of the ledger. All amounts are credit units (10⁻⁴ credit).
 */

/** What is kept between two looks. */
export interface DriftState {
  readonly since: number;
  /** The month of the start: the ledger's total is summed from here. */
  readonly sinceMonth: string;
  readonly providerUsed: number;
  readonly ledgerUsed: number;
  /** What was on hold at the start: part of it may have been in EvoLink's figure already. */
  readonly heldAtStart: number;
  /** The last look found a difference that it could not explain. */
  readonly suspected: boolean;
}

export interface Look {
  readonly at: number;
  readonly month: string;
  readonly providerUsed: number;
  /** The ledger's total from the month of the start on. */
  readonly ledgerUsed: number;
  /** Of it, this month alone: what a start at this look is measured from. */
  readonly ledgerThisMonth: number;
  /** Estimates of all attempts that were not booked at some moment of the look. */
  readonly held: number;
}

export interface Verdict {
  /** To report: not negative, and 0 until two looks running agree that something is wrong. */
  readonly drift: number;
  readonly next: DriftState;
}

/**
 * While tasks run, EvoLink may be ahead of the ledger by as much as is on hold; anything beyond is a difference that
 * nobody explains. A booking may fall between the two readings of one look, so it counts only when the next look sees it
 * too.
 */
export function compare(state: DriftState | undefined, look: Look): Verdict {
  if (state === undefined) return { drift: 0, next: startFrom(look) };
  const ahead = look.providerUsed - state.providerUsed - (look.ledgerUsed - state.ledgerUsed);
  const beyond = outside(ahead, -state.heldAtStart, look.held);
  if (beyond > 0) {
    return { drift: state.suspected ? beyond : 0, next: { ...state, suspected: true } };
  }
  // Nothing is open and the figures agree: from here on the comparison is exact to the last unit. Where it was exact
  // before, a later start changes no result; it keeps the months that have to be summed few.
  const exact = look.held === 0 && (ahead === 0 || state.heldAtStart > 0);
  return { drift: 0, next: exact ? startFrom(look) : { ...state, suspected: false } };
}

/** Its month is the look's own, so the ledger counts from there as well: the months before are not read again. */
function startFrom({ at, month, providerUsed, ledgerThisMonth, held }: Look): DriftState {
  const ledgerUsed = ledgerThisMonth;
  return { since: at, sinceMonth: month, providerUsed, ledgerUsed, heldAtStart: held, suspected: false };
}

function outside(value: number, lowest: number, highest: number): number {
  return value < lowest ? lowest - value : value > highest ? value - highest : 0;
}
