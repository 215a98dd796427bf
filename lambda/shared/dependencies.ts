import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { ENV } from '../../domain/constants';
import { DEFAULT_PRICES, type PriceTable } from '../../domain/prices';
import { ApiKey } from './api-key';
import { AttemptTable } from './attempts/attempt-table';
import type { CompleteTaskDependencies } from './complete-task';
import { optionalCount, optionalJson, requireCount, requireEnv } from './config';
import { Executions } from './executions';
import { AsyncInvocation } from './async-invocation';
import type { EndAttemptDependencies } from './end-attempt';
import { Provider } from './provider';
import { TaskTokens } from './task-token';

/** Time limits of one AWS call, in milliseconds. */
export interface CallLimits {
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
  /** Of one query of EvoLink. @default - that of the client: EvoLink asks its own provider, which may take 15 s */
  readonly queryTimeoutMs?: number;
}

/** Ample: a function that gives up a call too early leaves an attempt for others to look after. */
const PATIENT: CallLimits = { connectionTimeout: 5_000, requestTimeout: 10_000 };

/** For the callback function, which has nine seconds in all; what it cannot do in time, EvoLink delivers again. */
export const HURRIED: CallLimits = { connectionTimeout: 1_000, requestTimeout: 3_000, queryTimeoutMs: 4_000 };

/**
 * The SDK's own defaults wait for ever. Repeating is safe: each write is conditional, and a transaction carries the
 * SDK's own idempotency token.
 */
const clientOptions = ({ connectionTimeout, requestTimeout }: CallLimits) => ({
  maxAttempts: 3,
  requestHandler: { connectionTimeout, requestTimeout, throwOnRequestTimeout: true },
});

export function documentClient(limits = PATIENT): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(new DynamoDBClient(clientOptions(limits)), {
    marshallOptions: { removeUndefinedValues: true },
  });
}

/** Built once when a function starts: what all that complete tasks share. */
export function attemptDependencies(limits = PATIENT): CompleteTaskDependencies {
  return {
    ...endDependencies(limits),
    provider: provider(limits),
    prices: optionalJson<PriceTable>('priceTable') ?? DEFAULT_PRICES,
    requireRefundProof: process.env[ENV.requireRefundProof] === 'true',
  };
}

/** What ends an attempt, whether EvoLink knows of it or not. */
export function endDependencies(limits = PATIENT): EndAttemptDependencies {
  const stepFunctions = new SFNClient(clientOptions(limits));
  return {
    ...tableDependencies(limits),
    tokens: new TaskTokens(stepFunctions),
    executions: new Executions(stepFunctions),
    dispatch: process.env[ENV.dispatchFunction] ? invocation('dispatchFunction', limits) : undefined,
    maxConcurrentTasks: optionalCount('maxConcurrentTasks'),
    maxAttempts: requireCount('maxAttempts'),
  };
}

/** Another function of the pipeline, by the environment key that holds its name. */
export function invocation(key: 'dispatchFunction' | 'archiveFunction', limits = PATIENT): AsyncInvocation {
  return new AsyncInvocation(new LambdaClient(clientOptions(limits)), requireEnv(key));
}

/** The part that needs no workflow: the table and EvoLink. */
export function accountDependencies(limits = PATIENT) {
  return { ...tableDependencies(limits), provider: provider(limits) };
}

function tableDependencies(limits: CallLimits) {
  const client = documentClient(limits);
  return { client, table: new AttemptTable(client, requireEnv('tableName')), now: Date.now };
}

function provider(limits: CallLimits): Provider {
  return new Provider({
    apiKey: new ApiKey(new SecretsManagerClient(clientOptions(limits)), requireEnv('apiKeySecretId')),
    baseUrl: requireEnv('evolinkBaseUrl'),
    version: requireEnv('version'),
    queryTimeoutMs: limits.queryTimeoutMs,
  });
}
