import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** Secrets Manager with one secret: each read gives the next value, the last one repeats; an error is thrown. */
export class FakeSecrets {
  readonly client: SecretsManagerClient;
  readonly read: string[] = [];

  constructor(private readonly values: (string | undefined | Error)[]) {
    this.client = Object.create(SecretsManagerClient.prototype, {
      send: { value: async (command: { input: { SecretId: string } }) => this.answer(command.input.SecretId) },
    }) as SecretsManagerClient;
  }

  private answer(secretId: string): { SecretString?: string; VersionId: string } {
    const index = Math.min(this.read.length, this.values.length - 1);
    const value = this.values[index];
    this.read.push(secretId);
    if (value instanceof Error) throw value;
    return { SecretString: value, VersionId: `version-${index + 1}` };
  }
}
