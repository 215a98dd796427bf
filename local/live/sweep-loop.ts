/**
 * EvoLink's callback can't reach loopback, so the sweep alone finds a task's end. Its schedule is at best once a minute;
 * here the launcher runs it every few seconds besides, for as long as a job runs. How often EvoLink is asked for a task
 * stays the sweep's own decision: after `firstCheckSeconds`, then with growing gaps, never within 3 seconds.
 */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CloudConfig } from '../cloud/clients';
import { physicalIds } from '../cloud/stack-resources';

const PAUSE_MS = 2_000;

export async function whileSweeping<T>(admin: CloudConfig, stackName: string, job: () => Promise<T>): Promise<T> {
  const [sweep] = await physicalIds(admin, stackName, 'AWS::Lambda::Function', 'SweepFunction');
  if (sweep === undefined) throw new Error(`the stack ${stackName} has no function that sweeps`);
  const ended = new AbortController();
  const loop = sweepUntil(ended.signal, new LambdaClient(admin), sweep);
  try {
    return await job();
  } finally {
    ended.abort();
    await loop;
  }
}

async function sweepUntil(signal: AbortSignal, client: LambdaClient, FunctionName: string): Promise<void> {
  while (!signal.aborted) {
    // A run that fails is in the function's log, and the next one, or the schedule, does its work.
    await client.send(new InvokeCommand({ FunctionName }), { abortSignal: signal }).catch(() => undefined);
    await sleep(PAUSE_MS, undefined, { signal }).catch(() => undefined);
  }
}
