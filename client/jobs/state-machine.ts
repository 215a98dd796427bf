/** What the ARN of the pipeline's state machine says. */
import { cut } from '../../domain/preview';
import { ImagePipelineError } from './errors/pipeline-error';

const ARN =
  /^arn:(?<partition>[\w-]+):states:(?<region>[a-z0-9-]+):(?<account>\d{12}):stateMachine:(?<name>[^:/]{1,80})$/;

/** What an ARN of a state machine has behind it where it means a version or an alias. */
const QUALIFIED = /^(?<plain>arn:[\w-]+:states:[a-z0-9-]+:\d{12}:stateMachine:[^:/]{1,80}):(?<qualifier>[^:/]{1,80})$/;

/** The ARN is not that of a state machine, or of a version or an alias of one. */
export class InvalidStateMachineArnError extends ImagePipelineError {
  override readonly name = 'InvalidStateMachineArnError';

  constructor(arn: string) {
    super(`stateMachineArn ${objectionTo(arn)}`);
  }
}

/** Why an ARN is refused, to follow the name of what it was given as. */
export function objectionTo(arn: string): string {
  const { plain, qualifier = '' } = QUALIFIED.exec(arn)?.groups ?? {};
  if (plain === undefined) {
    return `must be the ARN of a state machine, as the output StateMachineArn of the stack gives it, got ${cut(String(arn)) || 'nothing'}`;
  }
  const what = /^\d+$/.test(qualifier) ? `version ${qualifier}` : `the alias ${qualifier}`;
  return `is the ARN of ${what}, and jobs belong to the state machine itself: give ${plain}`;
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
  if (region === undefined) throw new InvalidStateMachineArnError(arn);
  const executions = `arn:${partition}:states:${region}:${account}:execution:${name}`;
  return { arn, region, executionArn: (jobId) => `${executions}:${jobId}` };
}
