import { Annotations, ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';

/** By this id the warnings can be acknowledged, once the key's owner has added the statements. */
export const KEY_POLICY_WARNING = 'evolink-image-pipeline:keyPolicy';

/**
 * Lets the services behind the pipeline use its key. They come with no role of ours, so only the key's own policy can
 * allow it, and CDK adds none of this. The statements name no resource of the pipeline: the key may live in another
 * stack, which must not wait for this one.
 */
export function allowServices(scope: Construct, key: IKey): void {
  const stack = Stack.of(scope);
  allow(scope, key, 'encryptionKey', [
    // A log group is created only if CloudWatch Logs may use its key.
    new PolicyStatement({
      principals: [new ServicePrincipal(`logs.${stack.region}.amazonaws.com`)],
      actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
      resources: ['*'],
      conditions: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': allLogGroups(stack) } },
    }),
    // Reads what an encrypted state machine hands it for its log.
    new PolicyStatement({
      principals: [new ServicePrincipal('delivery.logs.amazonaws.com')],
      actions: ['kms:Decrypt'],
      resources: ['*'],
    }),
    // Puts events that could not be delivered into the queue of dead letters.
    new PolicyStatement({
      principals: [new ServicePrincipal('events.amazonaws.com')],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
    }),
  ]);
}

/** Lets alarms publish to a topic under this key. Who may publish there at all is up to the topic's policy. */
export function allowAlarms(scope: Construct, key: IKey): void {
  allow(scope, key, 'the key of alarms.topic', [
    new PolicyStatement({
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      resources: ['*'],
    }),
  ]);
}

function allow(scope: Construct, key: IKey, name: string, statements: PolicyStatement[]): void {
  const added = statements.map((statement) => key.addToResourcePolicy(statement).statementAdded);
  if (added.every(Boolean)) return;
  Annotations.of(scope).addWarningV2(
    KEY_POLICY_WARNING,
    `${name} is imported, so its policy can't be changed here: add the statements of docs/encryption.md to it before you deploy, then acknowledge this warning`,
  );
}

function allLogGroups(stack: Stack): string {
  return stack.formatArn({
    service: 'logs',
    resource: 'log-group',
    resourceName: '*',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}
