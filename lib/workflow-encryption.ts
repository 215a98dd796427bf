import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { CfnStateMachine, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';

/**
 * Encrypts a state machine, and lets its role use the key for that.
 *
 * Not by CDK's `encryptionConfiguration`: for a state machine that CloudFormation names, its right on the key is tied to
 * an ARN that ends before the name, and no execution could start. Here the role may use the key for any state machine
 * of the account and region, so that the right is there before the state machine changes: jobs may be running then.
 */
export function encryptStateMachine(machine: StateMachine, key: IKey): void {
  const stack = Stack.of(machine);
  const resource = machine.node.defaultChild as CfnStateMachine;
  resource.encryptionConfiguration = { type: 'CUSTOMER_MANAGED_KMS_KEY', kmsKeyId: key.keyArn };

  const resources = [key.keyArn];
  const machines = stack.formatArn({
    service: 'states',
    resource: 'stateMachine',
    resourceName: '*',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  machine.addToRolePolicy(
    new PolicyStatement({
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources,
      conditions: { StringLike: { 'kms:EncryptionContext:aws:states:stateMachineArn': machines } },
    }),
  );
  // For its log.
  machine.addToRolePolicy(
    new PolicyStatement({
      actions: ['kms:GenerateDataKey'],
      resources,
      conditions: {
        StringEquals: {
          'kms:EncryptionContext:SourceArn': stack.formatArn({
            service: 'logs',
            resource: '*',
            arnFormat: ArnFormat.NO_RESOURCE_NAME,
          }),
        },
      },
    }),
  );
}
