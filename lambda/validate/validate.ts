import { failureCause } from '../../domain/failure-cause';
import type { FailureName } from '../../domain/failures';
import type { Job } from '../../domain/job';
import type { RequestDefaults } from '../../domain/request';
import { validateRequest } from '../../domain/request';
import { emitJobFailed } from '../shared/metrics';

export interface ValidateEvent {
  readonly jobId: string;
  /** The execution's input, exactly as the app wrote it. */
  readonly input: unknown;
}

/** Data for the workflow's choice; `cause` is JSON text, as the app will read it. */
export type ValidateResult =
  | { readonly kind: 'valid'; readonly job: Job }
  | { readonly kind: 'invalid'; readonly error: FailureName; readonly cause: string };

export interface ValidateContext {
  readonly defaults: RequestDefaults;
  /** Local clouds only: reference images may come from this machine. */
  readonly allowLoopback: boolean;
}

export function validate(event: ValidateEvent, context: ValidateContext): ValidateResult {
  const result = validateRequest(event.input, { jobId: event.jobId, ...context });
  if (result.kind === 'valid') return result;
  emitJobFailed(result.failure, event);
  return {
    kind: 'invalid',
    error: result.failure,
    cause: failureCause(result.failure, {
      message: result.message,
      job_id: event.jobId,
      ...(result.problems.length > 0 ? { problems: result.problems } : {}),
      ...result.facts,
    }),
  };
}
