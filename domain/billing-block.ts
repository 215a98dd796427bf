/**
 * The `billing` block of a task: the only thing that proves a refund. EvoLink's own client reads it so; no page
 * describes it, and older gateways send none.
 */
import { parseCredits, type CreditUnits } from './credits';
import { field } from './json';

export const CHARGE_STATUSES = ['unknown', 'reserved', 'charged', 'released'] as const;
export type ChargeStatus = (typeof CHARGE_STATUSES)[number];

export const REFUND_STATUSES = ['unknown', 'not_required', 'pending', 'failed', 'completed'] as const;
export type RefundStatus = (typeof REFUND_STATUSES)[number];

/** What was read of it. A field that is missing or is no value of its kind is absent, a status then `unknown`. */
export interface BillingBlock {
  readonly chargeStatus: ChargeStatus;
  readonly refundStatus: RefundStatus;
  /** Held when the task was submitted. */
  readonly reserved?: CreditUnits;
  readonly charged?: CreditUnits;
  readonly refunded?: CreditUnits;
  /** As written: `2026-11-02T10:00:00Z`. */
  readonly refundedAt?: string;
  /** Whether the refunded amount is above 0 and, to its last digit, what was reserved. */
  readonly refundedInFull: boolean;
}

/** Any other scope says nothing about the account's balance. */
const ACCOUNT_SCOPE = 'account_balance';

const UTC_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/;

/** @returns undefined for no block, and for one that does not speak of the account's balance: nothing is known then */
export function readBilling(billing: unknown): BillingBlock | undefined {
  if (field(billing, 'refund_scope') !== ACCOUNT_SCOPE) return undefined;
  const refundedAt = field(billing, 'refunded_at');
  const [reserved, refunded] = [field(billing, 'reserved_credits'), field(billing, 'refunded_credits')];
  return {
    chargeStatus: oneOf(CHARGE_STATUSES, field(billing, 'charge_status')),
    refundStatus: oneOf(REFUND_STATUSES, field(billing, 'refund_status')),
    reserved: creditAmount(reserved),
    charged: creditAmount(field(billing, 'charged_credits')),
    refunded: creditAmount(refunded),
    refundedAt: isTime(refundedAt) ? refundedAt : undefined,
    refundedInFull: isSameAmount(refunded, reserved),
  };
}

/** All five conditions of EvoLink's client; the status word alone proves nothing. */
export function isRefundProven(block: BillingBlock | undefined): boolean {
  return (
    block?.refundStatus === 'completed' &&
    block.chargeStatus === 'released' &&
    block.refundedAt !== undefined &&
    block.refunded !== undefined &&
    block.refundedInFull
  );
}

/** An amount of credits, rounded up to whole units. @returns undefined when it is none */
export function creditAmount(value: unknown): CreditUnits | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined;
  try {
    return parseCredits(value);
  } catch {
    return undefined;
  }
}

/** Exact: two amounts that differ below our unit differ. */
function isSameAmount(refunded: unknown, reserved: unknown): boolean {
  const both = [refunded, reserved].map((value) => (creditAmount(value) === undefined ? NaN : Number(value)));
  return both[0] > 0 && both[0] === both[1];
}

function oneOf<T extends string>(known: readonly T[], value: unknown): T | 'unknown' {
  return known.find((status) => status === value) ?? 'unknown';
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && UTC_TIME.test(value) && !Number.isNaN(Date.parse(value));
}
