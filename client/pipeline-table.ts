import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** The attempt table of one pipeline. */
export interface PipelineTable {
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
}
