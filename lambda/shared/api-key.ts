import { createHash } from 'node:crypto';
import type { GetSecretValueCommandOutput, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';

/**
 * The secret cannot be read, or what it holds is no API key. The message is for whoever reads why a job failed: it says
 * which secret, by its name, and never quotes what it holds.
 */
export class ApiKeyUnavailableError extends Error {
  override readonly name = 'ApiKeyUnavailableError';
}

/** How long a key is used before it is read again, so that a rotation arrives even where the old key still works. */
const MAX_AGE_MS = 15 * 60 * 1_000;

/** EvoLink's API key from Secrets Manager: read once per running function, again on demand and after a while. */
export class ApiKey {
  private cached?: { readonly value: string; readonly version?: string; readonly readAt: number };

  constructor(
    private readonly client: SecretsManagerClient,
    private readonly secretId: string,
    private readonly now: () => number = Date.now,
  ) {}

  async get(): Promise<string> {
    if (this.cached && this.now() - this.cached.readAt < MAX_AGE_MS) return this.cached.value;
    return this.refresh();
  }

  /** Reads the secret afresh: EvoLink refused the key that we had. */
  async refresh(): Promise<string> {
    const { SecretString, VersionId: version } = await this.read();
    const value = (SecretString ?? '').trim();
    // A key goes into a header: what cannot stand there is no key, and must not fail deep inside the HTTP client. Nor is
    // JSON one, the form that the console of Secrets Manager offers first: EvoLink would refuse it for every job.
    if (!/^(?![{["'])[\x21-\x7e]{1,512}$/.test(value)) {
      throw new ApiKeyUnavailableError(
        `The secret ${this.secretName} must hold EvoLink's API key alone, as one line of printable characters, not as JSON or in quotes.`,
      );
    }
    this.cached = { value, version, readAt: this.now() };
    return value;
  }

  /** Which version of the secret holds the key that is in use: no secret itself, and another one for another key. */
  get version(): string | undefined {
    return this.cached?.version;
  }

  private async read(): Promise<GetSecretValueCommandOutput> {
    try {
      return await this.client.send(new GetSecretValueCommand({ SecretId: this.secretId }));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.name : 'unknown';
      const message = `The secret ${this.secretName}, which is to hold EvoLink's API key, could not be read: ${reason}.`;
      throw new ApiKeyUnavailableError(message, { cause });
    }
  }

  /** The function knows its secret by name or ARN, and an ARN holds more than a reader needs. */
  private get secretName(): string {
    return this.secretId.replace(/^arn:.*:secret:/, '');
  }
}

/** Tells API keys apart in an idempotency key by the versions of their secret: the same for one version, eight characters. */
export function keyTag(version = 'none'): string {
  return createHash('sha256').update(version).digest('base64url').slice(0, 8);
}
