import type { SFNClientConfig } from '@aws-sdk/client-sfn';

/** What every AWS SDK client needs to talk to the local cloud. */
export interface CloudConfig {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: NonNullable<SFNClientConfig['credentials']>;
}

/** Root of the local cloud. It knows no other account, and checks no secret for this one. */
export const ROOT_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' } as const;

export const DEFAULT_REGION = 'us-east-1';
