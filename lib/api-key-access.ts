import { Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

/** Lets functions read the API key, and only that: CDK's grant of a secret adds its description. */
export class ApiKeyAccess {
  constructor(private readonly secret: ISecret) {}

  /** Lets a function read the secret, and decrypt it where it has a key of its own. */
  public grantRead(grantee: IGrantable): Grant {
    const actions = ['secretsmanager:GetSecretValue'];
    const grant = Grant.addToPrincipal({ grantee, actions, resourceArns: [this.secretArn()] });
    const key = this.secret.encryptionKey;
    return key ? grant.combine(this.grantDecrypt(grantee, key)) : grant;
  }

  /** By a right of the role: CDK's own grant changes the key's policy, which does nothing to a key that was imported. */
  private grantDecrypt(grantee: IGrantable, key: IKey): Grant {
    const service = `secretsmanager.${Stack.of(this.secret).region}.amazonaws.com`;
    return Grant.addToPrincipal({
      grantee,
      actions: ['kms:Decrypt'],
      resourceArns: [key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': service } },
    });
  }

  /** A secret that is known by name lacks the six characters that Secrets Manager appends: exactly six stand for them. */
  private secretArn(): string {
    return this.secret.secretFullArn ?? `${this.secret.secretArn}-??????`;
  }
}
