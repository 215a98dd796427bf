import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from './acknowledge';
import type { PipelineFunctions } from './pipeline-functions';
import type { Workflow } from './workflow';

/** Properties of a `TaskCompletion`. */
export interface TaskCompletionProps {
  /** The functions, most of which complete tasks. */
  readonly functions: PipelineFunctions;
  /** The workflow whose tasks they complete. */
  readonly workflow: Workflow;
}

/**
 * Lets functions answer the workflow's waiting state, and see whether a job still waits.
 *
 * In policies of their own: a function waits for the default policy of its role, and the state machine for the function
 * that it invokes, so a default policy that names the state machine would close a circle.
 */
export class TaskCompletion extends Construct {
  constructor(scope: Construct, id: string, props: TaskCompletionProps) {
    super(scope, id);
    const { submit, dispatch, callback, sweep, ended } = props.functions;
    const executions = props.workflow.executionsArn();
    for (const { role } of [submit, dispatch, callback, sweep, ended]) {
      if (role) props.workflow.grantDecrypt(role);
    }
    const describe = new Policy(this, 'Describe', {
      roles: [submit, dispatch, callback, sweep, ended].flatMap(({ role }) => role ?? []),
      statements: [new PolicyStatement({ actions: ['states:DescribeExecution'], resources: [executions] })],
    });
    acknowledgeWildcard(describe, executions, 'Executions are named by the apps that start them.');
    new Policy(this, 'Answer', {
      roles: [submit, dispatch, callback, sweep].flatMap(({ role }) => role ?? []),
      statements: [
        new PolicyStatement({
          actions: ['states:SendTaskSuccess', 'states:SendTaskFailure'],
          resources: [props.workflow.stateMachine.stateMachineArn],
        }),
      ],
    });
  }
}
