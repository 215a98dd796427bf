/** Adds the ledger up: subtotals by group, and a total that is exactly their sum. Whole numbers only. */
import { safeInteger } from '../domain/integers';
import { type LedgerRecord, uncertainCredits } from '../domain/ledger';

/** What every record counts towards. Amounts are credit units (10⁻⁴ credit). */
export interface LedgerSums {
  readonly attempts: number;
  readonly booked: number;
  readonly refunded: number;
  /** Failed tasks whose refund nothing proves. */
  readonly refundOpen: number;
  readonly unknown: number;
  /** Images asked for. */
  readonly imagesAsked: number;
  /** Images that EvoLink delivered. */
  readonly images: number;
  readonly creditsHeld: number;
  readonly creditsUsed: number;
  /**
   * What may have been spent besides `creditsUsed`: holds of attempts of which nothing shows whether EvoLink has a task
   * for them, and refunds of failed tasks that are open.
   */
  readonly creditsUncertain: number;
}

export interface LedgerGroup extends LedgerSums {
  /** The common value; `undefined` for records that have none. */
  readonly group: string | undefined;
}

/** What records are grouped by: `tenant`, `model`, or a key of the caller's own metadata (`metadata.team`). */
export interface Grouping {
  readonly name: string;
  readonly groupOf: (record: LedgerRecord) => string | undefined;
}

const METADATA = 'metadata.';
/** As in requests. */
const METADATA_KEY = /^[A-Za-z0-9_.-]{1,64}$/;

/** @returns undefined when records can't be grouped by it */
export function parseGrouping(name: string): Grouping | undefined {
  if (name === 'tenant' || name === 'model') return { name, groupOf: (record) => record[name] };
  const key = name.slice(METADATA.length);
  if (!name.startsWith(METADATA) || !METADATA_KEY.test(key)) return undefined;
  return {
    name,
    groupOf: ({ metadata }) => (Object.hasOwn(metadata, key) ? metadata[key] : undefined),
  };
}

const NOTHING: LedgerSums = {
  attempts: 0,
  booked: 0,
  refunded: 0,
  refundOpen: 0,
  unknown: 0,
  imagesAsked: 0,
  images: 0,
  creditsHeld: 0,
  creditsUsed: 0,
  creditsUncertain: 0,
};

/**
 * Takes records one by one and keeps sums only, so that its memory grows with the groups and not with the records.
 */
export class LedgerReport {
  private readonly groups = new Map<string | undefined, LedgerSums>();
  private sums = NOTHING;

  /** @param grouping @default - no subtotals */
  constructor(private readonly grouping?: Grouping) {}

  /** @throws RangeError when a sum is beyond what a number holds exactly */
  add(record: LedgerRecord): void {
    const own = sumsOf(record);
    this.sums = plus(this.sums, own);
    if (!this.grouping) return;
    const group = this.grouping.groupOf(record);
    this.groups.set(group, plus(this.groups.get(group) ?? NOTHING, own));
  }

  /** The dearest group first; equals by name. */
  get subtotals(): LedgerGroup[] {
    return [...this.groups]
      .map(([group, sums]) => ({ group, ...sums }))
      .sort((a, b) => b.creditsUsed - a.creditsUsed || ((a.group ?? '') < (b.group ?? '') ? -1 : 1));
  }

  get total(): LedgerSums {
    return this.sums;
  }
}

function sumsOf(record: LedgerRecord): LedgerSums {
  const { state, n, images, creditsHeld, creditsUsed } = record;
  return {
    attempts: 1,
    booked: Number(state === 'booked'),
    refunded: Number(state === 'refunded'),
    refundOpen: Number(state === 'refund open'),
    unknown: Number(state === 'unknown'),
    imagesAsked: n,
    images,
    creditsHeld,
    creditsUsed,
    creditsUncertain: uncertainCredits(record),
  };
}

function plus(a: LedgerSums, b: LedgerSums): LedgerSums {
  const names = Object.keys(NOTHING) as (keyof LedgerSums)[];
  return Object.fromEntries(names.map((name) => [name, safeInteger(a[name] + b[name], name)])) as unknown as LedgerSums;
}
