/** What the policies of a template allow, in a form that tests can compare. */
import { type CloudFormation, flatten } from './support';

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** All that a role of a template is allowed, as `action resource` lines. */
export function rights(json: CloudFormation, roleIdPart: string): string[] {
  return policies(json)
    .filter(({ roles }) => roles.some((role) => role.includes(roleIdPart)))
    .flatMap(({ statements }) => statements.flatMap(lines))
    .sort();
}

export function policies(json: CloudFormation): { roles: string[]; statements: Statement[] }[] {
  return Object.entries(json.Resources).flatMap(([id, { Type, Properties }]) => {
    if (Type === 'AWS::IAM::Role') {
      // Inline policies and managed ones would escape the other two branches: there are none.
      if (Properties.Policies || Properties.ManagedPolicyArns) throw new Error(`${id} has policies of its own`);
      return [];
    }
    if (Type !== 'AWS::IAM::Policy' && Type !== 'AWS::IAM::ManagedPolicy') return [];
    const roles = ((Properties.Roles ?? []) as unknown[]).map(flatten);
    return [
      { roles: Type === 'AWS::IAM::ManagedPolicy' ? [id] : roles, statements: Properties.PolicyDocument.Statement },
    ];
  });
}

export function lines({ Effect, Action, Resource }: Statement): string[] {
  if (Effect !== 'Allow') throw new Error(`a policy with ${Effect}`);
  const resources = (Array.isArray(Resource) ? Resource : [Resource]).map(flatten).map(shorten);
  return [Action].flat().flatMap((action) => resources.map((target) => `${action} ${target}`));
}

/** Logical ids without their hashes, which say nothing here. */
export function shorten(arn: string): string {
  return arn
    .replace(/<([A-Za-z]+?)[0-9A-F]{8}(\.\w+)?>/g, '<$1$2>')
    .replace(/^arn:aws:(\w+):<AWS::Region>:<AWS::AccountId>:/, '$1:');
}
