import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { PipelineFunctions } from './pipeline-functions';
import type { Workflow } from './workflow';

/** Properties of a `TaskCompletion`. */
export interface TaskCompletionProps {
  /** The functions, of which three complete tasks. */
  readonly functions: PipelineFunctions;
  /** The workflow whose tasks they complete. */
  readonly workflow: Workflow;
}

/**
 * Lets functions answer the workflow's waiting state.
 *
 * In policies of their own: a function waits for the default policy of its role, and the state machine for the function
 * that it invokes, so a default policy that names the state machine would close a circle.
 */
export class TaskCompletion extends Construct {
  constructor(scope: Construct, id: string, props: TaskCompletionProps) {
    super(scope, id);
    const { submit, callback, sweep } = props.functions;
    new Policy(this, 'Answer', {
      roles: [submit, callback, sweep].flatMap(({ role }) => role ?? []),
      statements: [
        new PolicyStatement({
          actions: ['states:SendTaskSuccess', 'states:SendTaskFailure'],
          resources: [props.workflow.stateMachine.stateMachineArn],
        }),
      ],
    });
  }
}
