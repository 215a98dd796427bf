/** Starts one job as an app does, and follows it to its end. */
import {
  DescribeExecutionCommand,
  ExecutionStatus,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobOutput } from '../domain/job';
import type { ExampleRequest } from './example-requests';
import type { DeployedPipeline } from './deployed-pipeline';

const POLL_MS = 300;

export interface JobProgress {
  readonly name: string;
  readonly jobId: string;
  /** States entered so far, oldest first. */
  readonly states: readonly string[];
  readonly seconds: number;
  readonly outcome?: JobOutcome;
}

export type JobOutcome =
  | { readonly kind: 'succeeded'; readonly output: JobOutput }
  | { readonly kind: 'failed'; readonly status: string; readonly error: string; readonly cause: string };

export const newJobId = (name: string): string => `${name}-${Date.now().toString(36)}`;

/** Calls `onProgress` whenever something changed; resolves with the last progress, which has an outcome. */
export async function runJob(
  pipeline: DeployedPipeline,
  request: ExampleRequest,
  onProgress: (progress: JobProgress) => void,
  jobId = newJobId(request.name),
): Promise<JobProgress> {
  const app = new SFNClient(pipeline.app);
  // An app may not read the history (it holds task tokens); only this local view of the states does.
  const admin = new SFNClient(pipeline.admin);
  const started = performance.now();
  const { executionArn } = await app.send(
    new StartExecutionCommand({
      stateMachineArn: pipeline.outputs.StateMachineArn,
      name: jobId,
      input: request.input,
    }),
  );
  for (;;) {
    const [execution, history] = await Promise.all([
      app.send(new DescribeExecutionCommand({ executionArn })),
      admin.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 })),
    ]);
    const states = (history.events ?? []).flatMap(
      ({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? [],
    );
    const seconds = (performance.now() - started) / 1000;
    const outcome = outcomeOf(execution);
    const progress = { name: request.name, jobId, states, seconds, outcome };
    onProgress(progress);
    if (outcome) return progress;
    await sleep(POLL_MS);
  }
}

function outcomeOf(execution: {
  readonly status?: ExecutionStatus;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}): JobOutcome | undefined {
  const { status = ExecutionStatus.RUNNING, output, error, cause } = execution;
  if (status === ExecutionStatus.RUNNING) return undefined;
  if (status === ExecutionStatus.SUCCEEDED)
    return { kind: 'succeeded', output: JSON.parse(output ?? '{}') as JobOutput };
  return { kind: 'failed', status, error: error ?? status, cause: cause ?? '' };
}
