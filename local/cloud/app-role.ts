/**
 * An application that uses the pipeline: a role with nothing but the pipeline's `grantUse`. Examples and end-to-end
 * tests run under it, so they prove that the grant is enough.
 */
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  EntityAlreadyExistsException,
  IAMClient,
} from '@aws-sdk/client-iam';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { CloudConfig } from './clients';

/** Assumed anew well before the end of the longest session that a role allows by default. */
const SESSION_SECONDS = 3_600;

export interface AppRole {
  readonly arn: string;
  readonly config: CloudConfig;
}

export async function createAppRole(
  admin: CloudConfig,
  options: { readonly roleName: string; readonly account: string; readonly policyArn: string },
): Promise<AppRole> {
  const iam = new IAMClient(admin);
  const { roleName, account, policyArn } = options;
  try {
    await iam.send(
      new CreateRoleCommand({
        RoleName: roleName,
        AssumeRolePolicyDocument: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: `arn:aws:iam::${account}:root` } },
          ],
        }),
      }),
    );
  } catch (error) {
    if (!(error instanceof EntityAlreadyExistsException)) throw error;
  }
  await iam.send(new AttachRolePolicyCommand({ RoleName: roleName, PolicyArn: policyArn }));

  const arn = `arn:aws:iam::${account}:role/${roleName}`;
  return { arn, config: { ...admin, credentials: () => assumeRole(admin, arn) } };
}

/** A provider: the SDK calls it again when the session is about to end. */
export async function assumeRole(admin: CloudConfig, roleArn: string) {
  const { Credentials } = await new STSClient(admin).send(
    new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: 'local-app', DurationSeconds: SESSION_SECONDS }),
  );
  if (!Credentials?.AccessKeyId || !Credentials.SecretAccessKey) throw new Error(`no credentials for ${roleArn}`);
  return {
    accessKeyId: Credentials.AccessKeyId,
    secretAccessKey: Credentials.SecretAccessKey,
    sessionToken: Credentials.SessionToken,
    expiration: Credentials.Expiration,
  };
}
