/** Where a job stands at EvoLink: for whoever has paid, and got no image here. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Attempt, attemptIdOf } from '../../lambda/shared/attempts/attempt';
import { attemptKey } from '../../lambda/shared/attempts/items';
import type { DeployedPipeline } from '../deployed-pipeline';

type Known = Pick<Attempt, 'status' | 'taskId' | 'unsent'>;
type Place = Pick<DeployedPipeline, 'admin' | 'outputs'>;

/** A POST on its way is answered within this time, as a rule. */
const PATIENCE_MS = 6_000;
const POLL_MS = 250;

/** Of a job that may still run. It is stopped first, so that what is said stays true: nothing is sent after that. */
export async function stopAndSay(pipeline: Place, jobId: string, baseUrl: string): Promise<string> {
  const executionArn = `${pipeline.outputs.StateMachineArn.replace(':stateMachine:', ':execution:')}:${jobId}`;
  await new SFNClient(pipeline.admin).send(new StopExecutionCommand({ executionArn })).catch(() => undefined);
  return await say(pipeline, { jobId, baseUrl, patienceMs: PATIENCE_MS });
}

/** Of a job that has ended. */
export async function sayWhatIsThere(pipeline: Place, jobId: string, baseUrl: string): Promise<string> {
  return await say(pipeline, { jobId, baseUrl, patienceMs: 0 });
}

interface Question {
  readonly jobId: string;
  readonly baseUrl: string;
  readonly patienceMs: number;
}

async function say(pipeline: Place, question: Question): Promise<string> {
  try {
    return whatIsThere(await settledAttempt(pipeline, question), question.baseUrl);
  } catch {
    // The cloud is gone: then nobody here knows.
    return whatIsThere({ status: 'SUBMIT_UNKNOWN' }, question.baseUrl);
  }
}

async function settledAttempt({ admin, outputs }: Place, question: Question): Promise<Known | undefined> {
  const table = DynamoDBDocumentClient.from(new DynamoDBClient(admin));
  // One attempt is all that such a job may make.
  const get = { TableName: outputs.TableName, Key: attemptKey(attemptIdOf(question.jobId, 1)), ConsistentRead: true };
  for (const deadline = Date.now() + question.patienceMs; ; await sleep(POLL_MS)) {
    const { Item } = await table.send(new GetCommand(get));
    const attempt = Item as Known | undefined;
    if ((attempt !== undefined && attempt.status !== 'SUBMITTING') || Date.now() >= deadline) return attempt;
  }
}

export function whatIsThere(attempt: Known | undefined, baseUrl: string): string {
  if (attempt === undefined || attempt.status === 'QUEUED' || attempt.unsent !== undefined) return NOTHING;
  const { status, taskId } = attempt;
  const fate = FATES[status] ?? 'goes on';
  if (taskId !== undefined) return `${WORDS[fate](taskId)}\n${curl(`${baseUrl}/v1/tasks/${taskId}`)}`;
  return fate === 'has failed' ? NOTHING : `${UNKNOWN}\n${curl(`${baseUrl}/v1/tasks`)}`;
}

const FATES: Partial<Record<Attempt['status'], keyof typeof WORDS>> = {
  COMPLETED: 'has succeeded',
  FAILED: 'has failed',
  CANCELLED: 'has failed',
};

const NOTHING = 'Nothing of this job is at EvoLink: nothing is charged.';

const UNKNOWN =
  'It is not known whether EvoLink has a task of this job; if so, it is charged when it succeeds. The newest tasks of the account:';

const WORDS = {
  'goes on': (task: string) =>
    `Task ${task} goes on at EvoLink: it can't be cancelled, and is charged when it succeeds. Its image can be fetched for 24 hours after that:`,
  'has succeeded': (task: string) =>
    `Task ${task} has succeeded at EvoLink, and is charged. Its image can be fetched for 24 hours:`,
  'has failed': (task: string) => `Task ${task} has failed at EvoLink, which refunds such tasks. What it says of it:`,
} as const;

/** The shell puts the key in, not we. */
const curl = (url: string): string => `  curl -H "Authorization: Bearer $EVOLINK_API_KEY" ${url}`;
