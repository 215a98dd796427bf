import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { IdempotencyProof, RuntimeSettings } from '../../../domain/settings';
import { SETTINGS_KEY } from '../../../domain/settings';
import { conditionalUpdate } from './conditional-update';

/**
 * Notes what an answer of EvoLink showed of its idempotency keys. A second task for one key stays on record until
 * `evolink-images verify` shows otherwise: one replay after it proves nothing any more.
 */
export async function noteIdempotency(
  client: DynamoDBDocumentClient,
  tableName: string,
  proof: IdempotencyProof,
): Promise<boolean> {
  const isUnset = 'attribute_not_exists(idempotency)';
  const condition =
    proof.state === 'proven'
      ? { condition: isUnset }
      : {
          condition: `${isUnset} OR idempotency.#state <> :refuted`,
          names: { '#state': 'state' },
          values: { ':refuted': 'refuted' },
        };
  return conditionalUpdate(client, tableName, {
    key: { ...SETTINGS_KEY },
    orCreate: true,
    set: { idempotency: proof },
    ...condition,
  });
}

/** What operators set at run time, read consistently: a stop holds from the very next claim. */
export async function readSettings(client: DynamoDBDocumentClient, tableName: string): Promise<RuntimeSettings> {
  const { Item } = await client.send(
    new GetCommand({ TableName: tableName, Key: { ...SETTINGS_KEY }, ConsistentRead: true }),
  );
  return (Item ?? {}) as RuntimeSettings;
}
