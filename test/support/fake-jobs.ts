import { SFNClient } from '@aws-sdk/client-sfn';
import type { ArchivedImage, JobOutput } from '../../domain/job';

export const MACHINE = 'arn:aws:states:eu-central-1:111122223333:stateMachine:Images';
export const EXECUTIONS = 'arn:aws:states:eu-central-1:111122223333:execution:Images';
export const STARTED_AT = new Date('2026-11-23T09:00:00.000Z');

interface Execution {
  readonly name: string;
  readonly input: string;
  status: string;
  output?: string;
  error?: string;
  cause?: string;
  stopDate?: Date;
}

/** How a job ends, and after how many looks at it. */
export type Ending = { readonly afterLooks?: number } & (
  | { readonly output: JobOutput }
  | { readonly status?: 'FAILED' | 'TIMED_OUT'; readonly error?: string; readonly cause?: string }
);

/** Step Functions as apps see it: names are used once, what has ended stays as it is, and nothing else is known. */
export class FakeJobs {
  readonly client: SFNClient;
  readonly calls: { readonly name: string; readonly input: Record<string, unknown> }[] = [];
  readonly executions = new Map<string, Execution>();
  /** Thrown by the next call of that name, once. */
  readonly faults = new Map<string, Error>();

  private looks = 0;

  /** `ending` is asked for each job that is started; without an answer it runs until it is stopped. */
  constructor(private readonly ending: (jobId: string) => Ending | undefined = () => undefined) {
    this.client = Object.create(SFNClient.prototype, {
      send: {
        value: async (command: { input: Record<string, unknown>; constructor: { name: string } }) =>
          this.take(command.constructor.name, command.input),
      },
    }) as SFNClient;
  }

  count(name: string): number {
    return this.calls.filter((call) => call.name === name).length;
  }

  private take(name: string, input: Record<string, unknown>): object {
    this.calls.push({ name, input });
    const fault = this.faults.get(name);
    this.faults.delete(name);
    if (fault) throw fault;
    switch (name) {
      case 'StartExecutionCommand':
        return this.start(input as { name: string; input: string; stateMachineArn: string });
      case 'DescribeExecutionCommand':
        return this.describe(this.find(input.executionArn));
      case 'StopExecutionCommand':
        return this.stop(this.find(input.executionArn), input as { error: string; cause: string });
      case 'ListExecutionsCommand':
        return {
          executions: [...this.executions.values()]
            .filter(({ status }) => input.statusFilter === undefined || input.statusFilter === status)
            .map((job) => ({ name: job.name, status: job.status, startDate: STARTED_AT, stopDate: job.stopDate })),
        };
      default:
        throw new Error(`an app may not call ${name}`);
    }
  }

  private start({ name, input, stateMachineArn }: { name: string; input: string; stateMachineArn: string }): object {
    if (stateMachineArn !== MACHINE) throw named('StateMachineDoesNotExist');
    const existing = this.executions.get(name);
    if (existing && (existing.status !== 'RUNNING' || existing.input !== input)) throw named('ExecutionAlreadyExists');
    if (!existing) {
      this.executions.set(name, { name, input, status: 'RUNNING' });
      this.looks = 0;
    }
    return { executionArn: `${EXECUTIONS}:${name}`, startDate: STARTED_AT };
  }

  private describe(job: Execution): object {
    const ending = job.status === 'RUNNING' ? this.ending(job.name) : undefined;
    if (ending && ++this.looks >= (ending.afterLooks ?? 1)) this.end(job, ending);
    return { ...job, executionArn: `${EXECUTIONS}:${job.name}`, startDate: STARTED_AT };
  }

  private end(job: Execution, ending: Ending): void {
    job.stopDate = new Date(STARTED_AT.getTime() + 12_500);
    if ('output' in ending) Object.assign(job, { status: 'SUCCEEDED', output: JSON.stringify(ending.output) });
    else Object.assign(job, { status: ending.status ?? 'FAILED', error: ending.error, cause: ending.cause });
  }

  private stop(job: Execution, { error, cause }: { error: string; cause: string }): object {
    if (job.status !== 'RUNNING') throw named('ValidationException');
    Object.assign(job, { status: 'ABORTED', error, cause, stopDate: STARTED_AT });
    return {};
  }

  private find(executionArn: unknown): Execution {
    const job = [...this.executions.values()].find(({ name }) => `${EXECUTIONS}:${name}` === executionArn);
    if (!job) throw named('ExecutionDoesNotExist');
    return job;
  }
}

export function named(name: string, message = name): Error {
  return Object.assign(new Error(message), { name });
}

/** What a job that succeeded puts out. */
export function outputOf(jobId: string, images: readonly ArchivedImage[] = []): JobOutput {
  return {
    job_id: jobId,
    images,
    partial: false,
    warnings: [],
    credits: { estimated: '0.4185', used: '0.4154', basis: 'credits_used' },
    cost_usd: '0.006109',
  } as unknown as JobOutput;
}
