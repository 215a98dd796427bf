import { Duration } from 'aws-cdk-lib';
import type { Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { DEFAULT_EVOLINK_BASE_URL, ENV } from '../domain/constants';
import { ArchiveBucket } from './archive-bucket';
import { AttemptTable } from './attempt-table';
import { CallbackEndpoint } from './callback-endpoint';
import type { ImagePipelineProps } from './image-pipeline-props';
import { MeteredPipeline } from './metrics';
import { packageVersion } from './package';
import { PipelineDashboard } from './pipeline-dashboard';
import { PipelineFunctions } from './pipeline-functions';
import { SweepSchedule } from './sweep-schedule';
import { TaskCompletion } from './task-completion';
import { validateDefaults, validateDuration, validateHosts, validateHttpsUrl } from './validation';
import { validateInteger, validateNamespace } from './validation';
import { Workflow } from './workflow';

/**
 * Buys images from EvoLink, once, and archives every one of them to S3.
 *
 * An app starts an execution of the state machine, with the image request as its input, and finds the images in the
 * archive bucket when the execution has succeeded.
 *
 * @example
 * const pipeline = new ImagePipeline(this, 'Images', {
 *   apiKey: Secret.fromSecretNameV2(this, 'ApiKey', 'evolink/api-key'),
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

  /** Receives EvoLink's callbacks. */
  public readonly callbackApi: HttpApi;

  /** What the pipeline costs, makes and misses. */
  public readonly dashboard: Dashboard;

  /** Where the console shows the dashboard. */
  public readonly dashboardUrl: string;

  /** Every execution of the state machine, as policies write it: the ARN ends with a wildcard. */
  public readonly executionsArn: string;

  /** Version of the pipeline. */
  public readonly version: string;

  private readonly archive: ArchiveBucket;
  private readonly workflow: Workflow;

  constructor(scope: Construct, id: string, props: ImagePipelineProps) {
    super(scope, id, props.metricsNamespace);
    this.validate(props);
    const settings = withDefaults(props);
    this.version = packageVersion();

    const attempts = new AttemptTable(this, 'Attempts', { removalPolicy: props.removalPolicy });
    this.archive = new ArchiveBucket(this, 'Archive', {
      bucket: props.archiveBucket,
      imageRetention: props.imageRetention,
      removalPolicy: props.removalPolicy,
    });
    this.functions = new PipelineFunctions(this, 'Functions', {
      ...settings,
      apiKey: props.apiKey,
      attempts,
      archive: this.archive,
      version: this.version,
      serviceName: this.serviceName,
      metricsNamespace: this.metricsNamespace,
    });
    const endpoint = new CallbackEndpoint(this, 'CallbackEndpoint', {
      handler: this.functions.callback,
      pipelineName: this.serviceName,
      logRetention: settings.logRetention,
    });
    this.workflow = new Workflow(this, 'Workflow', {
      ...settings,
      validate: this.functions.validate,
      submit: this.functions.submit,
      archive: this.functions.archive,
      pipelineName: this.serviceName,
    });

    this.functions.submit.addEnvironment(ENV.callbackBaseUrl, endpoint.url);
    new TaskCompletion(this, 'TaskCompletion', { functions: this.functions, workflow: this.workflow });
    new SweepSchedule(this, 'SweepSchedule', { sweep: this.functions.sweep, interval: settings.sweepInterval });
    const { dashboard, url } = new PipelineDashboard(this, 'Dashboard', { pipeline: this });

    this.stateMachine = this.workflow.stateMachine;
    this.executionsArn = this.workflow.executionsArn();
    this.archiveBucket = this.archive.bucket;
    this.table = attempts.table;
    this.callbackApi = endpoint.api;
    this.dashboard = dashboard;
    this.dashboardUrl = url;
  }

  /**
   * Lets an app start, watch and stop jobs, and read their images. Not the history of a job: it holds the token that
   * completes it.
   */
  public grantUse(grantee: IGrantable): Grant {
    return this.workflow.grantRun(grantee).combine(this.grantReadImages(grantee));
  }

  /** Lets somebody read every object of the archive bucket, but not list them. */
  public grantReadImages(grantee: IGrantable): Grant {
    return this.archive.grantRead(grantee);
  }

  private validate(props: ImagePipelineProps): void {
    const seconds = Duration.seconds(1);
    const minutes = Duration.minutes(1);
    validateDefaults(this, props.defaults);
    validateDuration(this, 'callbackTimeout', props.callbackTimeout, {
      min: Duration.minutes(5),
      max: Duration.hours(24),
      step: seconds,
    });
    validateDuration(this, 'firstCheckAfter', props.firstCheckAfter, {
      min: Duration.seconds(3),
      max: Duration.hours(1),
      step: seconds,
    });
    validateDuration(this, 'sweepInterval', props.sweepInterval, {
      min: minutes,
      max: Duration.hours(1),
      step: minutes,
    });
    validateInteger(this, 'maxAttempts', props.maxAttempts, 1, 10);
    validateHttpsUrl(this, 'evolinkBaseUrl', props.evolinkBaseUrl);
    validateHosts(this, 'resultHosts', props.resultHosts);
    validateNamespace(this, 'metricsNamespace', props.metricsNamespace);
  }
}

/** Every property that has a literal default, filled in. */
function withDefaults(props: ImagePipelineProps) {
  return {
    defaults: props.defaults ?? {},
    callbackTimeout: props.callbackTimeout ?? Duration.hours(1),
    maxAttempts: props.maxAttempts ?? 3,
    firstCheckAfter: props.firstCheckAfter ?? Duration.minutes(2),
    sweepInterval: props.sweepInterval ?? Duration.minutes(1),
    logRetention: props.logRetention ?? RetentionDays.ONE_MONTH,
    evolinkBaseUrl: (props.evolinkBaseUrl ?? DEFAULT_EVOLINK_BASE_URL).replace(/\/+$/, ''),
    resultHosts: props.resultHosts ?? [],
  };
}
