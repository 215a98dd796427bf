/** What a deployed stack is made of. */
import { CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import type { CloudConfig } from './clients';

/** Resources of the stack by logical id. */
export async function stackResources(
  config: CloudConfig,
  stackName: string,
): Promise<Map<string, { physicalId: string; type: string }>> {
  const client = new CloudFormationClient(config);
  const resources = new Map<string, { physicalId: string; type: string }>();
  for await (const page of paginateListStackResources({ client }, { StackName: stackName })) {
    for (const { LogicalResourceId, PhysicalResourceId, ResourceType } of page.StackResourceSummaries ?? []) {
      resources.set(LogicalResourceId ?? '', { physicalId: PhysicalResourceId ?? '', type: ResourceType ?? '' });
    }
  }
  return resources;
}

/** Physical ids of the resources of one type; of those whose logical id has this in it, where that is given. */
export async function physicalIds(config: CloudConfig, stackName: string, type: string, part = ''): Promise<string[]> {
  const all = [...(await stackResources(config, stackName))];
  return all
    .filter(([id, resource]) => resource.type === type && id.includes(part))
    .map(([, found]) => found.physicalId);
}
