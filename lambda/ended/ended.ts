import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { ArchiveFailureName, FailureName } from '../../domain/failures';
import { ARCHIVE_FAILURES, FAILURES } from '../../domain/failures';
import type { Attempt } from '../shared/attempts/attempt';
import { attemptIdOf, isTerminal } from '../shared/attempts/attempt';
import { isConditionFailure } from '../shared/attempts/conditional-update';
import * as items from '../shared/attempts/items';
import type { EndAttemptDependencies } from '../shared/end-attempt';
import type { Execution } from '../shared/executions';
import { logger } from '../shared/logger';
import type { UncountedEnd } from '../shared/metrics';
import { emitJobFailed } from '../shared/metrics';
import { orphan } from '../shared/orphan';
import { endQueued } from '../shared/end-queued';

/** What the rule sends: not Step Functions' own event, which carries the prompt. */
export interface EndedEvent {
  readonly executionArn: string;
}

/**
 * A job ended without an image: it was stopped, failed, or took too long. What it still has at EvoLink, or has paid for,
 * becomes an orphan, and what it has in the queue is never sent. Status events are best effort and may come twice, so
 * nothing depends on this alone: the sweep and every refused token find the same out, only later.
 */
export async function ended({ executionArn }: EndedEvent, dependencies: EndAttemptDependencies): Promise<void> {
  const execution = await dependencies.executions.describe(executionArn);
  const jobId = executionArn.slice(executionArn.lastIndexOf(':') + 1);
  // Redriven meanwhile, or a name that is used again.
  if (execution.state !== 'over' || execution.startedAt === undefined) return;
  for await (const attempt of attemptsOf(executionArn, jobId, execution.startedAt, dependencies)) {
    await letGo(attempt, dependencies);
  }
  await count(execution, executionArn, jobId, dependencies);
}

async function* attemptsOf(
  executionArn: string,
  jobId: string,
  startedAt: number,
  { table }: EndAttemptDependencies,
): AsyncGenerator<Attempt> {
  for (let number = 1; ; number++) {
    const attempt = await table.get(attemptIdOf(jobId, number));
    if (attempt === undefined) return;
    const isOurs = attempt.executionArn === executionArn && isSameStart(attempt.executionStartedAt, startedAt);
    if (isOurs) yield attempt;
  }
}

/** The workflow and DescribeExecution may write the same moment with different precision. */
const isSameStart = (text: string, startedAt: number): boolean => Math.abs(Date.parse(text) - startedAt) < 1_000;

async function letGo(attempt: Attempt, dependencies: EndAttemptDependencies): Promise<void> {
  if (attempt.status === 'QUEUED') {
    const { won } = await endQueued(attempt, 'JobStopped', {}, dependencies);
    if (won) return;
    // Let through at this very moment.
    const current = await dependencies.table.get(attempt.attemptId);
    if (current !== undefined && current.status !== 'QUEUED') await letGo(current, dependencies);
    return;
  }
  const needsSalvage = !isTerminal(attempt) || (attempt.status === 'COMPLETED' && attempt.archivedAt === undefined);
  if (needsSalvage) await orphan(attempt, dependencies.table);
}

/** Ends that our functions decide are counted there, where nothing gets lost; here those that happen to a job. */
async function count(
  { status, error = '', startedAt = 0 }: Execution,
  executionArn: string,
  jobId: string,
  { client, table, now }: EndAttemptDependencies,
): Promise<void> {
  const name = uncounted(status, error);
  if (name === undefined) return;
  if (!(await isFirst(client, table.tableName, executionArn, startedAt, now()))) return;
  logger.warn('the job ended without an image', { job_id: jobId, execution: status, reason: name });
  emitJobFailed(name, { jobId });
}

function uncounted(status: string, error: string): FailureName | ArchiveFailureName | UncountedEnd | undefined {
  if (status === 'ABORTED') return 'JobStopped';
  if (status === 'TIMED_OUT') return 'JobTimedOut';
  if (error in ARCHIVE_FAILURES) return error as ArchiveFailureName;
  // A job that meets conflicts goes round for a while, and only its last round is a failed job.
  if (error === 'Busy') return 'Busy';
  return error in FAILURES ? undefined : 'Unexpected';
}

async function isFirst(
  client: DynamoDBDocumentClient,
  TableName: string,
  executionArn: string,
  startedAt: number,
  now: number,
): Promise<boolean> {
  const Item = {
    ...items.endedKey(executionArn, new Date(startedAt).toISOString()),
    expiresAt: items.expiresAt(now),
  };
  try {
    await client.send(new PutCommand({ TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' }));
    return true;
  } catch (error) {
    if (isConditionFailure(error)) return false;
    throw error;
  }
}
