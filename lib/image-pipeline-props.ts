import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { RequestDefaults } from './request-defaults';

/** Properties of an `ImagePipeline`. */
export interface ImagePipelineProps {
  /**
   * The secret that holds EvoLink's API key: the key alone, as text. It is read at run time, kept in memory for a
   * while, and read again when EvoLink refuses it.
   *
   * Give the pipeline a key of its own: a key's charges can't be told apart by who uses it.
   */
  readonly apiKey: ISecret;

  /**
   * Where the images go. The pipeline writes objects below `<output prefix><tenant>/<yyyy>/<mm>/<dd>/<job id>/`.
   *
   * @default - a new private bucket, encrypted with keys of S3, reachable over TLS only
   */
  readonly archiveBucket?: IBucket;

  /**
   * What a request gets for a field that it leaves out.
   *
   * @default - EvoLink's own defaults: one picture of gpt-image-2, size auto, medium quality
   */
  readonly defaults?: RequestDefaults;

  /**
   * Time limit of one task, from its submission to its end at EvoLink: 5 minutes to 24 hours, in whole seconds. A task
   * that takes longer ends its job with `TaskTimedOut`.
   *
   * @default Duration.hours(1)
   */
  readonly callbackTimeout?: Duration;

  /**
   * Attempts for one job, 1 to 10. Only failures that EvoLink doesn't charge lead to another attempt.
   *
   * @default 3
   */
  readonly maxAttempts?: number;

  /**
   * When the sweep first asks EvoLink for a task whose callback did not come, counted from its submission: 3 seconds
   * to 1 hour, in whole seconds. The sweep runs at most once a minute, so the question may come later.
   *
   * @default Duration.minutes(2)
   */
  readonly firstCheckAfter?: Duration;

  /**
   * How often the sweep looks for tasks whose callback did not come: 1 to 60 whole minutes.
   *
   * @default Duration.minutes(1)
   */
  readonly sweepInterval?: Duration;

  /**
   * How long logs are kept. They hold no prompt and no secret.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;

  /**
   * How long images are kept, in whole days, at least one. Only for the pipeline's own bucket: the rules of a bucket
   * given as `archiveBucket` are its owner's.
   *
   * @default - images are kept for ever
   */
  readonly imageRetention?: Duration;

  /**
   * What becomes of the attempt table and of the pipeline's own bucket when the pipeline is removed. With
   * `RemovalPolicy.DESTROY` the bucket must be empty by then: images are never deleted on the way.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Where EvoLink is reached: an https URL without query, fragment and credentials.
   *
   * @default https://api.evolink.ai
   */
  readonly evolinkBaseUrl?: string;

  /**
   * The only hosts from which images are fetched, in lower case, subdomains included. EvoLink promises no host, so
   * a list may stop the archive one day; addresses that are not public are refused with and without it.
   *
   * @default - any public host
   */
  readonly resultHosts?: string[];

  /**
   * CloudWatch namespace of the pipeline's metrics.
   *
   * @default EvolinkImagePipeline
   */
  readonly metricsNamespace?: string;
}
