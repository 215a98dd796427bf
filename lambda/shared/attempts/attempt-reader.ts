import { GetCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { TABLE } from '../../../domain/constants';
import type { ArchivedImage, Job } from '../../../domain/job';
import type { Attempt, AttemptRecord, AttemptStatus, TaskOutcome } from './attempt';
import * as items from './items';

/** What the sweep sees in the index. The row itself is read again before anything is done with it. */
export interface OpenAttempt {
  readonly attemptId: string;
  readonly createdAt: number;
  readonly nextCheckAt: number;
  readonly status: AttemptStatus;
  readonly creditsHeld: number;
  readonly sendingSince?: number;
}

/** Reads the attempts of one pipeline: by their keys consistently, by the index as a hint. */
export class AttemptReader {
  constructor(
    protected readonly client: DynamoDBDocumentClient,
    readonly tableName: string,
    protected readonly now: () => number = Date.now,
  ) {}

  async get(attemptId: string): Promise<Attempt | undefined> {
    const { Item } = await this.client.send(
      new GetCommand({ TableName: this.tableName, Key: items.attemptKey(attemptId), ConsistentRead: true }),
    );
    return Item as Attempt | undefined;
  }

  /** The attempt with its request, EvoLink's answer and the images archived so far. */
  async load(attemptId: string): Promise<AttemptRecord | undefined> {
    const found = new Map<string, Record<string, unknown>>();
    const pages = paginateQuery(
      { client: this.client },
      {
        TableName: this.tableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': items.attemptPartition(attemptId) },
        ConsistentRead: true,
      },
    );
    for await (const page of pages) {
      for (const item of page.Items ?? []) if (!items.isExpired(item, this.now())) found.set(String(item.sk), item);
    }

    const attempt = found.get(items.SORT_KEY.attempt) as Attempt | undefined;
    const request = attempt && found.get(items.requestKey(attemptId, attempt.executionStartedAt).sk);
    if (attempt === undefined || request === undefined) return undefined;
    const images = new Map<number, ArchivedImage>();
    for (const [sortKey, item] of found) {
      if (!sortKey.startsWith(items.SORT_KEY.imagePrefix)) continue;
      images.set(Number(sortKey.slice(items.SORT_KEY.imagePrefix.length)), item.image as ArchivedImage);
    }
    return {
      attempt,
      job: request.job as Job,
      outcome: found.get(items.SORT_KEY.outcome) as TaskOutcome | undefined,
      images,
    };
  }

  /** Whether a task belongs to an attempt of this pipeline. */
  async isLinked(taskId: string): Promise<boolean> {
    const { Item } = await this.client.send(
      new GetCommand({ TableName: this.tableName, Key: items.taskKey(taskId), ConsistentRead: true }),
    );
    return Item !== undefined;
  }

  /** All attempts that somebody still has to look after, from the index: eventually consistent, so a hint. */
  async *openAttempts(): AsyncGenerator<OpenAttempt> {
    for (const shard of items.allOpenShards()) {
      const pages = paginateQuery(
        { client: this.client },
        {
          TableName: this.tableName,
          IndexName: TABLE.openIndex,
          KeyConditionExpression: '#shard = :shard',
          ExpressionAttributeNames: { '#shard': TABLE.openIndexPartitionKey },
          ExpressionAttributeValues: { ':shard': shard },
        },
      );
      for await (const page of pages) {
        for (const item of page.Items ?? []) {
          const attemptId = items.attemptIdOfKey(item.pk);
          if (attemptId !== undefined) {
            yield { ...(item as Omit<OpenAttempt, 'attemptId'>), attemptId };
          }
        }
      }
    }
  }
}
