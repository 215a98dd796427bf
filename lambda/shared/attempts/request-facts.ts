import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Job } from '../../../domain/job';
import type { Attempt } from './attempt';
import { requestKey } from './items';

/** What the ledger says of a request: everything but the prompt. */
export interface RequestFacts {
  readonly metadata: Job['metadata'];
  readonly requested: Job['requested'];
  readonly priceTable: string;
}

/** @throws when the request is not on record, though it is written before the attempt */
export async function readRequestFacts(
  client: DynamoDBDocumentClient,
  tableName: string,
  { attemptId, executionStartedAt }: Pick<Attempt, 'attemptId' | 'executionStartedAt'>,
): Promise<RequestFacts> {
  // The whole item: DynamoDB bills it all, also when asked for a part.
  const Key = requestKey(attemptId, executionStartedAt);
  const { Item } = await client.send(new GetCommand({ TableName: tableName, Key, ConsistentRead: true }));
  const job = Item?.job as Job | undefined;
  if (job === undefined) throw new Error(`the request of attempt ${attemptId} is not on record`);
  return { metadata: job.metadata, requested: job.requested, priceTable: job.estimate.priceTable };
}
