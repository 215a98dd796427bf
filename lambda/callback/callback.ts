import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { isTaskId } from '../../evolink';
import type { Attempt } from '../shared/attempts/attempt';
import { ATTEMPT_ID_PATTERN, isTerminal } from '../shared/attempts/attempt';
import { keepHint } from '../shared/attempts/hint';
import { TableBusyError } from '../shared/attempts/transact';
import { isCallbackSecret } from '../shared/callback-secret';
import type { CompleteTaskDependencies, Completion } from '../shared/complete-task';
import { completeTask } from '../shared/complete-task';
import { describeError, logger } from '../shared/logger';
import { emitCallbackRejected } from '../shared/metrics';
import { isQueryError } from '../shared/provider';
import { adoptStray } from '../shared/stray';
import { type CallbackAddress, callbackAddress, type CallbackEvent } from './address';

/** Bodies of EvoLink's tasks have a few kilobytes; a larger one is not worth parsing for a mere hint. */
const MAX_BODY_CHARACTERS = 1_000_000;

/** When EvoLink could not confirm the end, the sweep looks again this much later. */
const CHECK_SOON_MS = 3_000;

/**
 * EvoLink's callback is unsigned, so it is a hint and nothing more: the secret in its path says which attempt to look
 * at, and EvoLink is asked what happened. 503 makes EvoLink deliver again (after 1, 2 and 4 s); 404 says nothing about
 * which half of the address was wrong.
 */
export async function receiveCallback(
  event: CallbackEvent,
  dependencies: CompleteTaskDependencies,
): Promise<APIGatewayProxyStructuredResultV2> {
  const attempt = await authenticate(callbackAddress(event), dependencies);
  if (attempt === undefined) {
    emitCallbackRejected();
    return { statusCode: 404 };
  }
  const hint = taskIdOf(event);
  if (hint !== undefined && isStray(hint, attempt)) await meetStray(attempt, hint, dependencies);
  if (isTerminal(attempt) && attempt.deliveredAt !== undefined) return { statusCode: 204 };

  const completion = await tryToComplete(attempt, hint, dependencies);
  // Meanwhile the attempt may have got another task or an end, and its own would be forgotten.
  const isNotTaken = completion === 'not ours' || completion === 'unreadable';
  if (isNotTaken && hint !== undefined) await meetIfStray(attempt.attemptId, hint, dependencies);
  if (completion === 'ended' || completion === 'not ours') return { statusCode: 204 };
  await dependencies.table.checkBy(attempt.attemptId, dependencies.now() + CHECK_SOON_MS);
  return { statusCode: 503 };
}

/** A task of which the attempt knows nothing, and which it can't take: it has another one, or has ended. */
function isStray(hint: string, attempt: Attempt): boolean {
  return hint !== attempt.taskId && (attempt.taskId !== undefined || isTerminal(attempt));
}

async function meetIfStray(attemptId: string, hint: string, dependencies: CompleteTaskDependencies): Promise<void> {
  const attempt = await dependencies.table.get(attemptId);
  if (attempt === undefined) return;
  const isNamedOtherwise = attempt.taskId === undefined && ![undefined, hint].includes(attempt.hintedTaskId);
  if (isNamedOtherwise || isStray(hint, attempt)) await meetStray(attempt, hint, dependencies);
}

/** The row is written first: EvoLink delivers for seconds only, and the sweep goes on from there. */
async function meetStray(attempt: Attempt, taskId: string, dependencies: CompleteTaskDependencies): Promise<void> {
  const stray = await adoptStray(attempt, taskId, dependencies);
  if (stray !== undefined && !isTerminal(stray)) await tryToComplete(stray, undefined, dependencies);
}

async function authenticate(
  address: CallbackAddress | undefined,
  { table }: CompleteTaskDependencies,
): Promise<Attempt | undefined> {
  if (address === undefined || !ATTEMPT_ID_PATTERN.test(address.attemptId)) return undefined;
  const attempt = await table.get(address.attemptId);
  return attempt !== undefined && isCallbackSecret(address.secret, attempt.callbackSecretHash) ? attempt : undefined;
}

async function tryToComplete(
  attempt: Attempt,
  hint: string | undefined,
  dependencies: CompleteTaskDependencies,
): Promise<Completion | 'unreadable'> {
  const about = { job_id: attempt.jobId, attempt: attempt.attempt };
  try {
    const completion = await completeTask(attempt, 'callback', dependencies, hint);
    logger.info('callback', { ...about, completion });
    return completion;
  } catch (error) {
    const passing = isQueryError(error) || error instanceof TableBusyError;
    if (!passing) throw error;
    logger.warn('the callback could not be confirmed', { ...about, ...describeError(error) });
    if (hint !== undefined && attempt.taskId === undefined) {
      await keepHint(
        dependencies.client,
        dependencies.table.tableName,
        attempt.attemptId,
        hint,
        dependencies.now() + CHECK_SOON_MS,
      );
    }
    return 'unreadable';
  }
}

/** The only thing taken from the body. */
function taskIdOf({ body, isBase64Encoded }: CallbackEvent): string | undefined {
  if (body == null || body.length > MAX_BODY_CHARACTERS) return undefined;
  try {
    const parsed: unknown = JSON.parse(isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body);
    const id = (parsed as { id?: unknown } | null)?.id;
    return isTaskId(id) ? id : undefined;
  } catch {
    return undefined;
  }
}
