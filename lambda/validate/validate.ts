import { STEP_FUNCTIONS_LIMITS } from '../../domain/constants';
import { failureCause } from '../../domain/failure-cause';
import type { FailureName } from '../../domain/failures';
import type { Job } from '../../domain/job';
import type { ModelLimits } from '../../domain/models';
import type { PriceTable } from '../../domain/prices';
import type { RequestDefaults, ValidationResult } from '../../domain/request';
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
  /** Buckets whose objects may be references. */
  readonly referenceBuckets: readonly string[];
  readonly prices?: PriceTable;
  /** Models besides the packaged ones. */
  readonly models?: readonly ModelLimits[];
  /** What no job may cost more than, in credit units (10⁻⁴ credit). */
  readonly maxCreditsPerJob?: number;
}

/** What travels beside the job: the task token, names, and what Step Functions adds to a function's answer. */
const ROOM_BESIDE_JOB = 8 * 1024;
const MAX_JOB_BYTES = STEP_FUNCTIONS_LIMITS.payloadBytes - ROOM_BESIDE_JOB;

export function validate(event: ValidateEvent, context: ValidateContext): ValidateResult {
  const result = fitting(validateRequest(event.input, { jobId: event.jobId, ...context }));
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

/** A state that has to carry too much ends the execution under a name of Step Functions, and no Catch gets it. */
function fitting(result: ValidationResult): ValidationResult {
  const bytes = result.kind === 'valid' ? Buffer.byteLength(JSON.stringify(result.job)) : 0;
  if (bytes <= MAX_JOB_BYTES) return result;
  const message = `The request takes ${bytes} bytes of JSON; the workflow can carry ${MAX_JOB_BYTES}. Shorten the prompt, URLs or metadata.`;
  return {
    kind: 'invalid',
    failure: 'InvalidRequest',
    problems: [{ path: '', code: 'too_long', message, got: `${bytes} bytes` }],
    message,
  };
}
