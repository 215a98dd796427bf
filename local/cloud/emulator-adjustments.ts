/**
 * What is changed about a deployed stack, so that it works on ministack as on AWS: never the template.
 *
 * ministack checks `states:SendTaskSuccess` and `states:SendTaskFailure` against `*` instead of the state machine.
 * Each role that the template lets answer a task token gets the same actions on `*`, here and nowhere else. Roles and
 * actions are read from the deployed template: take the grant away there, and the role lacks it here too.
 */
import { CloudFormationClient, GetTemplateCommand } from '@aws-sdk/client-cloudformation';
import { IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import type { CloudConfig } from './clients';
import { adjustFunctionUrls } from './function-urls';
import { stackResources } from './stack-resources';

const ACTION = /^states:SendTask(Success|Failure|Heartbeat)$/;

interface Template {
  readonly Resources: Readonly<Record<string, { Type: string; Properties?: Record<string, unknown> }>>;
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
}

/** All that a stack needs. */
export async function adjustForEmulator(config: CloudConfig, stackName: string): Promise<void> {
  await Promise.all([letAnswerTaskTokens(config, stackName), adjustFunctionUrls(config, stackName)]);
}

async function letAnswerTaskTokens(config: CloudConfig, stackName: string): Promise<void> {
  const cloudFormation = new CloudFormationClient(config);
  const iam = new IAMClient(config);
  const { TemplateBody } = await cloudFormation.send(new GetTemplateCommand({ StackName: stackName }));
  const actionsByRole = taskTokenActions(JSON.parse(TemplateBody ?? '{"Resources":{}}') as Template);
  const physicalIds = await stackResources(config, stackName);

  await Promise.all(
    [...actionsByRole].map(([logicalId, actions]) =>
      iam.send(
        new PutRolePolicyCommand({
          RoleName: physicalIds.get(logicalId)?.physicalId,
          PolicyName: 'LocalCloudTaskToken',
          PolicyDocument: JSON.stringify({
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Action: [...actions], Resource: '*' }],
          }),
        }),
      ),
    ),
  );
}

/** Logical ids of roles, with the actions on task tokens that the template grants them. */
export function taskTokenActions(template: Template): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { Type, Properties } of Object.values(template.Resources)) {
    if (Type !== 'AWS::IAM::Policy') continue;
    const document = Properties?.PolicyDocument as { Statement: readonly Statement[] };
    const actions = document.Statement.filter((statement) => statement.Effect === 'Allow')
      .flatMap((statement) => statement.Action)
      .filter((action) => ACTION.test(action));
    for (const { Ref } of (Properties?.Roles ?? []) as readonly { Ref: string }[]) {
      for (const action of actions) found.set(Ref, (found.get(Ref) ?? new Set()).add(action));
    }
  }
  return found;
}
