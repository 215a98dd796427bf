/** The `billing` block of a task, which alone proves a refund, and what happens to the money of a task without result. */
import { creditNumber } from './credits';

/**
 * Of a task that fails or is cancelled. `refund_completed`: the hold is free again, and the block proves it.
 * `refund_pending`: the hold stays until the refund is completed (`refundAfterMs`, `completeRefunds`).
 * `refund_failed`: the whole hold is charged. `not_required`: nothing is refunded, the charge is what it is.
 * `inconsistent`: half of the hold is charged although the block says that the refund is completed.
 * Of every task: `absent`, no block; an object, shown as it is, with the money as it should be.
 */
export type BillingScript = BillingWord | Readonly<Record<string, unknown>>;

/** The states of a billing block that a rule can ask for (fact sheet 2.3). */
export type BillingWord =
  'refund_completed' | 'refund_pending' | 'refund_failed' | 'not_required' | 'inconsistent' | 'absent';

export const BILLING_WORDS: readonly BillingWord[] = [
  'refund_completed',
  'refund_pending',
  'refund_failed',
  'not_required',
  'inconsistent',
  'absent',
];

/** How far the refund of a task is. */
export type RefundState = 'not_required' | 'pending' | 'failed' | 'completed';

/** The money of a task that ended without a result, in 10^-4 credit. */
export interface Aftermath {
  readonly used: number;
  /** Still held. */
  readonly held: number;
  readonly refund: RefundState;
}

/** What happens to the hold. `charge` is what the script charges all the same. */
export function aftermathOf(
  script: BillingScript | undefined,
  reserved: number,
  charge: number | undefined,
): Aftermath {
  if (script === 'refund_pending') return { used: 0, held: reserved, refund: 'pending' };
  if (script === 'refund_failed') return { used: charge ?? reserved, held: 0, refund: 'failed' };
  if (script === 'inconsistent') return { used: charge ?? Math.ceil(reserved / 2), held: 0, refund: 'completed' };
  const refunded = script !== 'not_required' && (charge ?? 0) === 0;
  return { used: charge ?? 0, held: 0, refund: refunded ? 'completed' : 'not_required' };
}

/** What the block tells of a task. Amounts in 10^-4 credit. */
export interface BillingFacts {
  readonly ended: boolean;
  readonly reserved: number;
  readonly used: number;
  readonly refund?: RefundState;
  /** Epoch milliseconds. */
  readonly refundedAt?: number;
  readonly script?: BillingScript;
}

/** The block, or undefined where the task has none. */
export function billingBlock(facts: BillingFacts): Readonly<Record<string, unknown>> | undefined {
  const { ended, reserved, used, refund = 'not_required', refundedAt, script } = facts;
  if (script === 'absent') return undefined;
  if (typeof script === 'object') return script;
  const refunded = refund !== 'completed' ? 0 : script === 'inconsistent' ? reserved - used : reserved;
  const held = !ended || refund === 'pending';
  const charged = used > 0 && refund !== 'completed';
  return {
    refund_scope: 'account_balance',
    charge_status: held ? 'reserved' : charged ? 'charged' : 'released',
    refund_status: refund,
    reserved_credits: creditNumber(reserved),
    charged_credits: creditNumber(charged ? used : 0),
    refunded_credits: creditNumber(refunded),
    ...(refund === 'completed' && refundedAt !== undefined ? { refunded_at: utcSeconds(refundedAt) } : {}),
  };
}

/** `2026-11-02T10:00:00Z`. */
function utcSeconds(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}
