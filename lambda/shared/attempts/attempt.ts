import { createHash } from 'node:crypto';
import type { ProviderFacts } from '../../../domain/failure-cause';
import type { FailureName } from '../../../domain/failures';
import type { ArchivedImage, Job, UsageBasis } from '../../../domain/job';

/**
 * The life of an attempt (docs/architecture.md): `QUEUED` where no slot is free → `SUBMITTING` → `SUBMITTED` → an end,
 * with `SUBMIT_UNKNOWN` between where the reply to the POST was lost. Only the booking transaction writes an end, and it
 * writes it once.
 */
export type AttemptStatus =
  'QUEUED' | 'SUBMITTING' | 'SUBMITTED' | 'SUBMIT_UNKNOWN' | 'COMPLETED' | 'FAILED' | 'CANCELLED';

/** Sent to EvoLink, or about to be: there may be a task. */
export const SENT_STATUSES: readonly AttemptStatus[] = ['SUBMITTING', 'SUBMITTED', 'SUBMIT_UNKNOWN'];

export const OPEN_STATUSES: readonly AttemptStatus[] = ['QUEUED', ...SENT_STATUSES];

/** Every token of the attempt, the likeliest first. At most one of them is still waited for. */
export function tokensOf({ taskToken, earlierTokens = [] }: Pick<Attempt, 'taskToken' | 'earlierTokens'>): string[] {
  return [taskToken, ...earlierTokens.toReversed()];
}

/** No job of its own archives it: it is the sweep's business to have its images saved. */
export function isLeftBehind({ orphanedAt, lostAt }: Pick<Attempt, 'orphanedAt' | 'lostAt'>): boolean {
  return orphanedAt !== undefined || lostAt !== undefined;
}

export function isTerminal(attempt: Pick<Attempt, 'status'>): boolean {
  return !OPEN_STATUSES.includes(attempt.status);
}

/** The state of one attempt. Small, since every write bills the whole item. Times are epoch milliseconds. */
export interface Attempt {
  readonly attemptId: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly executionArn: string;
  readonly executionStartedAt: string;
  readonly status: AttemptStatus;
  /** The newest as far as we know: the token that is answered first. */
  readonly taskToken: string;
  /** Tokens that another one took the place of. */
  readonly earlierTokens?: readonly string[];
  readonly callbackSecretHash: string;
  readonly tenant: string;
  readonly model: string;
  readonly quality?: string;
  /** Images asked for. */
  readonly n: number;
  /** Image-input tokens of the references of one image: 0 without references. */
  readonly referenceTokens: number;
  /** Credit units (10⁻⁴ credit) reserved while the attempt is open. */
  readonly creditsHeld: number;
  /** Credit units that the estimate thought likely. */
  readonly creditsLikely: number;
  /** The budget counters that hold them. */
  readonly heldIn: readonly { readonly pk: string; readonly sk: string }[];
  readonly createdAt: number;
  /** Sort key of its entry in the queue, while it waits there. */
  readonly queueEntry?: string;
  /** It takes one of the slots of `maxConcurrentTasks`, until it ends. */
  readonly slot?: boolean;
  /** When it was let through to EvoLink: right before the POST. Absent while it is queued. */
  readonly sendingSince?: number;
  /** Version of the secret with the API key that the POST had: with another key a repeat is another submission. */
  readonly keyVersion?: string;
  /** It is to end without a task, which could not be booked then: what it is to be ended with. */
  readonly unsent?: StoredFailure;
  /** What a repeat of the POST has to be equal to, while it is open whether EvoLink has a task. */
  readonly submission?: Submission;
  /** The last answer to the POST, where there may be a task. */
  readonly submitError?: SubmitError;
  /** It was posted again with another API key: two tasks would be no second one for one key. */
  readonly keyChanged?: boolean;
  /**
   * This row stands for a task that turned up beside the attempt with this id (for example after a refusal): it is booked
   * and salvaged on its own.
   */
  readonly strayOf?: string;
  readonly submittedAt?: number;
  /** EvoLink called its task completed, and gave no link to an image, then for the first time. */
  readonly emptySince?: number;
  readonly taskId?: string;
  /** What a callback called its task while EvoLink could not be asked: to be asked for, not yet linked. */
  readonly hintedTaskId?: string;
  readonly completedAt?: number;
  readonly creditsUsed?: number;
  readonly basis?: UsageBasis;
  /** Set by an end that is no success: what the task token is answered with. */
  readonly failure?: StoredFailure;
  /** Since when the ledger says `unknown`: nothing shows whether EvoLink has a task. */
  readonly unknownSince?: number;
  /** The task token was answered. */
  readonly deliveredAt?: number;
  /** Its job stopped, failed or timed out: nobody waits for the task any more, and what it delivers is salvaged. */
  readonly orphanedAt?: number;
  /** Given up after a day without an end, or without its images: links have expired by then. */
  readonly lostAt?: number;
  /** Every image and the manifest are in S3. */
  readonly archivedAt?: number;
  /** Present while somebody still has to look after the attempt. */
  readonly nextCheckAt?: number;
  /** How often the sweep asked EvoLink; the gaps grow with it. */
  readonly checks: number;
}

/**
 * Kept from before the POST until it is known whether there is a task, for a quarter of an hour at most: EvoLink takes a
 * repeat as the same submission only if it is equal. Whoever reads the table reads it; a callback made with it only makes
 * the pipeline ask EvoLink.
 */
export interface Submission {
  /** With the callback's secret. Absent where no callback can arrive. */
  readonly callbackUrl?: string;
  /** References of S3 were signed; the URLs are in an item of their own. */
  readonly signed?: boolean;
}

export interface SubmitError {
  /** `busy`: EvoLink had no room (429, 502, 503, no route). `lost`: what became of the POST is not known. */
  readonly kind: 'busy' | 'lost';
  /** What all answers so far prove: `refused` while each was a refusal in EvoLink's own form. */
  readonly outcome: 'refused' | 'unknown';
  readonly at: number;
  /** Not before this time. */
  readonly repeatAfter: number;
  readonly provider: ProviderFacts;
}

export interface StoredFailure {
  readonly name: FailureName;
  /** JSON, as the app reads it. */
  readonly cause: string;
}

/** What EvoLink said when the task ended. Links live 24 h, so they are kept here and nowhere in the workflow. */
export interface TaskOutcome {
  readonly taskId: string;
  readonly results: readonly string[];
  /** EvoLink's usage block as JSON text: kept to the letter. */
  readonly usage: string | null;
  /** EvoLink's billing block as JSON text. */
  readonly billing?: string;
  readonly billingRule?: string;
  readonly model?: string;
}

/** An attempt with everything that was written beside it. */
export interface AttemptRecord {
  readonly attempt: Attempt;
  readonly job: Job;
  readonly outcome?: TaskOutcome;
  /** Finished images by index, from 0. */
  readonly images: ReadonlyMap<number, ArchivedImage>;
}

/**
 * The attempt's id: what EvoLink sees in the callback address. It is a hash, so that it tells nothing about the job,
 * and it follows from job and number, so that a repeated claim meets the same row.
 */
export function attemptIdOf(jobId: string, attempt: number): string {
  return createHash('sha256').update(`${jobId}\n${attempt}`).digest('base64url').slice(0, 22);
}

export const ATTEMPT_ID_PATTERN = /^[A-Za-z0-9_-]{22}$/;

/** The id of the row of a stray task: the same whoever finds the task, and however often. */
export function strayIdOf(attemptId: string, taskId: string): string {
  return createHash('sha256').update(`${attemptId}\nstray\n${taskId}`).digest('base64url').slice(0, 22);
}
