import { type IResource, Stack, Token } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IConstruct } from 'constructs';
import type { ImagePipelineProps } from './image-pipeline-props';
import { fail } from './validation';

/** Where the pipeline lives and what it needs there. */
export function validatePlace(scope: IConstruct, props: ImagePipelineProps): void {
  // S3 answers from another region with a redirect that nobody follows, and a signed URL works in its own alone.
  validateRegion(scope, 'archiveBucket', props.archiveBucket);
  for (const bucket of props.referenceBuckets ?? []) validateRegion(scope, 'referenceBuckets', bucket);
  validateRegion(scope, 'encryptionKey', props.encryptionKey);
  // Lambda asks its own region for the secret, and an alarm tells topics of its own region alone.
  validateRegion(scope, 'apiKey', props.apiKey);
  validateRegion(scope, 'alarms.topic', props.alarms?.topic);
  validateKeys(scope, props);
  validateNetwork(scope, props);
}

function validateRegion(scope: IConstruct, name: string, resource: IResource | undefined): void {
  const { region } = Stack.of(scope);
  const other = resource?.env.region;
  if (other === undefined || Token.isUnresolved(region) || Token.isUnresolved(other) || other === region) return;
  fail(scope, `${name} must be in ${region} like the pipeline, got ${resource?.node.path} in ${other}`);
}

/** Every key that roles of the pipeline use, its own and those of what it was given. */
function validateKeys(scope: IConstruct, props: ImagePipelineProps): void {
  validateKey(scope, 'encryptionKey', props.encryptionKey);
  validateKey(scope, 'encryptionKey of apiKey', props.apiKey.encryptionKey);
  validateKey(scope, 'encryptionKey of archiveBucket', props.archiveBucket?.encryptionKey);
  for (const bucket of props.referenceBuckets ?? []) {
    validateKey(scope, 'encryptionKey of referenceBuckets', bucket.encryptionKey);
  }
}

/**
 * CDK lets an alias stand for a key, but its ARN is the alias's: IAM allows nothing by it, and CloudWatch Logs takes no
 * alias.
 */
function validateKey(scope: IConstruct, name: string, key: IKey | undefined): void {
  const isAlias = key !== undefined && ('aliasName' in key || key.keyArn.includes(':alias/'));
  if (!isAlias) return;
  fail(
    scope,
    `${name} must be a key, such as Key.fromKeyArn() or Key.fromLookup() give or an alias has as its aliasTargetKey, got the alias ${key.node.path}`,
  );
}

/** Lambda takes five security groups, and without any would use the VPC's default, which lets its members in. */
function validateNetwork(scope: IConstruct, { vpc, vpcSubnets, securityGroups }: ImagePipelineProps): void {
  if (!vpc && vpcSubnets) fail(scope, 'vpcSubnets must come with vpc, got no vpc');
  if (!vpc && securityGroups) fail(scope, 'securityGroups must come with vpc, got no vpc');
  if (securityGroups && (securityGroups.length < 1 || securityGroups.length > 5)) {
    fail(scope, `securityGroups must be 1 to 5 groups, or be left out; got ${securityGroups.length}`);
  }
}
