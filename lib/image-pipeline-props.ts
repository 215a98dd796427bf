import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Budget } from './budget';
import type { CallbackEndpoint } from './callback-endpoint';
import type { PipelineAlarmOptions } from './pipeline-alarm-options';
import type { ImageModel } from './image-model';
import type { PriceTable } from './prices';
import type { RequestDefaults } from './request-defaults';

/** Properties of an `ImagePipeline`. */
export interface ImagePipelineProps {
  /**
   * The secret that holds EvoLink's API key: the key alone, as plain text, not JSON. It is in the pipeline's region. It is
   * read at run time, kept in memory for a while, and read again when EvoLink refuses it.
   *
   * Give the pipeline a key of its own: a key's charges can't be told apart by who uses it.
   */
  readonly apiKey: ISecret;

  /**
   * Where the images go. The pipeline writes objects below `<output prefix><tenant>/<yyyy>/<mm>/<dd>/<job id>/`; apps
   * may put references below `references/`, which expire after 7 days in the pipeline's own bucket. The lifecycle of a
   * bucket given here is its owner's.
   *
   * It must be in the pipeline's region. One under a key of KMS needs the bucket with its `encryptionKey`, also where it
   * is imported.
   *
   * @default - a new private bucket, encrypted with `encryptionKey` or keys of S3, reachable over TLS only
   */
  readonly archiveBucket?: IBucket;

  /**
   * Encrypts all that the pipeline keeps: the images in its own bucket, the table, every log group, the queue of dead
   * letters, and what executions carry. A symmetric key in the pipeline's region, not an alias. What services need is added to its
   * policy; the policy of a key that was imported can't be changed, so a warning says what its owner has to add
   * (`docs/encryption.md`).
   *
   * A topic of alarms and a bucket that was given have keys of their own choice. Without this key the pipeline may start
   * no job and read none of its books: a key that is deleted is the end of them.
   *
   * @default - keys that AWS owns and manages, at no charge
   */
  readonly encryptionKey?: IKey;

  /**
   * The VPC in which the functions run. They call EvoLink and the hosts of its images over the internet, by a NAT
   * gateway or what your company has in its place, and DynamoDB, S3, Step Functions, Secrets Manager and Lambda by
   * endpoints or the same way (`docs/network.md`). Callbacks come in by API Gateway and need nothing of the VPC.
   *
   * @default - Lambda's own network, with a way to the internet
   */
  readonly vpc?: IVpc;

  /**
   * Subnets for the functions. Only with `vpc`.
   *
   * @default - the private subnets with a way out; the isolated ones, with a warning, of a VPC that has no others
   */
  readonly vpcSubnets?: SubnetSelection;

  /**
   * Security groups of the functions, 1 to 5. They accept no connections; what they must reach is under `vpc`. Only with
   * `vpc`.
   *
   * @default - a new group that lets everything out and nothing in
   */
  readonly securityGroups?: ISecurityGroup[];

  /**
   * Buckets whose objects may be reference images, written `s3://bucket/key` in a request: in the pipeline's region, and
   * not closed to requests from outside (a signed URL is fetched by EvoLink's server). Every app that may start a job
   * may have any image of them sent to EvoLink.
   *
   * Objects under a key of KMS need the bucket with its `encryptionKey`, also where it is imported. To use images of
   * the archive as references, give one bucket here and as `archiveBucket`.
   *
   * @default - public https addresses, and what apps put below `references/` of the archive bucket
   */
  readonly referenceBuckets?: IBucket[];

  /**
   * What a request gets for a field that it leaves out.
   *
   * @default - EvoLink's own defaults: one picture of gpt-image-2, size auto, medium quality
   */
  readonly defaults?: RequestDefaults;

  /**
   * Where EvoLink says that a task has ended: an HTTP API, the function's own URL, a gateway of yours, or nowhere.
   *
   * @default CallbackEndpoint.httpApi()
   */
  readonly callbackEndpoint?: CallbackEndpoint;

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
   * Tasks that the pipeline has at EvoLink at once, 1 to 1000. Further jobs wait for a slot in the workflow's waiting
   * state, which costs nothing: first come first served within a tenant, tenants in turn. EvoLink limits the tasks of a
   * key and publishes no figure; its users report about 3. Jobs above EvoLink's limit meet a 429 and are tried again.
   *
   * @default - no limit; after a 429 everything waits as long as EvoLink asks
   */
  readonly maxConcurrentTasks?: number;

  /**
   * How long a job may wait for a slot: 5 minutes to 7 days, in whole seconds. After that it fails with `QueueTimedOut`
   * and was not sent.
   *
   * @default Duration.hours(6)
   */
  readonly maxQueueTime?: Duration;

  /**
   * When the sweep first asks EvoLink for a task whose callback did not come, counted from its submission: 3 seconds
   * to 1 hour, in whole seconds, and not after `callbackTimeout`. The sweep runs at most once a minute, so the question
   * may come later.
   *
   * @default - 2 minutes; with `CallbackEndpoint.none()` 3 seconds
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

  /**
   * Credits that one job may cost by its upper estimate: above 0, at most four decimals (68 credits = 1 USD). A job
   * above it fails as `CostLimitExceeded` and nothing is sent to EvoLink. A request may set a lower limit of its own
   * with `max_credits`.
   *
   * @default - no limit but the request's own
   */
  readonly maxCreditsPerJob?: number;

  /**
   * What may be spent in a day or a month, by all tenants together, by each, or by one. Limits can be changed at run
   * time, without a deployment (`docs/budgets.md`).
   *
   * @default - no budget
   */
  readonly budgets?: Budget[];

  /**
   * Tenants that get a metric dimension of their own, at most 20: 1 to 64 characters of `A-Z a-z 0-9 _ -` each, none
   * of them `references`. Others may use the pipeline as well; their spend is in the totals and in the ledger. Each name
   * adds two metric series, and one for each budget with `perTenant` (`docs/costs.md`).
   *
   * @default - no tenant is told apart
   */
  readonly tenants?: string[];

  /**
   * Makes another attempt after a failed task only where EvoLink's billing block proves the refund. EvoLink no longer says
   * that a failed task costs nothing, and older gateways of it send no such block: by default the pipeline makes another
   * attempt where no charge is shown at all. What is not proven stays on hold for a day either way.
   *
   * @default false
   */
  readonly requireRefundProof?: boolean;

  /**
   * What EvoLink charges: for estimates and holds, and for the charge where EvoLink's answer lacks it. Models that it
   * leaves out keep the packaged price.
   *
   * @default - EvoLink's published prices, with the date at which they were read
   */
  readonly prices?: PriceTable;

  /**
   * Models that the package does not know, and packaged ones whose limits have changed, at most 10. `prices` must have
   * the price of each that the package has none for (`docs/pricing.md`).
   *
   * @default - the packaged models alone
   */
  readonly models?: ImageModel[];

  /**
   * Thresholds of the alarms, and who is told.
   *
   * @default - alarms with the thresholds that `PipelineAlarmOptions` names, which nobody is told of
   */
  readonly alarms?: PipelineAlarmOptions;

  /**
   * Name of the dashboard: 1 to 255 characters of `A-Z a-z 0-9 _ -`. It must be unique in account and region.
   *
   * @default - CloudFormation names it
   */
  readonly dashboardName?: string;

  /**
   * How often the ledger is compared with EvoLink's account and the gauges are reported: 1 to 60 whole minutes. Each
   * time asks EvoLink once.
   *
   * @default Duration.minutes(5)
   */
  readonly reconcileInterval?: Duration;

  /**
   * Where your copy of the runbook is, without a fragment: alarms and the dashboard link to its sections. Without it
   * the mail of an alarm names a file and its section, which nobody can click.
   *
   * @default docs/runbook.md
   */
  readonly runbookUrl?: string;
}
