import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { grantKey } from './key-grant';

/** Lets functions read the API key, and only that: CDK's grant of a secret adds its description. */
export class ApiKeyAccess {
  constructor(private readonly secret: ISecret) {}

  /** Lets a function read the secret, and decrypt it where it has a key of its own. */
  public grantRead(grantee: IGrantable): Grant {
    const actions = ['secretsmanager:GetSecretValue'];
    const grant = Grant.addToPrincipal({ grantee, actions, resourceArns: [this.secretArn()] });
    const key = this.secret.encryptionKey;
    if (!key) return grant;
    const use = { grantee, actions: ['kms:Decrypt'], service: 'secretsmanager', beside: this.secret };
    return grant.combine(grantKey(key, use));
  }

  /** A secret that is known by name lacks the six characters that Secrets Manager appends: exactly six stand for them. */
  private secretArn(): string {
    return this.secret.secretFullArn ?? `${this.secret.secretArn}-??????`;
  }
}
