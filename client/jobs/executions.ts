/** The three calls of Step Functions that an app may make, and what their refusals mean here. */
import { isDeepStrictEqual } from 'node:util';
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { STEP_FUNCTIONS_LIMITS } from '../../domain/constants';
import { CANCELLED, ImagePipelineError } from './errors';
import { nextJobId } from './job-id';
import type { ImageRequest } from './request';
import type { StateMachine } from './state-machine';

/** The request is larger than an execution's input may be. Nothing was started, and the job id is free. */
export class RequestTooLargeError extends ImagePipelineError {
  override readonly name = 'RequestTooLargeError';
}

/** No job of this id was started in the last 90 days. */
export class JobNotFoundError extends ImagePipelineError {
  override readonly name = 'JobNotFoundError';

  constructor(readonly jobId: string) {
    super(`There is no job ${jobId}.`);
  }
}

/** The id belongs to a job with another request, whose images are not what was asked for. Nothing was started. */
export class JobIdTakenError extends ImagePipelineError {
  override readonly name = 'JobIdTakenError';
  /** Nothing was sent for this request. */
  readonly charged = 'no';
  readonly nextJobId: string | undefined;

  constructor(readonly jobId: string) {
    const next = nextJobId(jobId);
    const instead = next === undefined ? '' : `, such as ${next}`;
    super(`Job ${jobId} was started with another request. Nothing was charged. Use another job id${instead}.`);
    this.nextJobId = next;
  }
}

/** A job that was started, now or earlier. */
export interface StartedJob {
  readonly jobId: string;
  readonly executionArn: string;
  /** True when a job of this id and request had ended before: nothing was started. */
  readonly earlier: boolean;
}

export class Executions {
  constructor(
    private readonly client: SFNClient,
    private readonly machine: StateMachine,
  ) {}

  /**
   * While a job runs, Step Functions takes the same id and request as the same job. Once it has ended the id is used
   * for 90 days, and what it was used for is compared with what is asked now.
   */
  async start(jobId: string, request: ImageRequest, abortSignal?: AbortSignal): Promise<StartedJob> {
    const input = JSON.stringify(request);
    const bytes = Buffer.byteLength(input);
    if (bytes > STEP_FUNCTIONS_LIMITS.payloadBytes) {
      throw new RequestTooLargeError(
        `The request takes ${bytes} bytes of JSON, at most ${STEP_FUNCTIONS_LIMITS.payloadBytes} can be sent.`,
      );
    }
    const started = { jobId, executionArn: this.machine.executionArn(jobId) };
    try {
      await this.client.send(new StartExecutionCommand({ stateMachineArn: this.machine.arn, name: jobId, input }), {
        abortSignal,
      });
      return { ...started, earlier: false };
    } catch (error) {
      if (!isNamed(error, 'ExecutionAlreadyExists')) throw error;
    }
    const existing = await this.describe(jobId, abortSignal);
    if (existing.input !== undefined && !isSame(existing.input, input)) throw new JobIdTakenError(jobId);
    return { ...started, earlier: existing.status !== 'RUNNING' };
  }

  /** @throws JobNotFoundError */
  async describe(jobId: string, abortSignal?: AbortSignal): Promise<DescribeExecutionCommandOutput> {
    const executionArn = this.machine.executionArn(jobId);
    try {
      return await this.client.send(new DescribeExecutionCommand({ executionArn }), { abortSignal });
    } catch (error) {
      throw isNamed(error, 'ExecutionDoesNotExist') ? new JobNotFoundError(jobId) : error;
    }
  }

  /** Without effect on a job that has ended. */
  async stop(jobId: string, cause: string, abortSignal?: AbortSignal): Promise<void> {
    const executionArn = this.machine.executionArn(jobId);
    const stop = new StopExecutionCommand({ executionArn, error: CANCELLED, cause });
    try {
      await this.client.send(stop, { abortSignal });
    } catch (error) {
      if (isNamed(error, 'ExecutionDoesNotExist')) throw new JobNotFoundError(jobId);
      // Some clouds refuse to stop what has ended, others take it: either way it has.
      if (!isNamed(error, 'ValidationException')) throw error;
    }
  }
}

/** As values: the order of fields says nothing. */
function isSame(one: string, other: string): boolean {
  return isDeepStrictEqual(JSON.parse(one), JSON.parse(other));
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
