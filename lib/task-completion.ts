import { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { acknowledgeWildcard } from './acknowledge';
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
    this.allow('Answer', [submit, callback, sweep], {
      actions: ['states:SendTaskSuccess', 'states:SendTaskFailure'],
      resource: props.workflow.stateMachine.stateMachineArn,
    });
    const executions = props.workflow.executionsArn();
    const inspect = this.allow('Inspect', [callback, sweep], {
      actions: ['states:DescribeExecution'],
      resource: executions,
    });
    acknowledgeWildcard(inspect, executions, 'Executions are named by the apps that start them.');
  }

  private allow(id: string, functions: IFunction[], right: { actions: string[]; resource: string }): Policy {
    return new Policy(this, id, {
      roles: functions.flatMap(({ role }) => role ?? []),
      statements: [new PolicyStatement({ actions: right.actions, resources: [right.resource] })],
    });
  }
}
