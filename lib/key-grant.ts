import { Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IConstruct } from 'constructs';

/** Who may use a key, and through which service alone. */
export interface KeyUse {
  /** Gets the right. */
  readonly grantee: IGrantable;
  /** What a request to that service needs of KMS. */
  readonly actions: string[];
  /** The service that asks KMS in the name of the grantee, as its endpoint is called: `s3`, `dynamodb`. */
  readonly service: string;
  /** What lies under the key, in whose region the service asks. */
  readonly beside: IConstruct;
}

/**
 * Lets somebody use a key through one service, and not by calls to KMS. A right of the grantee first: the policy of a key
 * that was imported can't be changed. CDK's own grant knows no condition.
 */
export function grantKey(key: IKey, { grantee, actions, service, beside }: KeyUse): Grant {
  return Grant.addToPrincipalOrResource({
    grantee,
    actions,
    resourceArns: [key.keyArn],
    resource: key,
    resourceSelfArns: ['*'],
    conditions: { StringEquals: { 'kms:ViaService': `${service}.${Stack.of(beside).region}.amazonaws.com` } },
  });
}
