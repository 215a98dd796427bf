/** Runs jobs as an app does: under the app's role, through Step Functions' own API. */
import {
  DescribeExecutionCommand,
  type ExecutionStatus,
  GetExecutionHistoryCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { JobOutput } from '../../../domain/job';
import { admin, app, connection } from './clients';
import { eventually } from './eventually';

export interface StartedJob {
  readonly jobId: string;
  readonly executionArn: string;
}

export interface EndedJob extends StartedJob {
  readonly status: ExecutionStatus;
  /** Of a job that succeeded. */
  readonly output?: JobOutput;
  /** Of a job that failed. */
  readonly error?: string;
  /** Of a job that failed: as text, exactly as an app gets it. */
  readonly cause?: string;
}

export interface JobOptions {
  /** Name of the execution. @default - a new one */
  readonly name?: string;
}

/** Enough for back-offs; a lost callback, which the sweep finds at the next minute, needs more. */
const JOB_TIMEOUT_MS = 60_000;

/** @param request - an object, or text that need not be a valid request */
export async function startJob(request: object | string, { name }: JobOptions = {}): Promise<StartedJob> {
  const jobId = name ?? `e2e-${randomBytes(6).toString('hex')}`;
  const { executionArn } = await app.sfn.send(
    new StartExecutionCommand({
      stateMachineArn: connection.outputs.StateMachineArn,
      name: jobId,
      input: typeof request === 'string' ? request : JSON.stringify(request),
    }),
  );
  if (!executionArn) throw new Error(`no execution for ${jobId}`);
  return { jobId, executionArn };
}

export async function stopJob(executionArn: string): Promise<void> {
  await app.sfn.send(new StopExecutionCommand({ executionArn }));
}

/** How it ended, or undefined while it runs. */
export async function endOf(executionArn: string): Promise<EndedJob | undefined> {
  const execution = await app.sfn.send(new DescribeExecutionCommand({ executionArn }));
  const { name = '', status = 'FAILED', output, error, cause } = execution;
  if (status === 'RUNNING') return undefined;
  const parsed = output === undefined ? undefined : (JSON.parse(output) as JobOutput);
  return { jobId: name, executionArn, status, output: parsed, error, cause };
}

export function waitForEnd(executionArn: string, timeoutMs = JOB_TIMEOUT_MS): Promise<EndedJob> {
  return eventually(async () => {
    const ended = await endOf(executionArn);
    if (ended !== undefined) return ended;
    throw new Error(`${executionArn} still runs, states: ${(await enteredStates(executionArn)).join(' > ')}`);
  }, timeoutMs);
}

export async function runJob(
  request: object | string,
  options: JobOptions & { timeoutMs?: number } = {},
): Promise<EndedJob> {
  const { executionArn } = await startJob(request, options);
  return await waitForEnd(executionArn, options.timeoutMs);
}

/** Runs a job that must succeed, and returns its output. The failure message says why it did not. */
export async function succeed(
  request: object | string,
  options?: JobOptions & { timeoutMs?: number },
): Promise<JobOutput> {
  const { jobId, status, output, error, cause } = await runJob(request, options);
  if (status !== 'SUCCEEDED' || !output) throw new Error(`${jobId} ended as ${status}: ${error} ${cause}`);
  return output;
}

/** Names of the states that the execution entered, oldest first. An app may not see these. */
export async function enteredStates(executionArn: string): Promise<string[]> {
  const { events = [] } = await admin.sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }));
  return events.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []);
}

/** A request from `examples/requests`. */
export function exampleRequest(name: string): Record<string, unknown> {
  const file = path.join(__dirname, '../../../examples/requests', `${name}.json`);
  return JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, unknown>;
}
