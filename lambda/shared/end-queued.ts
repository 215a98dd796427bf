import type { Attempt } from './attempts/attempt';
import type { EndAttemptDependencies, FailureFacts } from './end-attempt';
import { describeFailure, endAttempt } from './end-attempt';

/** Ends an attempt that waited in the queue and was never sent: it costs nothing, and its hold is let go. */
export async function endQueued(
  attempt: Attempt,
  name: 'JobStopped' | 'QueueTimedOut' | 'BudgetExceeded',
  facts: FailureFacts,
  dependencies: EndAttemptDependencies,
): Promise<{ readonly won: boolean }> {
  const end = {
    status: 'FAILED',
    completedAt: dependencies.now(),
    creditsUsed: 0,
    basis: 'assumed',
    failure: describeFailure(name, attempt, dependencies.maxAttempts, facts),
    nobodyWaits: name === 'JobStopped',
  } as const;
  return endAttempt(attempt, end, dependencies);
}
