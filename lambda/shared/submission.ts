import { setTimeout as delay } from 'node:timers/promises';
import type { Job } from '../../domain/job';
import { isS3Url } from '../../domain/s3-url';
import type { EvolinkError } from '../../evolink';
import { EvolinkUnauthorizedError } from '../../evolink';
import { ApiKeyUnavailableError } from './api-key';
import type { Attempt, SubmitError } from './attempts/attempt';
import { readSettings } from './attempts/settings';
import type { CallbackAddress } from './callback-secret';
import { endWithoutTask } from './end-without-task';
import { logPost, settleFailedPost } from './failed-post';
import { type LinkDependencies, linkTask } from './link-task';
import { describeError, logger } from './logger';
import {
  KEY_MEMORY_MS,
  POST_AND_RECORD_MS,
  type PostResult,
  isRepeatable,
  postSubmission,
  repeatInFlight,
  submitErrorOf,
} from './post';
import type { KeyedClient } from './provider';
import { type ReferenceDependencies, resolveReferences } from './references/resolve-references';
import { keepSignedUrls } from './references/signed-urls';

export interface SubmissionDependencies extends LinkDependencies {
  readonly references: ReferenceDependencies;
  /** Empty where no callback can arrive: the sweep finds every task then. */
  readonly callbackBaseUrl: string;
  /** When the function that sends is stopped: epoch milliseconds. */
  readonly stopsAt: () => number;
}

/** The longest wait before a repeat within the same run; a longer one is left to the sweep. */
const LONGEST_PAUSE_MS = 20_000;

/** What a repeat has to be equal to: kept with the attempt from before the POST. */
export function submissionOf({ url }: CallbackAddress, { request }: Job): NonNullable<Attempt['submission']> {
  const signed = request.image_urls?.some(isS3Url) === true;
  return { ...(url === undefined ? {} : { callbackUrl: url }), ...(signed ? { signed } : {}) };
}

/**
 * Sends an attempt that was just let through: whoever calls has won the write that allows it. What is known after the
 * POST goes on record; nothing that is expected to go wrong is thrown.
 *
 * Where the answer leaves it open whether there is a task, the same submission is sent once more, as EvoLink's own client
 * does; never another one. What is open after that is the sweep's.
 */
export async function sendToProvider(attempt: Attempt, job: Job, dependencies: SubmissionDependencies): Promise<void> {
  const references = await resolveReferences(job.request.image_urls, dependencies.references);
  if (references.kind === 'failed') return endWithoutTask(attempt, references.name, references.facts, dependencies);
  let keyed: KeyedClient;
  try {
    keyed = await dependencies.provider.current();
  } catch (error) {
    if (!(error instanceof ApiKeyUnavailableError)) throw error;
    logger.error('no API key', describeError(error));
    return endWithoutTask(attempt, 'ApiKeyUnavailable', { message: error.message }, dependencies);
  }
  if (attempt.submission?.signed === true) await keepReferences(attempt, references.imageUrls ?? [], dependencies);
  await new Sending(attempt, job, references.imageUrls, keyed, dependencies).run();
}

async function keepReferences(
  { attemptId }: Attempt,
  imageUrls: readonly string[],
  { client, table, references, now }: SubmissionDependencies,
): Promise<void> {
  const expiresAt = now() + references.urlSeconds * 1_000;
  await keepSignedUrls(client, table.tableName, attemptId, imageUrls, expiresAt);
}

/** One attempt on its way to EvoLink. */
class Sending {
  /** What earlier POSTs left open. Once it is there, no later refusal proves anything. */
  private open?: SubmitError;
  /** The key was refused, and there was another: an answer to the second POST proves nothing about the first. */
  private keyRefusal?: SubmitError;

  constructor(
    private attempt: Attempt,
    private readonly job: Job,
    private readonly imageUrls: readonly string[] | undefined,
    private keyed: KeyedClient,
    private readonly dependencies: SubmissionDependencies,
  ) {}

  async run(): Promise<void> {
    if (!(await this.useKey(this.keyed, false))) return;
    let result = await this.post();
    if (result.kind === 'error' && isKeyRefused(result.error)) {
      result = (await this.postWithFreshKey(result.error)) ?? result;
    }
    for (let repeats = 0; ; repeats++) {
      if (result.kind === 'task') return linkTask(this.attempt, result.task, this.dependencies, repeats > 0);
      const { attempt, dependencies, keyRefusal } = this;
      this.open = await settleFailedPost(attempt, result.error, dependencies, this.open, keyRefusal);
      if (this.open === undefined) return;
      const repeat = repeats === 0 && (await this.mayRepeat(this.open));
      const recorded = await this.record(this.open, repeat);
      if (!repeat) return;
      await (this.dependencies.pause ?? delay)(this.open.repeatAfter - this.dependencies.now());
      if (!(await this.takeRepeat(recorded))) return;
      result = await this.post();
    }
  }

  private async post(): Promise<PostResult> {
    const result = await postSubmission(this.attempt, this.job, this.imageUrls, this.keyed);
    if (result.kind === 'error') logPost(this.attempt, result.error);
    return result;
  }

  /**
   * EvoLink does not accept the key, and the secret holds another one by now. With it the POST is another submission: the
   * first one was refused for its key, by a named code or by a documented 401, so no task is to be expected of it, and
   * should there be one its callback names this attempt.
   */
  private async postWithFreshKey(refusal: EvolinkError): Promise<PostResult | undefined> {
    const fresh = await this.dependencies.provider.renewed(this.keyed).catch((error: unknown) => {
      logger.error('the API key could not be read again', describeError(error));
      return undefined;
    });
    if (fresh === undefined || !(await this.useKey(fresh, true))) return undefined;
    if (refusal.outcome !== 'no_task') this.keyRefusal = submitErrorOf(refusal, this.dependencies.now());
    return this.post();
  }

  /** `false` when a callback has named the task in the meantime, or the job was stopped. */
  private async takeRepeat(recorded: SubmitError | undefined): Promise<boolean> {
    const { table, now } = this.dependencies;
    return table.takeRepeat(this.attempt.attemptId, recorded, repeatInFlight(now(), recorded));
  }

  /** The row says with which key the attempt is sent, before it is. `false` when it has a task or an end meanwhile. */
  private async useKey(keyed: KeyedClient, isAnother: boolean): Promise<boolean> {
    this.keyed = keyed;
    if (keyed.keyVersion === this.attempt.keyVersion) return true;
    const { attemptId } = this.attempt;
    if (!(await this.dependencies.table.setKeyVersion(attemptId, keyed.keyVersion, isAnother))) return false;
    this.attempt = { ...this.attempt, keyVersion: keyed.keyVersion, keyChanged: isAnother };
    return true;
  }

  /** @returns what the row says from now on, as far as it could be written */
  private async record(open: SubmitError, repeat: boolean): Promise<SubmitError | undefined> {
    const { table, stopsAt } = this.dependencies;
    // The sweep must not send it again while this run may still do so, whatever makes the attempt due before.
    const recorded = repeat ? { ...open, repeatAfter: Math.max(open.repeatAfter, stopsAt()) } : open;
    try {
      const { attemptId, createdAt, sendingSince = createdAt } = this.attempt;
      // After that no repeat is made: the job must not wait for it, however long EvoLink wants to be left alone.
      const nextCheckAt = Math.min(recorded.repeatAfter, sendingSince + KEY_MEMORY_MS);
      await table.markSubmitUnknown(attemptId, recorded, nextCheckAt);
      return recorded;
    } catch (failure) {
      // Without the mark the attempt goes on as one that is being submitted: no reason to fail a job that may be paid.
      const about = { job_id: this.attempt.jobId, ...describeError(failure) };
      logger.error('that the outcome is unknown could not be stored', about);
      return undefined;
    }
  }

  private async mayRepeat({ kind, repeatAfter }: SubmitError): Promise<boolean> {
    const { client, table, now, stopsAt } = this.dependencies;
    const hasTime = repeatAfter + POST_AND_RECORD_MS <= stopsAt() && repeatAfter - now() <= LONGEST_PAUSE_MS;
    if (!hasTime) return false;
    // A busy answer alone is enough: no read.
    return kind === 'busy' || isRepeatable(kind, await readSettings(client, table.tableName));
  }
}

/** By a code that proves that there is no task, or by the 401 that EvoLink documents. */
function isKeyRefused(error: EvolinkError): boolean {
  return error instanceof EvolinkUnauthorizedError && error.outcome !== 'unknown';
}
