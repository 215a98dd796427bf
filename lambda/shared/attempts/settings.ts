import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { RuntimeSettings } from '../../../domain/settings';
import { SETTINGS_KEY } from '../../../domain/settings';

/** What operators set at run time, read consistently: a stop holds from the very next claim. */
export async function readSettings(client: DynamoDBDocumentClient, tableName: string): Promise<RuntimeSettings> {
  const { Item } = await client.send(
    new GetCommand({ TableName: tableName, Key: { ...SETTINGS_KEY }, ConsistentRead: true }),
  );
  return (Item ?? {}) as RuntimeSettings;
}
