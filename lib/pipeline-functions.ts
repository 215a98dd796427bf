import { Duration, Size, Stack, Tokenization } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { ENV } from '../domain/constants';
import { acknowledgeWildcard } from './acknowledge';
import { ApiKeyAccess } from './api-key-access';
import type { ArchiveBucket } from './archive-bucket';
import type { AttemptTable } from './attempt-table';
import { PipelineFunction } from './pipeline-function';
import type { RequestDefaults } from './request-defaults';

/** Properties of `PipelineFunctions`. All of them are checked and defaulted by the pipeline. */
export interface PipelineFunctionsProps {
  /** Where attempts are kept. */
  readonly attempts: AttemptTable;
  /** Where images go. */
  readonly archive: ArchiveBucket;
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
  /** First check of a task without a callback. */
  readonly firstCheckAfter: Duration;
  /** The only hosts from which images are fetched; empty for any public host. */
  readonly resultHosts: string[];
  /** How long logs are kept. */
  readonly logRetention: RetentionDays;
}

/** The five functions, each with exactly the rights and the settings that it uses. */
export class PipelineFunctions extends Construct {
  /** Checks a request and estimates its cost. Calls nothing. */
  public readonly validate: LambdaFunction;

  /** Claims an attempt and submits its task to EvoLink. */
  public readonly submit: LambdaFunction;

  /** Answers EvoLink's callback: reads the task again and completes its attempt. */
  public readonly callback: LambdaFunction;

  /** Completes the attempts whose callback never came. */
  public readonly sweep: LambdaFunction;

  /** Stores the images of a completed task. */
  public readonly archive: LambdaFunction;

  constructor(scope: Construct, id: string, props: PipelineFunctionsProps) {
    super(scope, id);

    const validate = this.createValidate(props);
    const submit = this.createSubmit(props);
    const callback = this.createCallback(props);
    const sweep = this.createSweep(props);
    const archive = this.createArchive(props);

    const apiKey = new ApiKeyAccess(props.apiKey);
    for (const { role } of [submit, callback, sweep]) {
      props.attempts.grantTransact(role);
      apiKey.grantRead(role);
    }
    props.attempts.grantFindOpen(sweep.role);
    props.attempts.grantRecord(archive.role);
    props.archive.grantWrite(archive.role);
    acknowledgeWildcard(
      archive.role,
      props.archive.bucket.arnForObjects('*'),
      'Keys of images are made from tenants, dates and job ids, and start with a prefix that the app chooses.',
    );

    this.validate = validate.lambdaFunction;
    this.submit = submit.lambdaFunction;
    this.callback = callback.lambdaFunction;
    this.sweep = sweep.lambdaFunction;
    this.archive = archive.lambdaFunction;
  }

  private createValidate(props: PipelineFunctionsProps): PipelineFunction {
    return new PipelineFunction(this, 'Validate', {
      bundle: 'validate',
      description: 'Checks an image request and estimates its cost.',
      timeout: Duration.seconds(10),
      memorySize: 512,
      logRetention: props.logRetention,
      environment: {
        ...common(props),
        [ENV.requestDefaults]: Stack.of(this).toJsonString(props.defaults),
        [ENV.evolinkBaseUrl]: props.evolinkBaseUrl,
      },
    });
  }

  private createSubmit(props: PipelineFunctionsProps): PipelineFunction {
    return new PipelineFunction(this, 'Submit', {
      bundle: 'submit',
      description: 'Claims an attempt and submits its task to EvoLink.',
      // The POST may take 30 s. Besides the claim before it, 30 s remain to record that its outcome is unknown.
      timeout: Duration.seconds(75),
      memorySize: 512,
      logRetention: props.logRetention,
      environment: {
        ...common(props),
        ...completion(props),
        [ENV.firstCheckSeconds]: String(props.firstCheckAfter.toSeconds()),
      },
    });
  }

  private createCallback(props: PipelineFunctionsProps): PipelineFunction {
    return new PipelineFunction(this, 'Callback', {
      bundle: 'callback',
      description: "Answers EvoLink's callback: reads the task again and completes its attempt.",
      // EvoLink gives up after 10 s.
      timeout: Duration.seconds(9),
      memorySize: 512,
      logRetention: props.logRetention,
      environment: { ...common(props), ...completion(props) },
    });
  }

  private createSweep(props: PipelineFunctionsProps): PipelineFunction {
    return new PipelineFunction(this, 'Sweep', {
      bundle: 'sweep',
      description: 'Completes the attempts whose callback never came.',
      // Ends before the next one starts.
      timeout: Duration.seconds(55),
      memorySize: 512,
      logRetention: props.logRetention,
      // A sweep that failed is not repeated: the next one does all that it left.
      retryAttempts: 0,
      maxEventAge: Duration.minutes(1),
      environment: {
        ...common(props),
        ...completion(props),
        [ENV.firstCheckSeconds]: String(props.firstCheckAfter.toSeconds()),
        [ENV.taskTimeoutSeconds]: String(props.callbackTimeout.toSeconds()),
      },
    });
  }

  private createArchive(props: PipelineFunctionsProps): PipelineFunction {
    return new PipelineFunction(this, 'Archive', {
      bundle: 'archive',
      description: 'Stores the images of a completed task.',
      timeout: Duration.minutes(10),
      // Images pass through files, so memory stays below 256 MB; the rest buys processor time for hashing.
      memorySize: 512,
      // Three images at a time, none of which may be larger than 100 MB.
      ephemeralStorageSize: Size.mebibytes(512),
      logRetention: props.logRetention,
      environment: {
        ...common(props),
        [ENV.tableName]: props.attempts.table.tableName,
        [ENV.bucketName]: props.archive.bucket.bucketName,
        [ENV.evolinkBaseUrl]: props.evolinkBaseUrl,
        [ENV.resultHosts]: Stack.of(this).toJsonString(props.resultHosts),
      },
    });
  }
}

function common(props: PipelineFunctionsProps): { [key: string]: string } {
  return {
    [ENV.version]: props.version,
    [ENV.serviceName]: props.serviceName,
    [ENV.metricsNamespace]: props.metricsNamespace,
  };
}

/** What the functions share that submit or complete a task. */
function completion(props: PipelineFunctionsProps): { [key: string]: string } {
  return {
    [ENV.tableName]: props.attempts.table.tableName,
    [ENV.apiKeySecretId]: props.apiKey.secretFullArn ?? props.apiKey.secretName,
    [ENV.evolinkBaseUrl]: props.evolinkBaseUrl,
    [ENV.maxAttempts]: Tokenization.stringifyNumber(props.maxAttempts),
  };
}
