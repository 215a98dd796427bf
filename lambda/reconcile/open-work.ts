import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { OpenWorkReport } from '../../domain/reconcile-report';
import { isTerminal } from '../shared/attempts/attempt';
import type { OpenAttempt } from '../shared/attempts/attempt-reader';
import type { AttemptTable } from '../shared/attempts/attempt-table';
import { openSince } from '../shared/attempts/open-since';
import { readSlots } from '../shared/attempts/slots';

export async function openAttempts(table: AttemptTable): Promise<OpenAttempt[]> {
  const attempts: OpenAttempt[] = [];
  for await (const attempt of table.openAttempts()) attempts.push(attempt);
  return attempts;
}

/** What each attempt that is not booked has reserved. */
export function holdsOf(attempts: readonly OpenAttempt[]): Map<string, number> {
  const unbooked = attempts.filter((attempt) => !isTerminal(attempt));
  return new Map(unbooked.map(({ attemptId, creditsHeld }) => [attemptId, creditsHeld]));
}

export async function openWork(
  { client, table }: { readonly client: DynamoDBDocumentClient; readonly table: AttemptTable },
  attempts: readonly OpenAttempt[],
  at: number,
): Promise<OpenWorkReport> {
  const oldest = attempts.reduce((earliest, attempt) => Math.min(earliest, openSince(attempt, at)), at);
  const { queued, taken, pausedUntil } = await readSlots(client, table.tableName);
  return {
    attempts: attempts.length,
    oldestSeconds: Math.round((at - oldest) / 1_000),
    queued,
    slotsTaken: taken,
    quietUntil: pausedUntil > at ? pausedUntil : null,
  };
}
