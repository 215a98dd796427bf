/** What the ARN of the pipeline's state machine says. */
import { ImagePipelineError } from './errors/pipeline-error';

const ARN =
  /^arn:(?<partition>[\w-]+):states:(?<region>[a-z0-9-]+):(?<account>\d{12}):stateMachine:(?<name>[^:/]{1,80})$/;

/** The ARN is not that of a state machine. */
export class InvalidStateMachineArnError extends ImagePipelineError {
  override readonly name = 'InvalidStateMachineArnError';

  constructor() {
    super('stateMachineArn must be the ARN of a state machine, as the output StateMachineArn of the stack gives it');
  }
}

export interface StateMachine {
  readonly arn: string;
  readonly region: string;
  /** An execution's ARN follows from its name, so nobody needs the right to list executions. */
  readonly executionArn: (jobId: string) => string;
}

/** @throws InvalidStateMachineArnError */
export function readStateMachineArn(arn: string): StateMachine {
  const { partition, region, account, name } = ARN.exec(arn)?.groups ?? {};
  if (region === undefined) throw new InvalidStateMachineArnError();
  const executions = `arn:${partition}:states:${region}:${account}:execution:${name}`;
  return { arn, region, executionArn: (jobId) => `${executions}:${jobId}` };
}
