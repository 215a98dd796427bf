/** Stores the EvoLink API key as a platform team does it: by name, before the app is deployed. */
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { CloudConfig } from './clients';

export async function storeApiKey(config: CloudConfig, name: string, apiKey: string): Promise<void> {
  const client = new SecretsManagerClient(config);
  try {
    await client.send(new CreateSecretCommand({ Name: name, SecretString: apiKey }));
  } catch (error) {
    if (!(error instanceof ResourceExistsException)) throw error;
    await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: apiKey }));
  }
}

/** At once: nothing is kept for the days in which it could be restored. */
export async function deleteApiKey(config: CloudConfig, name: string): Promise<void> {
  const deletion = { SecretId: name, ForceDeleteWithoutRecovery: true };
  await new SecretsManagerClient(config).send(new DeleteSecretCommand(deletion));
}
