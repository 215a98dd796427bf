import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { patiently } from './transact';

export interface ConditionalUpdate {
  readonly key: Readonly<Record<string, string>>;
  /** Attributes to set; `#status` stands for the reserved word. */
  readonly set: Readonly<Record<string, unknown>>;
  readonly remove?: readonly string[];
  readonly condition: string;
  readonly values?: Readonly<Record<string, unknown>>;
  /** Names in the condition that stand for reserved words, `#status` aside. */
  readonly names?: Readonly<Record<string, string>>;
  /** Makes the item where there is none. @default false */
  readonly orCreate?: boolean;
}

/** One conditional update, of an existing item unless told otherwise; `false` when its condition did not hold. */
export async function conditionalUpdate(
  client: DynamoDBDocumentClient,
  tableName: string,
  { key, set, remove = [], condition, values, names: own = {}, orCreate = false }: ConditionalUpdate,
): Promise<boolean> {
  const placeholder = (name: string) => `:${name.replace('#', '')}`;
  const assigned = Object.keys(set);
  const assignments = assigned.map((name) => `${name} = ${placeholder(name)}`).join(', ');
  const usesStatus = `${assignments} ${condition}`.includes('#status');
  const names = { ...(usesStatus ? { '#status': 'status' } : {}), ...own };
  const command = new UpdateCommand({
    TableName: tableName,
    Key: key,
    UpdateExpression: `SET ${assignments}${remove.length > 0 ? ` REMOVE ${remove.join(', ')}` : ''}`,
    ConditionExpression: orCreate ? condition : `attribute_exists(pk) AND (${condition})`,
    ExpressionAttributeNames: Object.keys(names).length > 0 ? names : undefined,
    ExpressionAttributeValues: {
      ...Object.fromEntries(assigned.map((name) => [placeholder(name), set[name]])),
      ...values,
    },
  });
  try {
    await patiently(() => client.send(command));
    return true;
  } catch (error) {
    if (isConditionFailure(error)) return false;
    throw error;
  }
}

export function isConditionFailure(error: unknown): boolean {
  return error instanceof Error && error.name === 'ConditionalCheckFailedException';
}
