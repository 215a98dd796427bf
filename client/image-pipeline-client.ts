import { SFNClient, type SFNClientConfig } from '@aws-sdk/client-sfn';
import type { S3Client } from '@aws-sdk/client-s3';
import type { ArchivedImage, JobOutput } from '../domain/job';
import type { EstimateOptions, EstimateRequest } from './estimate-request';
import { estimateRequest, InvalidEstimateError, type RequestEstimate } from './estimate';
import { ImagePipelineError } from './jobs/errors';
import { Executions, type StartedJob } from './jobs/executions';
import { type ImageLocation, presignImage, putReference, saveImage } from './jobs/images';
import { checkJobId, newJobId } from './jobs/job-id';
import { readReference } from './jobs/reference';
import type { ImageRequest } from './jobs/request';
import { readStateMachineArn, type StateMachine } from './jobs/state-machine';
import { type JobStatus, readStatus } from './jobs/status';
import { nextLookMs, pause, quietMs } from './jobs/waiting';

/** Which pipeline, and with whose rights. */
export interface ImagePipelineClientOptions {
  /** The stack's output `StateMachineArn`. Its region is where everything is. */
  readonly stateMachineArn: string;
  /** The stack's output `BucketName`. @default - `uploadReference` can't be used */
  readonly bucketName?: string;
  /** @default - the SDK's own chain: environment, profile, role */
  readonly credentials?: SFNClientConfig['credentials'];
  /** A client of your own, instead of one with these credentials. */
  readonly stepFunctions?: SFNClient;
  /** A client of your own, instead of one with these credentials. */
  readonly s3?: S3Client;
  /** What the pipeline was deployed with, for estimates. @default - EvoLink's own defaults and published prices */
  readonly estimates?: EstimateOptions;
}

/** What every call that waits for AWS takes. */
export interface CallOptions {
  /** Ends the call, and only that: a job that was started goes on. Use `cancel` to stop it. */
  readonly signal?: AbortSignal;
}

/** How a job is started. */
export interface StartOptions extends CallOptions {
  /**
   * 1 to 80 of `A-Z a-z 0-9 _ -`. The same id with the same request is the same job, also when it has ended: choose
   * one that belongs to what the images are for, and nothing is ever bought twice.
   *
   * @default - a new one, so that each call is a new job
   */
  readonly jobId?: string;
}

/** How a job is waited for. */
export interface WaitOptions extends CallOptions {
  /** Called after every look at the job. */
  readonly onProgress?: (progress: JobProgress) => void;
}

/** How a job is started and waited for. */
export interface GenerateOptions extends StartOptions, WaitOptions {}

/** How a job stands while it is waited for. */
export interface JobProgress extends JobStatus {
  /** Since the job started. */
  readonly elapsedSeconds: number;
}

/** What is known of a job before it is looked at. */
interface KnownStart {
  /** It was started a moment ago, so it can't have ended. */
  readonly isNew: boolean;
  /** It had ended before. */
  readonly earlier: boolean;
  /** For how long no image can be expected, in milliseconds. */
  readonly quiet: number;
}

/**
 * Starts image jobs and brings their results, with no rights but the pipeline's `grantUse`.
 *
 * Requests are checked by the pipeline and not here: only it knows its defaults, caps and models, and a client of
 * another version must not refuse what it takes. `estimate` applies the same rules beforehand, for those who want it.
 *
 * @example
 * const client = new ImagePipelineClient({ stateMachineArn });
 * const { images } = await client.generate({ prompt: 'a red bicycle', size: '16:9' }, { jobId: 'spring-042' });
 * const url = await client.presign(images[0]);
 */
export class ImagePipelineClient {
  private readonly machine: StateMachine;
  private readonly executions: Executions;
  private ownS3?: Promise<S3Client>;

  /** @throws InvalidStateMachineArnError */
  constructor(private readonly options: ImagePipelineClientOptions) {
    this.machine = readStateMachineArn(options.stateMachineArn);
    const { credentials, stepFunctions } = options;
    const client = stepFunctions ?? new SFNClient({ region: this.machine.region, credentials, maxAttempts: 5 });
    this.executions = new Executions(client, this.machine);
  }

  /**
   * Starts a job and waits for its images.
   *
   * @throws JobError of the class that belongs to the failure: `BudgetExceededError`, …
   * @throws JobIdTakenError when the id belongs to another request
   */
  async generate(request: ImageRequest, options: GenerateOptions = {}): Promise<JobOutput> {
    const { jobId, earlier } = await this.start(request, options);
    const quiet = quietMs(this.tryEstimate(request));
    return await this.follow(jobId, options, { isNew: !earlier, earlier, quiet });
  }

  /**
   * Starts a job, and does not wait for it.
   *
   * @throws InvalidJobIdError or RequestTooLargeError before anything is started
   * @throws JobIdTakenError when the id belongs to another request
   */
  async start(request: ImageRequest, { jobId = newJobId(new Date()), signal }: StartOptions = {}): Promise<StartedJob> {
    signal?.throwIfAborted();
    checkJobId(jobId);
    return await this.executions.start(jobId, request, signal);
  }

  /**
   * Waits for the images of a job that was started, here or elsewhere.
   *
   * @throws JobError of the class that belongs to the failure
   * @throws JobNotFoundError
   */
  async wait(jobId: string, options: WaitOptions = {}): Promise<JobOutput> {
    checkJobId(jobId);
    return await this.follow(jobId, options, { isNew: false, earlier: false, quiet: 0 });
  }

  /**
   * How a job stands now. A job that failed is no reason to throw: its error is in the status.
   *
   * @throws JobNotFoundError
   */
  async status(jobId: string, { signal }: CallOptions = {}): Promise<JobStatus> {
    checkJobId(jobId);
    return readStatus(await this.executions.describe(jobId, signal));
  }

  /**
   * Stops a job. A task that EvoLink has by then can't be called back: it is paid, and its images are archived. A job
   * that has ended stays as it is.
   *
   * @param jobId of the job
   * @param options with a reason, which is kept with the job
   * @returns how the job stands afterwards
   * @throws JobNotFoundError
   */
  async cancel(jobId: string, options: CallOptions & { readonly reason?: string } = {}): Promise<JobStatus> {
    const { reason = 'Cancelled by the app.', signal } = options;
    checkJobId(jobId);
    await this.executions.stop(jobId, reason, signal);
    return await this.status(jobId, { signal });
  }

  /**
   * An address under which anybody can fetch an image for a while: `expiresInSeconds`, 1 to 604,800 (a week), 3,600
   * unless said otherwise. It ends with the credentials that signed it, which may be earlier.
   *
   * @throws ImagePipelineError for any other time
   */
  async presign(image: ImageLocation, { expiresInSeconds = 3_600 } = {}): Promise<string> {
    return await presignImage(await this.s3(), image, expiresInSeconds);
  }

  /**
   * Writes an image to a file, and verifies it.
   *
   * @throws ImageDamagedError when its SHA-256 is not what the job says; then there is no file
   */
  async save(image: ArchivedImage, file: string, { signal }: CallOptions = {}): Promise<void> {
    await saveImage(await this.s3(), image, file, signal);
  }

  /**
   * What a request will cost. Calls nobody.
   *
   * @throws InvalidEstimateError with every problem that the pipeline would find, too
   */
  estimate(request: EstimateRequest): RequestEstimate {
    return estimateRequest(request, this.options.estimates);
  }

  /**
   * Puts a picture of yours into the pipeline's bucket, where it expires in days, for use in `image_urls`. The same
   * picture always gets the same address.
   *
   * `file` is the path of a PNG, JPEG or WebP of at most 50 MB, or the picture itself.
   *
   * @returns `s3://<bucket>/references/…`
   * @throws InvalidReferenceError when it can't be one
   */
  async uploadReference(file: string | Uint8Array, { signal }: CallOptions = {}): Promise<string> {
    const { bucketName } = this.options;
    if (bucketName === undefined) {
      throw new ImagePipelineError(
        "uploadReference needs the client's option bucketName: the stack's output BucketName.",
      );
    }
    const reference = await readReference(file);
    return await putReference(await this.s3(), bucketName, reference, signal);
  }

  private async follow(jobId: string, { signal, onProgress }: WaitOptions, start: KnownStart): Promise<JobOutput> {
    const since = Date.now();
    if (start.isNew) await pause(nextLookMs(0, start.quiet, Math.random()), signal);
    for (;;) {
      signal?.throwIfAborted();
      const status = readStatus(await this.executions.describe(jobId, signal), start.earlier);
      // Not less than what was waited here: the clocks of this machine and of AWS may differ.
      const elapsed = Math.max(Date.now() - since, Date.now() - status.startedAt.getTime());
      onProgress?.({ ...status, elapsedSeconds: elapsed / 1_000 });
      if (status.output) return status.output;
      if (status.error) throw status.error;
      await pause(nextLookMs(elapsed, start.quiet, Math.random()), signal);
    }
  }

  /** Only for how long to wait: what is wrong with the request is for the pipeline to say. */
  private tryEstimate(request: ImageRequest): RequestEstimate | undefined {
    try {
      return this.estimate(request);
    } catch (error) {
      if (error instanceof InvalidEstimateError) return undefined;
      throw error;
    }
  }

  private s3(): Promise<S3Client> {
    const { s3, credentials } = this.options;
    if (s3) return Promise.resolve(s3);
    this.ownS3 ??= import('@aws-sdk/client-s3').then(
      ({ S3Client: S3 }) => new S3({ region: this.machine.region, credentials, maxAttempts: 5 }),
    );
    return this.ownS3;
  }
}
