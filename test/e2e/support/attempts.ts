/** The attempts of a job as they stand in the table. */
import { GetCommand } from '@aws-sdk/lib-dynamodb';
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
