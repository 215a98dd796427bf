import { ArnFormat, Duration, RemovalPolicy, Stack, Token, Tokenization } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { STATE } from '../domain/constants';
import { RETRYABLE_FAILURES } from '../domain/failures';
import { acknowledge, acknowledgeWildcard } from './acknowledge';
import { grantKey } from './key-grant';
import { encryptStateMachine } from './workflow-encryption';
import { expression, failure, mayRetry, nextAttempt, retryableFailure } from './workflow-expressions';
import {
  afterAnyArchiveError,
  afterHopelessArchiveErrors,
  afterLambdaFaults,
  afterSubmitErrors,
  neverAfterOutcomes,
} from './workflow-retries';

/** Properties of a `Workflow`. */
export interface WorkflowProps {
  /** Checks the request. */
  readonly validate: IFunction;
  /** Submits the task. */
  readonly submit: IFunction;
  /** Stores the images. */
  readonly archive: IFunction;
  /** Time limit of one task at EvoLink. The waiting state allows an hour more: the sweep ends a task, not a time-out. */
  readonly callbackTimeout: Duration;
  /** Longest wait for a slot. The waiting state allows for it besides the task's own time. */
  readonly maxQueueTime: Duration;
  /** Attempts for one job. */
  readonly maxAttempts: number;
  /** The pipeline's name, unique in its account and region: its log group's, below a prefix of AWS. */
  readonly pipelineName: string;
  /** How long the workflow's log is kept. It holds no input and no output. */
  readonly logRetention: RetentionDays;
  /**
   * Encrypts the definition, what executions carry, and the log.
   *
   * @default - keys that AWS owns
   */
  readonly encryptionKey?: IKey;
}

/**
 * The state machine: validate, generate, archive. One execution is one job, and its name is the job's id.
 *
 * A failed job ends with one of the names in `docs/errors.md` as its error and JSON as its cause.
 */
export class Workflow extends Construct {
  /** The Standard state machine. */
  public readonly stateMachine: sfn.StateMachine;

  /** The state machine's log. */
  public readonly logGroup: LogGroup;

  private readonly encryptionKey?: IKey;

  constructor(scope: Construct, id: string, props: WorkflowProps) {
    super(scope, id);

    this.logGroup = new LogGroup(this, 'Logs', {
      // With this prefix, delivery does not use up the account's ten resource policies of CloudWatch Logs.
      logGroupName: `/aws/vendedlogs/states/${props.pipelineName}`,
      encryptionKey: props.encryptionKey,
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.stateMachine = new sfn.StateMachine(this, 'StateMachine', {
      comment: 'Buys the images of one request from EvoLink and stores them.',
      queryLanguage: sfn.QueryLanguage.JSONATA,
      definitionBody: sfn.DefinitionBody.fromChainable(this.define(props)),
      timeout: longestJob(props),
      // Inputs and outputs hold prompts.
      logs: { destination: this.logGroup, level: sfn.LogLevel.ALL, includeExecutionData: false },
    });
    this.encryptionKey = props.encryptionKey;
    if (props.encryptionKey) encryptStateMachine(this.stateMachine, props.encryptionKey);
    this.acknowledgeRules(props);
  }

  /** Lets an app start, watch and stop jobs. Not their history: it holds the tokens that complete a job. */
  public grantRun(grantee: IGrantable): Grant {
    const machine = this.stateMachine.stateMachineArn;
    const start = Grant.addToPrincipal({
      grantee,
      actions: ['states:StartExecution'],
      resourceArns: [machine],
    });
    const actions = ['states:DescribeExecution', 'states:StopExecution'];
    const follow = Grant.addToPrincipal({ grantee, actions, resourceArns: [this.executionsArn()] });
    const run = start.combine(follow);
    const decrypt = this.grantDecrypt(grantee);
    return decrypt ? run.combine(decrypt) : run;
  }

  /** Lets somebody who describes executions see what they carry, where the state machine has a key of its own. */
  public grantDecrypt(grantee: IGrantable): Grant | undefined {
    if (!this.encryptionKey) return undefined;
    const use = { grantee, actions: ['kms:Decrypt'], service: 'states', beside: this.stateMachine };
    return grantKey(this.encryptionKey, use);
  }

  /** Every execution of this state machine. */
  public executionsArn(): string {
    return Stack.of(this).formatArn({
      service: 'states',
      resource: 'execution',
      resourceName: `${this.stateMachine.stateMachineName}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }

  private define(props: WorkflowProps): sfn.IChainable {
    const failed = sfn.Fail.jsonata(this, STATE.failed, {
      error: expression('$states.input.error'),
      cause: expression('$states.input.cause'),
    });
    const archive = this.archiveState(props);
    const generate = this.generateState(props);
    const backOff = sfn.Wait.jsonata(this, STATE.backOff, {
      time: sfn.WaitTime.seconds(expression('$states.input.retryAfterSeconds')),
    });
    const retry = sfn.Choice.jsonata(this, STATE.mayRetry)
      .when(sfn.Condition.jsonata(mayRetry(Tokenization.stringifyNumber(props.maxAttempts))), backOff, {
        assign: { attempt: nextAttempt, round: expression('$round + 1') },
      })
      .otherwise(failed);
    const valid = sfn.Choice.jsonata(this, STATE.isValid)
      .when(sfn.Condition.jsonata(expression('$states.input.kind = "valid"')), generate, {
        assign: { job: expression('$states.input.job') },
        // The job is kept once, as a variable: it may fill half of what a state can carry.
        outputs: {},
      })
      .otherwise(failed);

    generate.addCatch(retry, { errors: [...RETRYABLE_FAILURES], outputs: retryableFailure });
    generate.addCatch(failed, { errors: [sfn.Errors.ALL], outputs: failure });
    backOff.next(generate);
    generate.next(archive);
    return this.validateState(props).next(valid);
  }

  /** Without a Catch: a request that is refused is an outcome, and an exception a bug, which keeps its own name. */
  private validateState(props: WorkflowProps): LambdaInvoke {
    const state = LambdaInvoke.jsonata(this, STATE.validate, {
      comment: 'Checks the request and estimates its cost.',
      lambdaFunction: props.validate,
      retryOnServiceExceptions: false,
      payload: sfn.TaskInput.fromObject({
        jobId: expression('$states.context.Execution.Name'),
        input: expression('$states.input'),
      }),
      outputs: expression('$states.result.Payload'),
      assign: { attempt: 1, round: 1 },
    });
    state.addRetry(afterLambdaFaults);
    return state;
  }

  private generateState(props: WorkflowProps): LambdaInvoke {
    const state = LambdaInvoke.jsonata(this, STATE.generate, {
      comment: 'Submits one task to EvoLink and waits until it has ended.',
      lambdaFunction: props.submit,
      integrationPattern: sfn.IntegrationPattern.WAIT_FOR_TASK_TOKEN,
      retryOnServiceExceptions: false,
      taskTimeout: sfn.Timeout.duration(longestWait(props)),
      payload: sfn.TaskInput.fromObject({
        taskToken: expression('$states.context.Task.Token'),
        executionArn: expression('$states.context.Execution.Id'),
        executionStartedAt: expression('$states.context.Execution.StartTime'),
        attempt: expression('$attempt'),
        job: expression('$job'),
      }),
    });
    state.addRetry(neverAfterOutcomes);
    state.addRetry(afterLambdaFaults);
    state.addRetry(afterSubmitErrors);
    return state;
  }

  /** Without a Catch: a redrive starts again at the state that failed, and a Fail state would only fail again. */
  private archiveState(props: WorkflowProps): LambdaInvoke {
    const state = LambdaInvoke.jsonata(this, STATE.archive, {
      comment: 'Stores every image. A job that fails here is paid for: redrive it within 24 hours.',
      lambdaFunction: props.archive,
      retryOnServiceExceptions: false,
      taskTimeout: sfn.Timeout.duration(Duration.minutes(12)),
      payload: sfn.TaskInput.fromObject({ jobId: expression('$job.jobId'), attempt: expression('$attempt') }),
      outputs: expression('$states.result.Payload'),
    });
    state.addRetry(afterHopelessArchiveErrors);
    state.addRetry(afterAnyArchiveError);
    return state;
  }

  private acknowledgeRules(props: WorkflowProps): void {
    acknowledge(
      this.stateMachine,
      'SF2',
      'X-Ray would add a charge for each job and rights on every resource; the history and the metrics of Step Functions show the same path.',
    );
    acknowledgeWildcard(
      this.stateMachine,
      '*',
      "CloudWatch Logs' log delivery actions support no resource-level permissions.",
    );
    for (const { functionArn } of [props.validate, props.submit, props.archive]) {
      acknowledgeWildcard(
        this.stateMachine,
        `${functionArn}:*`,
        'Versions of the one function that the state invokes.',
      );
    }
  }
}

/** The waiting state outlives the time limit of its task, so that the job ends by what is known of the task. */
function longestWait(props: WorkflowProps): Duration {
  return props.maxQueueTime.plus(props.callbackTimeout).plus(Duration.hours(1));
}

/** Above anything that a job can take with all of its attempts, back-offs and archive tries: only a last resort. */
function longestJob(props: WorkflowProps): Duration {
  const attempts = Token.isUnresolved(props.maxAttempts) ? 10 : props.maxAttempts;
  return Duration.seconds(longestWait(props).toSeconds() * attempts).plus(Duration.hours(24));
}
