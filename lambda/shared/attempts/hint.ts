import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { TABLE } from '../../../domain/constants';
import { conditionalUpdate } from './conditional-update';
import { attemptKey, openShard } from './items';

/**
 * Keeps the task id that an authentic callback brought while EvoLink could not be asked: EvoLink delivers within seconds
 * only, and where our submission's reply was lost nothing else would ever name the task. It is no link: that is made when
 * EvoLink has confirmed the task.
 *
 * @returns `false` where the attempt has a task, another name for one, or nobody who looks after it: the id is not kept
 */
export async function keepHint(
  client: DynamoDBDocumentClient,
  tableName: string,
  attemptId: string,
  taskId: string,
  nextCheckAt: number,
): Promise<boolean> {
  return conditionalUpdate(client, tableName, {
    key: attemptKey(attemptId),
    // In the index also where the attempt was given up before.
    set: { hintedTaskId: taskId, nextCheckAt, [TABLE.openIndexPartitionKey]: openShard(attemptId) },
    condition:
      'attribute_not_exists(taskId) AND (attribute_exists(nextCheckAt) OR attribute_exists(lostAt)) ' +
      'AND (attribute_not_exists(hintedTaskId) OR hintedTaskId = :hintedTaskId)',
  });
}
