import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Job } from '../../../domain/job';
import type { Attempt } from './attempt';
import { isConditionFailure } from './conditional-update';
import { expiresAt, requestKey } from './items';

/**
 * The request is kept beside the row, not in it or its transaction: a prompt may have 128 KB, and every write of the
 * row would bill them again. It is written first, so that no attempt is without it, and never overwritten.
 */
export async function keepRequest(
  client: DynamoDBDocumentClient,
  tableName: string,
  attempt: Attempt,
  job: Job,
): Promise<void> {
  const Item = {
    ...requestKey(attempt.attemptId, attempt.executionStartedAt),
    job,
    expiresAt: expiresAt(attempt.createdAt),
  };
  try {
    await client.send(new PutCommand({ TableName: tableName, Item, ConditionExpression: 'attribute_not_exists(pk)' }));
  } catch (error) {
    if (!isConditionFailure(error)) throw error;
  }
}

/** @throws when the request is not on record, though it is written before the attempt */
export async function readRequest(
  client: DynamoDBDocumentClient,
  tableName: string,
  { attemptId, executionStartedAt }: Pick<Attempt, 'attemptId' | 'executionStartedAt'>,
): Promise<Job> {
  // The whole item: DynamoDB bills it all, also when asked for a part.
  const Key = requestKey(attemptId, executionStartedAt);
  const { Item } = await client.send(new GetCommand({ TableName: tableName, Key, ConsistentRead: true }));
  const job = Item?.job as Job | undefined;
  if (job === undefined) throw new Error(`the request of attempt ${attemptId} is not on record`);
  return job;
}

/** What the ledger says of a request: everything but the prompt. */
export interface RequestFacts {
  readonly metadata: Job['metadata'];
  readonly requested: Job['requested'];
  readonly priceTable: string;
}

/** @throws as {@link readRequest} */
export async function readRequestFacts(
  client: DynamoDBDocumentClient,
  tableName: string,
  attempt: Pick<Attempt, 'attemptId' | 'executionStartedAt'>,
): Promise<RequestFacts> {
  const { metadata, requested, estimate } = await readRequest(client, tableName, attempt);
  return { metadata, requested, priceTable: estimate.priceTable };
}
