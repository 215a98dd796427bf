import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { conditionalUpdate } from './conditional-update';
import { attemptKey } from './items';

/**
 * Keeps the task id that an authentic callback brought while EvoLink could not be asked: EvoLink delivers within seconds
 * only, and where our submission's reply was lost nothing else would ever name the task. It is no link: that is made when
 * EvoLink has confirmed the task.
 */
export async function keepHint(
  client: DynamoDBDocumentClient,
  tableName: string,
  attemptId: string,
  taskId: string,
): Promise<void> {
  await conditionalUpdate(client, tableName, {
    key: attemptKey(attemptId),
    set: { hintedTaskId: taskId },
    condition: 'attribute_not_exists(taskId) AND attribute_exists(nextCheckAt)',
  });
}
