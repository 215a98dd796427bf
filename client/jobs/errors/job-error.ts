import type { FailureCause, ProviderFacts } from '../../../domain/failure-cause';
import type { Charged } from '../../../domain/failures';
import { isObject, type JsonObject } from '../../../domain/json';
import { nextJobId } from '../job-id';
import { ImagePipelineError } from './pipeline-error';

/** A job that ended without images, as `DescribeExecution` tells it. */
export interface FailedJob {
  readonly jobId: string;
  readonly executionArn: string;
  /** The execution's error; the state it ended in where it has none. */
  readonly failure: string;
  readonly charged: Charged;
  /** When or how it makes sense to start again, where that is known. */
  readonly startAgain?: string;
  /** JSON text of ours, text of AWS, or nothing. */
  readonly causeText?: string;
  readonly startedAt: Date;
  /** The id was used before: this is the outcome of that job, and nothing was started now. */
  readonly earlier: boolean;
}

/**
 * A job that ended without images. Each failure has a class of its own, such as `BudgetExceededError`; this is the base
 * of them all, and what a failure is thrown as that this version doesn't know.
 */
export class JobError extends ImagePipelineError {
  override readonly name: string = 'JobError';

  readonly jobId: string;
  readonly executionArn: string;
  /** The name in `docs/errors.md`: `BudgetExceeded`. */
  readonly failure: string;
  /** Whether EvoLink charged this job; `unknown` where only EvoLink can tell. */
  readonly charged: Charged;
  /** The execution's cause: parsed where it is JSON. */
  override readonly cause: Partial<FailureCause> | string | undefined;
  /** When the job was started. */
  readonly startedAt: Date;
  /** True when the id was used before: nothing was started now, this is how the earlier job ended. */
  readonly earlier: boolean;
  /** A free id to start again under. Only where nothing was charged: else another job may pay twice. */
  readonly nextJobId?: string;

  /** @hidden Thrown by the client; nobody else makes one. */
  constructor(job: FailedJob) {
    const cause = parsed(job.causeText);
    const next = job.charged === 'no' ? nextJobId(job.jobId) : undefined;
    super(messageOf(job, cause, next));
    this.jobId = job.jobId;
    this.executionArn = job.executionArn;
    this.failure = job.failure;
    this.charged = job.charged;
    this.cause = cause;
    this.startedAt = job.startedAt;
    this.earlier = job.earlier;
    this.nextJobId = next;
  }

  /** The last attempt, where there was one. */
  get attempt(): number | undefined {
    return this.facts.attempt;
  }

  /** EvoLink's task, where there was one. */
  get taskId(): string | undefined {
    return this.facts.task_id;
  }

  /** What EvoLink answered, where it did; its support asks for `request_id`. */
  get provider(): ProviderFacts | undefined {
    return this.facts.provider;
  }

  /** Fields of the cause; empty where it is none of ours. */
  get facts(): Partial<FailureCause> {
    return typeof this.cause === 'object' ? this.cause : {};
  }
}

/** Whether this very job was charged, as its cause says; a cause that is none of ours says nothing. */
export function chargedOf(causeText: string | undefined): Charged | undefined {
  const cause = parsed(causeText);
  const charged = typeof cause === 'object' ? cause.charged : undefined;
  return CHARGED.find((known) => known === charged);
}

const CHARGED: readonly Charged[] = ['no', 'yes', 'unknown'];

function parsed(text: string | undefined): Partial<FailureCause> | string | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return isObject(value) ? value : text;
  } catch {
    return text;
  }
}

const CHARGES: Readonly<Record<Charged, string>> = {
  no: 'Nothing was charged.',
  yes: 'It was charged.',
  unknown: 'Whether it was charged is not known: starting again may pay twice.',
};

function messageOf(job: FailedJob, cause: JobError['cause'], next: string | undefined): string {
  const { jobId, failure, charged, startAgain = '', earlier, startedAt } = job;
  return [
    `${failure}: ${sentence(reason(cause) ?? 'the job ended without images')}`,
    CHARGES[charged],
    earlier ? `This is how job ${jobId} ended, which was started at ${startedAt.toISOString()}.` : '',
    ...(next === undefined
      ? []
      : [startAgain && `Start again: ${lowerFirst(startAgain)}`, `Use another job id, such as ${next}.`]),
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

/** What somebody else wrote, such as the reason of a cancellation, may lack its full stop. */
function sentence(text: string): string {
  return /[.!?…)]$/.test(text) ? text : `${text}.`;
}

/** A function's own error has `errorMessage`. */
function reason(cause: JobError['cause']): string | undefined {
  const { message, errorMessage }: JsonObject = typeof cause === 'object' ? { ...cause } : { message: cause };
  return [message, errorMessage].find((text) => typeof text === 'string' && text !== '') as string | undefined;
}
