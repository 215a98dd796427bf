/** How a job stands, read from its execution. */
import type { DescribeExecutionCommandOutput, ExecutionStatus } from '@aws-sdk/client-sfn';
import type { JobOutput } from '../../domain/job';
import { type JobError, jobError } from './errors';

/** Step Functions' own words. A job that was cancelled is `ABORTED`. */
export type JobState = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** How a job stands. */
export interface JobStatus {
  readonly jobId: string;
  readonly executionArn: string;
  readonly state: JobState;
  readonly startedAt: Date;
  /** Absent while it runs. */
  readonly stoppedAt?: Date;
  /** Of a job that succeeded. */
  readonly output?: JobOutput;
  /** Why there are no images: of a job that ended without. */
  readonly error?: JobError;
}

/** `earlier` says that nothing was started now, for an error to tell. */
export function readStatus(execution: DescribeExecutionCommandOutput, earlier = false): JobStatus {
  const { name: jobId = '', executionArn = '', startDate: startedAt = new Date(0), stopDate: stoppedAt } = execution;
  const job = { jobId, executionArn, startedAt };
  const state = stateOf(execution.status);
  switch (state) {
    case 'RUNNING':
      return { ...job, state };
    case 'SUCCEEDED':
      return { ...job, state, stoppedAt, output: JSON.parse(execution.output ?? '') as JobOutput };
    case 'FAILED':
    case 'TIMED_OUT':
    case 'ABORTED': {
      const { error, cause: causeText } = execution;
      return { ...job, state, stoppedAt, error: jobError({ ...job, state, error, causeText, earlier }) };
    }
  }
}

/** A redrive that was asked for is as good as running. */
function stateOf(status: ExecutionStatus | undefined): JobState {
  return status === undefined || status === 'PENDING_REDRIVE' ? 'RUNNING' : status;
}
