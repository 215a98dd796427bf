import { Duration, Names, Size } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { ENV, SUBMISSION_SECONDS } from '../domain/constants';
import { acknowledgeWildcard } from './acknowledge';
import { ApiKeyAccess } from './api-key-access';
import type { ArchiveBucket } from './archive-bucket';
import type { AttemptTable } from './attempt-table';
import type { Budget } from './budget';
import type { DeadLetters } from './dead-letters';
import { functionEnvironments, type FunctionName } from './function-environment';
import type { FunctionNetwork } from './function-network';
import { PipelineFunction, type PipelineFunctionProps } from './pipeline-function';
import type { ImageModel } from './image-model';
import type { PriceTable } from './prices';
import type { ReferenceBuckets } from './reference-buckets';
import type { RequestDefaults } from './request-defaults';

/** Properties of `PipelineFunctions`. All of them are checked and defaulted by the pipeline. */
export interface PipelineFunctionsProps {
  /**
   * Whether the address of callbacks may depend on `callback`: its own URL does, and that of a gateway that calls it
   * may. What sends tasks then needs that address, and `callback` the name of what sends them: one of the two must be
   * known before it exists.
   */
  readonly addressNeedsCallback: boolean;
  /** Where attempts are kept. */
  readonly attempts: AttemptTable;
  /** Where images go. */
  readonly archive: ArchiveBucket;
  /** Where reference images may come from besides public addresses. */
  readonly references: ReferenceBuckets;
  /** The secret with EvoLink's API key. */
  readonly apiKey: ISecret;
  /** Version of the pipeline, for EvoLink's logs and ours. */
  readonly version: string;
  /** The pipeline's unique name, a dimension of each metric. */
  readonly serviceName: string;
  /** CloudWatch namespace of the metrics. */
  readonly metricsNamespace: string;
  /** Where EvoLink is reached. */
  readonly evolinkBaseUrl: string;
  /** What a request gets for a field that it leaves out. */
  readonly defaults: RequestDefaults;
  /** Time limit of one task. */
  readonly callbackTimeout: Duration;
  /** Attempts for one job. */
  readonly maxAttempts: number;
  /** Another attempt after a failed task needs the proof of its refund. */
  readonly requireRefundProof: boolean;
  /** First check of a task without a callback. */
  readonly firstCheckAfter: Duration;
  /** The only hosts from which images are fetched; empty for any public host. */
  readonly resultHosts: string[];
  /** How long logs are kept. */
  readonly logRetention: RetentionDays;
  /**
   * Encrypts the logs.
   *
   * @default - a key that AWS owns
   */
  readonly encryptionKey?: IKey;
  /**
   * The VPC in which the functions run.
   *
   * @default - Lambda's own network
   */
  readonly network?: FunctionNetwork;
  /** Where invocations end that failed for good. */
  readonly deadLetters: DeadLetters;
  /** Longest wait in the queue. */
  readonly maxQueueTime: Duration;
  /**
   * Tasks at EvoLink at once.
   *
   * @default - no limit
   */
  readonly maxConcurrentTasks?: number;
  /** Limits of what may be spent. */
  readonly budgets: Budget[];
  /** The tenants that metrics tell apart. */
  readonly tenants: string[];
  /**
   * What EvoLink charges.
   *
   * @default - EvoLink's published prices
   */
  readonly prices?: PriceTable;
  /** Models besides the packaged ones. */
  readonly models: ImageModel[];
  /**
   * Credits that one job may cost.
   *
   * @default - no limit
   */
  readonly maxCreditsPerJob?: number;
}

/** What a function of the pipeline is, apart from what all of them share. */
type FunctionProps = Omit<
  PipelineFunctionProps,
  'bundle' | 'environment' | 'logRetention' | 'encryptionKey' | 'network'
>;

/** A run that failed is not repeated: the next one does all that it left. */
const SCHEDULED = { retryAttempts: 0, maxEventAge: Duration.minutes(1) };

const FUNCTIONS = {
  validate: {
    description: 'Checks an image request and estimates its cost.',
    timeout: Duration.seconds(10),
    memorySize: 512,
  },
  submit: {
    description: 'Claims an attempt and submits its task to EvoLink.',
    timeout: Duration.seconds(SUBMISSION_SECONDS),
    memorySize: 512,
  },
  dispatch: {
    description: 'Sends the attempts that wait in the queue, as far as slots are free.',
    // It stops taking attempts early enough before its end that what it has taken is sent and recorded.
    timeout: Duration.seconds(2 * SUBMISSION_SECONDS),
    memorySize: 512,
  },
  callback: {
    description: "Answers EvoLink's callback: reads the task again and completes its attempt.",
    // EvoLink gives up after 10 s.
    timeout: Duration.seconds(9),
    memorySize: 512,
  },
  sweep: {
    description: 'Completes the attempts whose callback never came.',
    // It takes attempts up for a minute, and has time for a POST and a slow query after that. Two at once do no harm.
    timeout: Duration.seconds(110),
    memorySize: 512,
    ...SCHEDULED,
  },
  ended: {
    description: 'Finds what a job that ended without an image still has at EvoLink or in the queue.',
    timeout: Duration.seconds(60),
    memorySize: 512,
  },
  archive: {
    description: 'Stores the images of a completed task.',
    timeout: Duration.minutes(10),
    // Images pass through files, so memory stays below 256 MB; the rest buys processor time for hashing.
    memorySize: 512,
    // Four images at a time, none of which EvoLink makes larger than 40 MB.
    ephemeralStorageSize: Size.mebibytes(512),
  },
  reconcile: {
    description: "Compares the ledger with EvoLink's account and reports what is spent, held and left.",
    timeout: Duration.seconds(60),
    memorySize: 256,
    ...SCHEDULED,
  },
} satisfies Record<FunctionName, FunctionProps>;

/** The functions, each with exactly the rights and the settings that it uses. */
export class PipelineFunctions extends Construct {
  /** Checks a request and estimates its cost. Calls nothing. */
  public readonly validate: LambdaFunction;

  /** Claims an attempt and submits its task to EvoLink. */
  public readonly submit: LambdaFunction;

  /** Sends what waits in the queue. */
  public readonly dispatch: LambdaFunction;

  /** Answers EvoLink's callback: reads the task again and completes its attempt. */
  public readonly callback: LambdaFunction;

  /** Completes the attempts whose callback never came. */
  public readonly sweep: LambdaFunction;

  /** Looks after what jobs leave behind that were stopped, failed or took too long. */
  public readonly ended: LambdaFunction;

  /** Stores the images of a completed task. */
  public readonly archive: LambdaFunction;

  /** Compares the ledger with EvoLink's account, and reports what is spent, held and left. */
  public readonly reconcile: LambdaFunction;

  constructor(scope: Construct, id: string, props: PipelineFunctionsProps) {
    super(scope, id);

    const validate = this.create('validate', props);
    const submit = this.create('submit', props);
    const dispatch = this.create('dispatch', props);
    const callback = this.create('callback', props);
    const sweep = this.create('sweep', props);
    const ended = this.create('ended', props);
    const archive = this.create('archive', props);
    const reconcile = this.create('reconcile', props);

    const apiKey = new ApiKeyAccess(props.apiKey);
    for (const { role } of [submit, dispatch, callback, sweep, reconcile]) apiKey.grantRead(role);
    for (const { role } of [submit, dispatch, callback, sweep, ended]) props.attempts.grantTransact(role);
    for (const { role } of [dispatch, sweep, ended]) props.attempts.grantLeaveQueue(role);
    props.attempts.grantForgetReferences(submit.role);
    props.attempts.grantReadQueue(dispatch.role);
    for (const caller of [submit, callback, sweep]) caller.letStart(dispatch, ENV.dispatchFunction);
    sweep.letStart(archive, ENV.archiveFunction);
    for (const started of [dispatch, ended, archive]) props.deadLetters.receiveFrom(started);
    props.attempts.grantRecord(archive.role);
    props.attempts.grantReconcile(reconcile.role);
    for (const { role } of [sweep, reconcile]) props.attempts.grantFindOpen(role);
    for (const { role } of [submit, dispatch]) props.references.grantSign(role);
    props.archive.grantWrite(archive.role);
    acknowledgeWildcard(
      archive.role,
      props.archive.bucket.arnForObjects('*'),
      'Keys of images are made from tenants, dates and job ids, and start with a prefix that the app chooses.',
    );

    this.validate = validate.lambdaFunction;
    this.submit = submit.lambdaFunction;
    this.dispatch = dispatch.lambdaFunction;
    this.callback = callback.lambdaFunction;
    this.sweep = sweep.lambdaFunction;
    this.ended = ended.lambdaFunction;
    this.archive = archive.lambdaFunction;
    this.reconcile = reconcile.lambdaFunction;
  }

  /** Unique in account and region, and the same at each deployment. */
  private nameOf(name: FunctionName): string {
    return `${Names.uniqueResourceName(this, { maxLength: 50, separator: '-' })}-${name}`;
  }

  private create(name: FunctionName, props: PipelineFunctionsProps): PipelineFunction {
    return new PipelineFunction(this, name.charAt(0).toUpperCase() + name.slice(1), {
      ...FUNCTIONS[name],
      bundle: name,
      logRetention: props.logRetention,
      encryptionKey: props.encryptionKey,
      network: props.network,
      functionName: name === 'dispatch' && props.addressNeedsCallback ? this.nameOf(name) : undefined,
      environment: functionEnvironments(this, props)[name],
    });
  }
}
