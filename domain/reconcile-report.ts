/** What the reconcile function answers to whoever invokes it: where account, open work and prices stand. No secrets. */
import type { PriceDifference } from './price-comparison';

/**
 * - `read`: EvoLink took the key and said what is left.
 * - `refused`: EvoLink does not know the key (401).
 * - `no-key`: the secret can't be read, or holds no key.
 * - `unreadable`: EvoLink could not be reached, or its answer could not be read.
 */
export type AccountReport =
  | {
      readonly state: 'read';
      /** Credits that the account has left, as decimal text. */
      readonly accountCredits: string;
      /** Credits that the key may still spend; null where it has no limit of its own. */
      readonly keyCredits: string | null;
      /** What the key may spend in a day; null where it has no such limit, and absent in reports of earlier versions. */
      readonly keyDaily?: {
        readonly limit: string;
        readonly used: string;
        /** When it starts afresh, ISO time; null where EvoLink does not say in which time zone. */
        readonly resetsAt: string | null;
      } | null;
      /** How long they last at the rate of the last seven days; null while nothing was spent in them. */
      readonly daysLeft: number | null;
    }
  | { readonly state: 'refused' | 'no-key' | 'unreadable'; readonly error: string };

export interface OpenWorkReport {
  /** Attempts that somebody still has to look after. */
  readonly attempts: number;
  /** Since when the oldest of them was let through, in seconds; 0 without one. Those in the queue do not count. */
  readonly oldestSeconds: number;
  readonly queued: number;
  readonly slotsTaken: number;
  /** EvoLink had too many requests: nothing is sent until then. Epoch milliseconds, or null. */
  readonly quietUntil: number | null;
}

/**
 * - `equal`: every price is EvoLink's public one.
 * - `different`: `differences` has those that are not.
 * - `unpublished`: EvoLink has no public prices of this model.
 * - `unreadable`: they could not be read.
 */
export interface ModelPricesReport {
  readonly model: string;
  readonly state: 'equal' | 'different' | 'unpublished' | 'unreadable';
  /** Whether the deployment has another price than the package, which may differ on purpose: by contract. */
  readonly own: boolean;
  readonly differences: readonly PriceDifference[];
  /** EvoLink's name of this state of its rule, where it gives one. */
  readonly checksum?: string;
  readonly effectiveAt?: string;
  readonly error?: string;
}

/** How the prices compare with EvoLink's public ones: read once a day, or within the hour where some could not be read. */
export interface PricesReport {
  /** Epoch milliseconds. */
  readonly checkedAt: number;
  readonly models: readonly ModelPricesReport[];
}

export interface ReconcileReport {
  readonly account: AccountReport;
  readonly open: OpenWorkReport;
  readonly prices: PricesReport;
}
