/** The attempts of a job as they stand in the table. */
import { GetCommand, paginateScan, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { TABLE } from '../../../domain/constants';
import type { Attempt } from '../../../lambda/shared/attempts/attempt';
import { attemptIdOf } from '../../../lambda/shared/attempts/attempt';
import { attemptKey } from '../../../lambda/shared/attempts/items';
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
