import type { SFNClient } from '@aws-sdk/client-sfn';
import { DescribeExecutionCommand } from '@aws-sdk/client-sfn';

/** What Step Functions says of an execution. */
export interface Execution {
  /** `over`: stopped, failed or timed out, or so long ago that nobody knows of it any more. */
  readonly state: 'running' | 'succeeded' | 'over';
  readonly status: string;
  /** Epoch milliseconds; absent where Step Functions has forgotten it. */
  readonly startedAt?: number;
  /** Under which name it failed. */
  readonly error?: string;
}

/** The executions of the workflow: whether a job still waits is never guessed, but asked. */
export class Executions {
  constructor(private readonly client: SFNClient) {}

  async describe(executionArn: string): Promise<Execution> {
    try {
      const { status = '', startDate, error } = await this.client.send(new DescribeExecutionCommand({ executionArn }));
      return { state: STATES[status] ?? 'over', status, startedAt: startDate?.getTime(), error };
    } catch (error) {
      // Step Functions keeps an execution for 90 days after its end, so one that is gone has ended.
      if (error instanceof Error && error.name === 'ExecutionDoesNotExist') return { state: 'over', status: 'GONE' };
      throw error;
    }
  }
}

const STATES: Readonly<Record<string, Execution['state']>> = {
  RUNNING: 'running',
  // A redrive is about to begin: the job waits again.
  PENDING_REDRIVE: 'running',
  SUCCEEDED: 'succeeded',
};
