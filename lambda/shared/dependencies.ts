import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { ApiKey } from './api-key';
import { AttemptTable } from './attempts/attempt-table';
import type { CompleteTaskDependencies } from './complete-task';
import { requireCount, requireEnv } from './config';
import { Provider } from './provider';
import { TaskTokens } from './task-token';

/**
 * Time limits of every AWS call. The SDK's own defaults wait for ever; the callback function has nine seconds in all.
 * Repeating is safe: each write is conditional, and a transaction carries the SDK's own idempotency token.
 */
const CLIENT_OPTIONS = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
};

export function documentClient(): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(new DynamoDBClient(CLIENT_OPTIONS), {
    marshallOptions: { removeUndefinedValues: true },
  });
}

/** Built once when a function starts: what submit, callback and sweep share. */
export function attemptDependencies(): CompleteTaskDependencies {
  const client = documentClient();
  return {
    client,
    table: new AttemptTable(client, requireEnv('tableName')),
    tokens: new TaskTokens(new SFNClient(CLIENT_OPTIONS)),
    provider: new Provider(
      new ApiKey(new SecretsManagerClient(CLIENT_OPTIONS), requireEnv('apiKeySecretId')),
      requireEnv('evolinkBaseUrl'),
      requireEnv('version'),
    ),
    maxAttempts: requireCount('maxAttempts'),
    now: Date.now,
  };
}
