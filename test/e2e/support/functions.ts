/** Runs single functions of the pipeline as AWS does, and ends the wait for the sweep. */
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { physicalIds } from '../../../local/cloud/stack-resources';
import type { Attempt } from '../../../lambda/shared/attempts/attempt';
import { attemptKey } from '../../../lambda/shared/attempts/items';
import { admin, connection } from './clients';

/** Physical id of the one resource of a type whose logical id begins like this. */
export async function physicalId(type: string, logicalId: string): Promise<string> {
  const [found = '', ...others] = await physicalIds(connection.admin, connection.stackName, type, logicalId);
  if (found === '' || others.length > 0) throw new Error(`not one resource of ${type} is called ${logicalId}`);
  return found;
}

/** Runs a function and returns its result; fails with what it threw. */
export async function invoke<T>(name: 'Sweep' | 'Archive' | 'Ended', payload: object = {}): Promise<T> {
  const FunctionName = await physicalId('AWS::Lambda::Function', `Functions${name}Function`);
  const result = await admin.lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload) }));
  const text = Buffer.from(result.Payload ?? []).toString('utf8');
  if (result.FunctionError) throw new Error(`${name} failed: ${text}`);
  return JSON.parse(text) as T;
}

export const sweepNow = (): Promise<{ open: number; checked: number }> => invoke('Sweep');

/** Its next check is now, if somebody still has to look after it. */
export async function makeDue(attempt: Attempt): Promise<void> {
  await admin.dynamo
    .send(
      new UpdateCommand({
        TableName: connection.outputs.TableName,
        Key: attemptKey(attempt.attemptId),
        UpdateExpression: 'SET nextCheckAt = :past',
        ConditionExpression: 'attribute_exists(nextCheckAt)',
        ExpressionAttributeValues: { ':past': 1 },
      }),
    )
    .catch((error: Error) => {
      if (error.name !== 'ConditionalCheckFailedException') throw error;
    });
}
