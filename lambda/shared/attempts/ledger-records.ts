import type { FailureName } from '../../../domain/failures';
import type { LedgerRecord, LedgerState } from '../../../domain/ledger';
import type { Attempt } from './attempt';
import type { AttemptEnd } from './book';
import type { RequestFacts } from './requests';

/** Images that EvoLink delivered. */
export const delivered = (end: AttemptEnd): number => end.outcome?.results.length ?? 0;

export function ledgerRecord(attempt: Attempt, request: RequestFacts, end: AttemptEnd): LedgerRecord {
  return {
    ...common(attempt, request),
    images: delivered(end),
    state: stateOf(end),
    creditsOpen: end.creditsOpen,
    noTask: end.noTask,
    failure: end.failure?.name,
    creditsUsed: end.creditsUsed,
    basis: end.basis,
    usage: end.outcome?.usage,
    billing: end.outcome?.billing,
    billingRule: end.outcome?.billingRule,
    bookedAt: end.completedAt,
    foundBy: end.foundBy,
  };
}

function stateOf({ status, creditsUsed, creditsOpen = 0 }: AttemptEnd): LedgerState {
  if (status === 'COMPLETED' || creditsUsed > 0) return 'booked';
  return creditsOpen > 0 ? 'refund open' : 'refunded';
}

export function unknownRecord(attempt: Attempt, request: RequestFacts, at: number, failure: FailureName): LedgerRecord {
  return {
    ...common(attempt, request),
    images: 0,
    state: 'unknown',
    failure,
    creditsUsed: 0,
    basis: 'assumed',
    bookedAt: at,
  };
}

function common(attempt: Attempt, request: RequestFacts) {
  return {
    attemptId: attempt.attemptId,
    jobId: attempt.jobId,
    attempt: attempt.attempt,
    taskId: attempt.taskId,
    strayOf: attempt.strayOf,
    tenant: attempt.tenant,
    metadata: request.metadata,
    model: attempt.model,
    size: request.requested.size,
    resolution: request.requested.resolution,
    quality: attempt.quality,
    n: attempt.n,
    creditsHeld: attempt.creditsHeld,
    priceTable: request.priceTable,
    createdAt: attempt.createdAt,
    submittedAt: attempt.submittedAt,
  };
}
