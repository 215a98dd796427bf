import { type IResource, Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { ImagePipelineProps } from './image-pipeline-props';
import { fail } from './validation';

/** Where the pipeline lives and what it needs there. */
export function validatePlace(scope: IConstruct, props: ImagePipelineProps): void {
  // S3 answers from another region with a redirect that nobody follows, and a signed URL works in its own alone.
  validateRegion(scope, 'archiveBucket', props.archiveBucket);
  for (const bucket of props.referenceBuckets ?? []) validateRegion(scope, 'referenceBuckets', bucket);
  validateRegion(scope, 'encryptionKey', props.encryptionKey);
  validateNetwork(scope, props);
}

function validateRegion(scope: IConstruct, name: string, resource: IResource | undefined): void {
  const { region } = Stack.of(scope);
  const other = resource?.env.region;
  if (other === undefined || Token.isUnresolved(region) || Token.isUnresolved(other) || other === region) return;
  fail(scope, `${name} must be in ${region} like the pipeline, got ${resource?.node.path} in ${other}`);
}

/** Lambda takes five security groups, and without any would use the VPC's default, which lets its members in. */
function validateNetwork(scope: IConstruct, { vpc, vpcSubnets, securityGroups }: ImagePipelineProps): void {
  if (!vpc && vpcSubnets) fail(scope, 'vpcSubnets must come with vpc, got no vpc');
  if (!vpc && securityGroups) fail(scope, 'securityGroups must come with vpc, got no vpc');
  if (securityGroups && (securityGroups.length < 1 || securityGroups.length > 5)) {
    fail(scope, `securityGroups must be 1 to 5 groups, or be left out; got ${securityGroups.length}`);
  }
}
