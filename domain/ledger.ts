/**
 * The ledger: one record for each attempt, written once, kept for good. It is the truth about money; metrics and gauges
 * are made from it. Each record lies on the day on which it was booked, as do the spend counters.
 */
import type { FailureName } from './failures';
import type { UsageBasis } from './job';

/**
 * - `booked`: EvoLink charged it.
 * - `refunded`: it ended without a charge: it was never sent, EvoLink refused it, or EvoLink's billing block proves the refund.
 * - `refund open`: its task failed and nothing proves the refund: `creditsOpen` may still be charged.
 * - `unknown`: nothing shows whether EvoLink has a task for it; its hold stays.
 */
export type LedgerState = 'booked' | 'refunded' | 'refund open' | 'unknown';

/** What told us that a task had ended: EvoLink's callback, or our own asking. */
export type FoundBy = 'callback' | 'sweep';

/** Amounts are credit units (10⁻⁴ credit), times are epoch milliseconds. */
export interface LedgerRecord {
  readonly attemptId: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly taskId?: string;
  readonly tenant: string;
  /** The caller's own, from the request. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly model: string;
  readonly size: string;
  readonly resolution?: string;
  readonly quality?: string;
  /** Images asked for. */
  readonly n: number;
  /** Images that EvoLink delivered. */
  readonly images: number;
  readonly state: LedgerState;
  readonly failure?: FailureName;
  /** Its images were saved although its job had ended before. */
  readonly salvaged?: boolean;
  readonly creditsHeld: number;
  readonly creditsUsed: number;
  /** What may still be charged while the refund of a failed task is open. */
  readonly creditsOpen?: number;
  /** When a refund that was open was proven, or was taken as given because a day had passed. */
  readonly refundClosedAt?: number;
  /** `likely`: EvoLink refused the submission in its own form, which does not prove that it made no task. Absent with a task. */
  readonly noTask?: 'proven' | 'likely';
  /** A task that turned up beside the attempt with this id: booked and salvaged on its own. */
  readonly strayOf?: string;
  readonly basis: UsageBasis;
  /** EvoLink's usage block, as JSON text. */
  readonly usage?: string | null;
  /** EvoLink's billing block, as JSON text; absent where it sent none. */
  readonly billing?: string;
  readonly billingRule?: string;
  /** Version of the price table that the hold was made with. */
  readonly priceTable: string;
  readonly createdAt: number;
  readonly submittedAt?: number;
  readonly bookedAt: number;
  /** Absent where EvoLink had no task, and in records of versions that did not write it. */
  readonly foundBy?: FoundBy;
  /** Only where the record said `unknown` and the truth was booked later, as a record of that day: not to be counted. */
  readonly supersededAt?: number;
}

/** Credit units that may have been spent besides `creditsUsed`: of an unknown outcome, or of a refund that is open. */
export function uncertainCredits({ state, creditsHeld, creditsOpen = 0, refundClosedAt }: LedgerRecord): number {
  if (state === 'unknown') return creditsHeld;
  return state === 'refund open' && refundClosedAt === undefined ? creditsOpen : 0;
}

interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** One partition a day (UTC): a month is read with 31 queries, never with a scan. */
export const ledgerPartition = (day: string): string => `ledger#${day}`;

export function ledgerKey(bookedAt: number, attemptId: string): Key {
  const time = new Date(bookedAt).toISOString();
  return { pk: ledgerPartition(time.slice(0, 10)), sk: `${time}#${attemptId}` };
}

/** Of a record that says `unknown`: beside the booking that may follow, even within the same millisecond. */
export function unknownKey(since: number, attemptId: string): Key {
  const { pk, sk } = ledgerKey(since, attemptId);
  return { pk, sk: `${sk}#unknown` };
}

/** Failed tasks whose refund nothing proves yet, by the time of their end. */
export const OPEN_REFUNDS_PARTITION = 'refunds#open';

/** Of one of them: the later of two ends in the same millisecond has another attempt. */
export const openRefundKey = (completedAt: number, attemptId: string): Key => ({
  pk: OPEN_REFUNDS_PARTITION,
  sk: `${new Date(completedAt).toISOString()}#${attemptId}`,
});

/**
 * Credits spent, by day (UTC), kept by the booking transaction beside the ledger. Sixteen counters a day, since
 * transactions that meet on one item are cancelled; one query reads a month.
 */
export const SPEND_SHARDS = 16;

export const spendPartition = (month: string): string => `spend#${month}`;

/** The counter of a day. `shard` is any whole number: the attempt's id spreads them. */
export function spendKey(bookedAt: number, shard: number): Key {
  const day = new Date(bookedAt).toISOString().slice(0, 10);
  return {
    pk: spendPartition(day.slice(0, 7)),
    sk: `${day.slice(8)}#${String(shard % SPEND_SHARDS).padStart(2, '0')}`,
  };
}

/** What such a counter holds. */
export interface SpendCounter {
  readonly creditsUsed: number;
  readonly images: number;
  readonly attempts: number;
}
