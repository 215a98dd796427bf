/** The attempts of a job as they stand in the table. */
import { GetCommand, paginateScan, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { TABLE } from '../../../domain/constants';
import type { Attempt } from '../../../lambda/shared/attempts/attempt';
import { attemptIdOf } from '../../../lambda/shared/attempts/attempt';
import { attemptKey } from '../../../lambda/shared/attempts/items';
import { KEY_MEMORY_MS } from '../../../lambda/shared/post';
import { admin, connection } from './clients';

/** In their order; empty for a job that never claimed one. */
export async function attemptsOf(jobId: string): Promise<Attempt[]> {
  const attempts: Attempt[] = [];
  for (let number = 1; ; number++) {
    const { Item } = await admin.dynamo.send(
      new GetCommand({
        TableName: connection.outputs.TableName,
        Key: attemptKey(attemptIdOf(jobId, number)),
        ConsistentRead: true,
      }),
    );
    if (Item === undefined) return attempts;
    attempts.push(Item as Attempt);
  }
}

/** One row by its id, that of a stray task too. */
export async function attemptRow(attemptId: string): Promise<Attempt> {
  const { Item } = await admin.dynamo.send(
    new GetCommand({ TableName: connection.outputs.TableName, Key: attemptKey(attemptId), ConsistentRead: true }),
  );
  if (Item === undefined) throw new Error(`no row ${attemptId}`);
  return Item as Attempt;
}

/**
 * Takes what other test files left open from the sweep, which would book it in the middle of a comparison: their tasks
 * are gone from the simulator, their jobs interest nobody.
 */
export async function forgetOpenAttempts(): Promise<void> {
  const TableName = connection.outputs.TableName;
  for await (const { Items = [] } of paginateScan(
    { client: admin.dynamo },
    { TableName, IndexName: TABLE.openIndex },
  )) {
    for (const { pk, sk } of Items) {
      await admin.dynamo.send(
        new UpdateCommand({
          TableName,
          Key: { pk, sk },
          UpdateExpression: `REMOVE ${TABLE.openIndexPartitionKey}, ${TABLE.openIndexSortKey}`,
        }),
      );
    }
  }
}

/** As if EvoLink's memory of the idempotency key had ended: no repeat can settle the submission any more. */
export async function ageSubmission(jobId: string): Promise<void> {
  const past = Date.now() - KEY_MEMORY_MS - 1_000;
  await admin.dynamo.send(
    new UpdateCommand({
      TableName: connection.outputs.TableName,
      Key: attemptKey(attemptIdOf(jobId, 1)),
      UpdateExpression: 'SET sendingSince = :past, nextCheckAt = :due',
      ExpressionAttributeValues: { ':past': past, ':due': 1 },
    }),
  );
}
