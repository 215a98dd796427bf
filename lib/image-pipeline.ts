import type { Alarm, Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { DomainName, HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { OnEventOptions, Rule } from 'aws-cdk-lib/aws-events';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { ENV } from '../domain/constants';
import { ArchiveBucket } from './archive-bucket';
import { AttemptTable } from './attempt-table';
import type { Budget } from './budget';
import { DeadLetters } from './dead-letters';
import { EndedRule } from './ended-rule';
import { FunctionNetwork } from './function-network';
import { FunctionSchedule } from './function-schedule';
import type { ImagePipelineProps } from './image-pipeline-props';
import { FAILED_STATUSES, JobRule } from './job-rule';
import { allowServices } from './key-policy';
import { MeteredPipeline } from './metrics';
import { packageVersion } from './package-json';
import { PipelineAlarms } from './pipeline-alarms';
import { PipelineDashboard } from './pipeline-dashboard';
import { PipelineFunctions } from './pipeline-functions';
import { putOutputs } from './pipeline-outputs';
import { type PipelineSettings, withDefaults } from './pipeline-settings';
import { ReferenceBuckets } from './reference-buckets';
import { TaskCompletion } from './task-completion';
import { validateProps } from './validate-props';
import { Workflow } from './workflow';

/**
 * Buys images from EvoLink, once, and archives every one of them to S3.
 *
 * An app starts an execution of the state machine, with the image request as its input, and finds the images in the
 * archive bucket when the execution has succeeded.
 *
 * @example
 * const pipeline = new ImagePipeline(stack, 'Images', {
 *   apiKey: Secret.fromSecretNameV2(stack, 'ApiKey', 'evolink/api-key'),
 * });
 * pipeline.grantUse(app);
 */
export class ImagePipeline extends MeteredPipeline {
  /** Each execution of this state machine is a job. */
  public readonly stateMachine: StateMachine;

  /** Where the images go. */
  public readonly archiveBucket: IBucket;

  /** One row for each attempt to get a task from EvoLink. */
  public readonly table: TableV2;

  /** The functions. */
  public readonly functions: PipelineFunctions;

  /** Asynchronous work that failed for good. `evolink-images redrive` shows it and does it again. */
  public readonly deadLetterQueue: Queue;

  /** Where EvoLink's callbacks arrive, without the path that makes one; absent with `CallbackEndpoint.none()`. */
  public readonly callbackUrl?: string;

  /** Receives EvoLink's callbacks, where the endpoint is an HTTP API. */
  public readonly callbackApi?: HttpApi;

  /** The domain name of that API, where it has one: its DNS record must point to its `regionalDomainName`. */
  public readonly callbackDomain?: DomainName;

  /** What the pipeline costs, makes and misses. */
  public readonly dashboard: Dashboard;

  /** Where the console shows the dashboard. */
  public readonly dashboardUrl: string;

  /** What calls for help. Each names its section of the runbook. */
  public readonly alarms: Alarm[];

  /** Every execution of the state machine, as policies write it: the ARN ends with a wildcard. */
  public readonly executionsArn: string;

  /** Version of the pipeline. */
  public readonly version: string;

  private readonly apiKey: ISecret;
  private readonly budgets: Budget[];
  private readonly archive: ArchiveBucket;
  private readonly workflow: Workflow;
  private readonly rules: Construct;

  constructor(scope: Construct, id: string, props: ImagePipelineProps) {
    super(scope, id, props.metricsNamespace);
    validateProps(this, props);
    const settings = withDefaults(props);
    this.version = packageVersion();
    this.apiKey = props.apiKey;
    this.budgets = settings.budgets;

    const { encryptionKey, removalPolicy } = props;
    if (encryptionKey) allowServices(this, encryptionKey);
    const attempts = new AttemptTable(this, 'Attempts', { encryptionKey, removalPolicy });
    this.archive = new ArchiveBucket(this, 'Archive', {
      bucket: props.archiveBucket,
      encryptionKey,
      imageRetention: props.imageRetention,
      removalPolicy,
    });
    const deadLetters = new DeadLetters(this, 'DeadLetters', { encryptionKey });
    this.deadLetterQueue = deadLetters.queue;
    this.functions = new PipelineFunctions(this, 'Functions', {
      ...settings,
      addressNeedsCallback: settings.callbackEndpoint._needsHandler,
      apiKey: props.apiKey,
      deadLetters,
      attempts,
      archive: this.archive,
      references: new ReferenceBuckets(props.referenceBuckets ?? [], this.archive),
      version: this.version,
      serviceName: this.serviceName,
      metricsNamespace: this.metricsNamespace,
      encryptionKey,
      network: this.createNetwork(props),
    });
    const endpoint = settings.callbackEndpoint._bind(this, 'CallbackEndpoint', {
      handler: this.functions.callback,
      pipelineName: this.serviceName,
      logRetention: settings.logRetention,
      encryptionKey,
    });
    this.workflow = new Workflow(this, 'Workflow', {
      ...settings,
      validate: this.functions.validate,
      submit: this.functions.submit,
      archive: this.functions.archive,
      pipelineName: this.serviceName,
      encryptionKey,
    });

    for (const sender of [this.functions.submit, this.functions.dispatch]) {
      if (endpoint.url !== undefined) sender.addEnvironment(ENV.callbackBaseUrl, endpoint.url);
    }
    new TaskCompletion(this, 'TaskCompletion', { functions: this.functions, workflow: this.workflow });
    this.schedule(settings);
    this.stateMachine = this.workflow.stateMachine;
    new EndedRule(this, 'JobEndRule', {
      stateMachine: this.stateMachine,
      handler: this.functions.ended,
      deadLetters,
    });
    const { dashboard, url } = new PipelineDashboard(this, 'Dashboard', {
      ...settings,
      pipeline: this,
      functions: this.functions,
      stateMachine: this.stateMachine,
      table: attempts.table,
    });
    const { alarms } = new PipelineAlarms(this, 'Alarms', {
      ...settings,
      pipeline: this,
      deadLetterQueue: this.deadLetterQueue,
      options: settings.alarms,
    });

    // Apps choose the ids of their rules: here they meet none of ours, now or later.
    this.rules = new Construct(this, 'Rules');
    this.executionsArn = this.workflow.executionsArn();
    this.archiveBucket = this.archive.bucket;
    this.table = attempts.table;
    this.callbackUrl = endpoint.url;
    this.callbackApi = endpoint.api;
    this.callbackDomain = endpoint.domain;
    this.dashboard = dashboard;
    this.dashboardUrl = url;
    this.alarms = alarms;
  }

  /**
   * Lets an app start, watch and stop jobs, put references below `references/` of the archive bucket, and read images.
   * Not the history of a job: it holds the token that completes it.
   */
  public grantUse(grantee: IGrantable): Grant {
    const run = this.workflow.grantRun(grantee);
    return run.combine(this.grantReadImages(grantee)).combine(this.archive.grantPutReferences(grantee));
  }

  /** Lets somebody read every object of the archive bucket, but not list them. */
  public grantReadImages(grantee: IGrantable): Grant {
    return this.archive.grantRead(grantee);
  }

  /**
   * Puts out what `evolink-images` needs to find this pipeline by the name of its stack: ARNs, names and limits, no
   * secret. They are outputs of the stack, such as `StateMachineArn` and `TableName`, so one pipeline of a stack can
   * have them; for others the command line takes `--state-machine` and `--table`.
   */
  public putOutputs(): void {
    putOutputs(this, this.apiKey, this.budgets);
  }

  /**
   * A rule for jobs whose images are archived, so that nobody has to ask. Its targets get
   * `{jobId, executionArn, status, startedAt, endedAt}` (times in milliseconds since 1970) and nothing else, whatever
   * message they bring; the client brings the rest. EventBridge sends an event at least once, and Step Functions as best
   * it can. A dead-letter queue of a target gets the whole event, with the prompt.
   *
   * @param id of the rule, unlike that of any other rule for jobs of this pipeline
   * @param options target, a narrower pattern, name, description. The target is in the rule's account and region, and
   * neither a bus nor a log group; the pattern leaves source, type and state machine to the rule
   */
  public onJobSucceeded(id: string, options: OnEventOptions = {}): Rule {
    return new JobRule(options.crossStackScope ?? this.rules, id, {
      stateMachine: this.stateMachine,
      statuses: ['SUCCEEDED'],
      options,
    });
  }

  /**
   * A rule for jobs that ended without an image: failed, stopped, or out of time. Its targets get the same as those of
   * `onJobSucceeded`.
   *
   * @param id of the rule, unlike that of any other rule for jobs of this pipeline
   * @param options as for `onJobSucceeded`; the pattern may name some of the three in `detail.status`
   */
  public onJobFailed(id: string, options: OnEventOptions = {}): Rule {
    return new JobRule(options.crossStackScope ?? this.rules, id, {
      stateMachine: this.stateMachine,
      statuses: FAILED_STATUSES,
      options,
    });
  }

  private createNetwork({ vpc, vpcSubnets, securityGroups }: ImagePipelineProps): FunctionNetwork | undefined {
    return vpc && new FunctionNetwork(this, 'Network', { vpc, vpcSubnets, securityGroups });
  }

  private schedule({ sweepInterval, reconcileInterval }: PipelineSettings): void {
    new FunctionSchedule(this, 'SweepSchedule', {
      handler: this.functions.sweep,
      interval: sweepInterval,
      description: 'Looks for image tasks whose callback did not come.',
    });
    new FunctionSchedule(this, 'ReconcileSchedule', {
      handler: this.functions.reconcile,
      interval: reconcileInterval,
      description: "Compares the ledger with EvoLink's account and reports what is spent, held and left.",
    });
  }
}
