/**
 * ministack answers a function's URL below its own address only; the template's `https://<id>.lambda-url.<region>.on.aws/`
 * resolves nowhere here. Functions that were given such a URL get the one that works, here and nowhere else.
 */
import {
  LambdaClient,
  GetFunctionConfigurationCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import type { CloudConfig } from './clients';
import { physicalIds } from './stack-resources';

const FUNCTION_URL = /^https:\/\/([^.]+)\.lambda-url\.[^.]+\.on\.aws\//;

/** @returns what reaches the function; an address of another kind as it is */
export function reachable(url: string, { endpoint }: CloudConfig): string {
  return url.replace(FUNCTION_URL, `${endpoint}/_aws/lambda-url/$1/`);
}

export async function adjustFunctionUrls(config: CloudConfig, stackName: string): Promise<void> {
  const client = new LambdaClient(config);
  const functions = await physicalIds(config, stackName, 'AWS::Lambda::Function');
  await Promise.all(functions.map((name) => adjust(client, config, name)));
}

async function adjust(client: LambdaClient, config: CloudConfig, FunctionName: string): Promise<void> {
  const { Environment } = await client.send(new GetFunctionConfigurationCommand({ FunctionName }));
  const before = Object.entries(Environment?.Variables ?? {});
  const after = before.map(([name, value]) => [name, reachable(value, config)] as const);
  if (after.every(([, value], index) => value === before[index]?.[1])) return;
  const Variables = Object.fromEntries(after);
  await client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }));
}
