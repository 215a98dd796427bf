import { DeleteCommand, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Attempt } from '../attempts/attempt';
import { referencesKey } from '../attempts/items';
import { describeError, logger } from '../logger';

/**
 * The references of an attempt as they are sent, where some of them are signed URLs of S3. Signed anew they would be other
 * URLs, and a repeat of the submission another one. They are written before the POST, deleted once it is known whether
 * there is a task, and expire besides. Whoever reads the table may read those objects until the URLs expire.
 */
export async function keepSignedUrls(
  client: DynamoDBDocumentClient,
  tableName: string,
  attemptId: string,
  imageUrls: readonly string[],
  expiresAt: number,
): Promise<void> {
  const Item = { ...referencesKey(attemptId), imageUrls, expiresAt: Math.ceil(expiresAt / 1_000) };
  await client.send(new PutCommand({ TableName: tableName, Item }));
}

/** Undefined when they are gone: then the submission can't be repeated. */
export async function readSignedUrls(
  client: DynamoDBDocumentClient,
  tableName: string,
  attemptId: string,
): Promise<readonly string[] | undefined> {
  const Key = referencesKey(attemptId);
  const { Item } = await client.send(new GetCommand({ TableName: tableName, Key, ConsistentRead: true }));
  return Item?.imageUrls as readonly string[] | undefined;
}

/** Does nothing for an attempt without any. A fault is logged, not thrown: they expire besides. */
export async function deleteSignedUrls(
  { attemptId, jobId, submission }: Pick<Attempt, 'attemptId' | 'jobId' | 'submission'>,
  client: DynamoDBDocumentClient,
  tableName: string,
): Promise<void> {
  if (submission?.signed !== true) return;
  try {
    await client.send(new DeleteCommand({ TableName: tableName, Key: referencesKey(attemptId) }));
  } catch (error) {
    logger.warn('signed URLs stay until they expire', { job_id: jobId, ...describeError(error) });
  }
}
