import { Stack, Token, Tokenization } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IConstruct } from 'constructs';
import { ENV } from '../domain/constants';
import { creditUnits } from './credits';
import type { PipelineFunctionsProps } from './pipeline-functions';
import { renderModels } from './image-model';
import { renderPrices } from './prices';

/** Environment variables. */
export interface Environment {
  /** By name. */
  [key: string]: string;
}

/** The functions, as their bundles are called. */
export type FunctionName =
  'validate' | 'submit' | 'dispatch' | 'callback' | 'sweep' | 'ended' | 'archive' | 'reconcile';

/** Each function gets what it uses and no more. Settings travel as text; as JSON where they have parts. */
export function functionEnvironments(
  scope: IConstruct,
  props: PipelineFunctionsProps,
): { readonly [name in FunctionName]: Environment } {
  const stack = Stack.of(scope);
  const common = {
    [ENV.version]: props.version,
    [ENV.serviceName]: props.serviceName,
    [ENV.metricsNamespace]: props.metricsNamespace,
    [ENV.evolinkBaseUrl]: props.evolinkBaseUrl,
    [ENV.tenants]: JSON.stringify(props.tenants),
    ...(props.prices ? { [ENV.priceTable]: JSON.stringify(renderPrices(props.prices)) } : {}),
  };
  const table = { [ENV.tableName]: props.attempts.table.tableName };
  const account = {
    ...table,
    [ENV.apiKeySecretId]: secretId(stack, props.apiKey),
    [ENV.budgets]: JSON.stringify(props.budgets.map((budget) => budget._render())),
  };
  const ending = {
    [ENV.maxAttempts]: Tokenization.stringifyNumber(props.maxAttempts),
    ...(props.maxConcurrentTasks === undefined
      ? {}
      : { [ENV.maxConcurrentTasks]: Tokenization.stringifyNumber(props.maxConcurrentTasks) }),
  };
  const completion = {
    ...account,
    ...ending,
    ...(props.requireRefundProof ? { [ENV.requireRefundProof]: 'true' } : {}),
  };
  const queue = { [ENV.maxQueueSeconds]: String(props.maxQueueTime.toSeconds()) };
  const firstCheck = { [ENV.firstCheckSeconds]: String(props.firstCheckAfter.toSeconds()) };
  const timeLimit = { [ENV.taskTimeoutSeconds]: String(props.callbackTimeout.toSeconds()) };
  return {
    validate: {
      ...common,
      [ENV.requestDefaults]: stack.toJsonString(props.defaults),
      [ENV.referenceBuckets]: stack.toJsonString(props.references.names()),
      ...(props.models.length > 0 ? { [ENV.models]: JSON.stringify(renderModels(props.models)) } : {}),
      ...jobCap(props),
    },
    submit: { ...common, ...completion, ...firstCheck, ...timeLimit, ...queue },
    dispatch: { ...common, ...completion, ...firstCheck, ...timeLimit, ...queue },
    callback: { ...common, ...completion },
    sweep: { ...common, ...completion, ...firstCheck, ...timeLimit },
    ended: { ...common, ...table, ...ending },
    archive: {
      ...common,
      ...table,
      [ENV.bucketName]: props.archive.bucket.bucketName,
      [ENV.resultHosts]: stack.toJsonString(props.resultHosts),
    },
    reconcile: { ...common, ...account },
  };
}

/** By its name alone a secret is looked for in the account of the function. */
function secretId(stack: Stack, { secretFullArn, secretArn, secretName, env }: ISecret): string {
  return secretFullArn ?? (env.account === stack.account ? secretName : secretArn);
}

function jobCap({ maxCreditsPerJob }: PipelineFunctionsProps): Environment {
  if (maxCreditsPerJob === undefined) return {};
  return { [ENV.maxCreditsPerJob]: String(creditUnits('maxCreditsPerJob', maxCreditsPerJob)) };
}

/** Lambda's own limit, in bytes of all names and values. */
const ENVIRONMENT_LIMIT = 4_096;

/** What a value may take that is known at deployment only: a name, an ARN or an address. */
const UNKNOWN_VALUE_BYTES = 200;

/** Told at synthesis: a deployment would fail half-way. */
export function validateEnvironment(scope: IConstruct, environment: Environment): void {
  const bytes = Object.entries(environment).reduce((sum, [key, value]) => sum + key.length + valueBytes(value), 0);
  if (bytes > ENVIRONMENT_LIMIT) {
    throw new Error(
      `${scope.node.path}: settings must fit into the ${ENVIRONMENT_LIMIT} bytes of a function's environment, got about ${bytes}: ` +
        'use fewer budgets (perTenant covers every tenant at once), tenants, models or reference buckets, or a shorter price table',
    );
  }
}

function valueBytes(value: string): number {
  return Token.isUnresolved(value) ? UNKNOWN_VALUE_BYTES : Buffer.byteLength(value);
}
