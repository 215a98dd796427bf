import { formatCredits } from '../../domain/credits';
import type { Job } from '../../domain/job';
import type { Refusal } from './attempts/claim';
import type { FailureFacts } from './end-attempt';

/** What an app reads when a job does not fit into a budget. Amounts are credits as decimal strings. */
export function budgetFacts(
  { budget, limit, counter }: Extract<Refusal, { kind: 'over budget' }>,
  job: Job,
): FailureFacts {
  const asked = job.estimate.creditsUpper;
  const resetsAt = new Date(budget.resetsAt).toISOString();
  return {
    message: `The job may cost ${formatCredits(asked)} credits, and budget ${budget.rule.id} has ${formatCredits(
      Math.max(0, limit - counter.committed),
    )} of ${formatCredits(limit)} left until ${resetsAt}.`,
    budget: budget.rule.id,
    limit: formatCredits(limit),
    spent: formatCredits(counter.spent),
    held: formatCredits(counter.held),
    asked: formatCredits(asked),
    resets_at: resetsAt,
  };
}

export function pausedFacts({ paused }: Extract<Refusal, { kind: 'paused' }>): FailureFacts {
  return { paused_since: paused.since, ...(paused.reason === undefined ? {} : { reason: paused.reason }) };
}
