import { ArnFormat, type Duration, RemovalPolicy, type Size, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { validateEnvironment } from './function-environment';
import type { FunctionNetwork } from './function-network';
import { functionCode } from './function-code';

/** Properties of a `PipelineFunction`. */
export interface PipelineFunctionProps {
  /** Folder of the bundle below `assets/`. */
  readonly bundle: string;

  /** One sentence, shown in the console. */
  readonly description: string;

  /** Longest run of one invocation. */
  readonly timeout: Duration;

  /** Memory in MB; the share of a processor grows with it. */
  readonly memorySize: number;

  /**
   * Room for files in `/tmp`.
   *
   * @default - 512 MiB
   */
  readonly ephemeralStorageSize?: Size;

  /** Environment variables. */
  readonly environment: { [key: string]: string };

  /** How long the function's logs are kept. */
  readonly logRetention: RetentionDays;

  /**
   * Encrypts the function's logs.
   *
   * @default - a key that AWS owns
   */
  readonly encryptionKey?: IKey;

  /**
   * The VPC in which the function runs.
   *
   * @default - Lambda's own network, with a way to the internet
   */
  readonly network?: FunctionNetwork;

  /**
   * The function's name, known before it exists: what names it by this needs not wait for it.
   *
   * @default - CloudFormation names it
   */
  readonly functionName?: string;

  /**
   * Repetitions of an asynchronous invocation that failed, 0 to 2.
   *
   * @default 2
   */
  readonly retryAttempts?: number;

  /**
   * How old an asynchronous invocation may become before it is dropped.
   *
   * @default Duration.hours(6)
   */
  readonly maxEventAge?: Duration;
}

/** A Lambda function from a built bundle, with a log group of its own and a role that may write to that alone. */
export class PipelineFunction extends Construct {
  /** The function. */
  public readonly lambdaFunction: LambdaFunction;

  /** The function's role. */
  public readonly role: Role;

  /** Where the function's logs go. */
  public readonly logGroup: LogGroup;

  private readonly fixedName?: string;

  constructor(scope: Construct, id: string, props: PipelineFunctionProps) {
    super(scope, id);
    const environment = {
      ...props.environment,
      POWERTOOLS_LOG_LEVEL: 'INFO',
      // An event may hold a prompt, a task token or a callback's secret.
      POWERTOOLS_LOGGER_LOG_EVENT: 'false',
    };
    validateEnvironment(this, environment);
    this.fixedName = props.functionName;

    // Logs expire by themselves; kept groups of removed pipelines would only be litter.
    this.logGroup = new LogGroup(this, 'Logs', {
      encryptionKey: props.encryptionKey,
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = this.createRole();
    props.network?.grantConnect(this.role);
    this.lambdaFunction = new LambdaFunction(this, 'Function', {
      functionName: props.functionName,
      code: functionCode(props.bundle),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      description: props.description,
      timeout: props.timeout,
      memorySize: props.memorySize,
      ephemeralStorageSize: props.ephemeralStorageSize,
      role: this.role,
      vpc: props.network?.vpc,
      vpcSubnets: props.network?.vpcSubnets,
      securityGroups: props.network?.securityGroups,
      logGroup: this.logGroup,
      retryAttempts: props.retryAttempts,
      maxEventAge: props.maxEventAge,
      environment,
    });
  }

  /** Lets this function start another one asynchronously, whose name it gets by an environment variable. */
  public letStart(other: PipelineFunction, variable: string): void {
    this.role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [other.arn()] }));
    this.lambdaFunction.addEnvironment(variable, other.fixedName ?? other.lambdaFunction.functionName);
  }

  private arn(): string {
    if (this.fixedName === undefined) return this.lambdaFunction.functionArn;
    const arnFormat = ArnFormat.COLON_RESOURCE_NAME;
    return Stack.of(this).formatArn({
      service: 'lambda',
      resource: 'function',
      resourceName: this.fixedName,
      arnFormat,
    });
  }

  /** The managed basic execution role may write to every log group of the account: too much. */
  private createRole(): Role {
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [this.logGroup.logGroupArn],
      }),
    );
    return role;
  }
}
