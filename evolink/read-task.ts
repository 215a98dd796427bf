/**
 * EvoLink's tasks as we understand them.
 * @see https://docs.evolink.ai/en/api-manual/task-management/get-task-detail
 */
import { codeText, finite, isObject, objectOr, text, type JsonObject } from './json';
import type { Redact } from './redact';
import type { SubmittedTask, Task, TaskStatus } from './types';

/** EvoLink documents four states; `cancelled` comes in two spellings from its own client and callbacks. */
const STATUSES: ReadonlyMap<string, TaskStatus> = new Map([
  ['pending', 'pending'],
  ['processing', 'processing'],
  ['completed', 'completed'],
  ['failed', 'failed'],
  ['cancelled', 'cancelled'],
  ['canceled', 'cancelled'],
]);

/** The other form of a cancelled task: `failed` with this code. */
const CANCELLED_CODE = 'request_cancelled';

/** Whether a value can be a task id: the documented prefix, then printable characters. Check ids from a callback. */
export function isTaskId(value: unknown): value is string {
  return typeof value === 'string' && /^task-unified-[!-~]{1,200}$/.test(value);
}

/** The task that a submission created; `undefined` where the reply names none. */
export function readSubmittedTask(body: unknown): SubmittedTask | undefined {
  const raw = objectOr(body);
  if (!isTaskId(raw.id)) return undefined;
  return {
    id: raw.id,
    status: readStatus(raw),
    model: text(raw.model),
    estimatedSeconds: finite(objectOr(raw.task_info).estimated_time),
    billingRule: billingRule(raw),
  };
}

/** A task that was asked for by id; `undefined` where the reply is no task, or another one. */
export function readTask(body: unknown, id: string, redact: Redact): Task | undefined {
  if (!isObject(body)) return undefined;
  if (body.id !== undefined && body.id !== id) return undefined;
  const status = readStatus(body);
  const ended = status === 'failed' || status === 'cancelled';
  return {
    id,
    status,
    rawStatus: text(body.status) ?? '',
    progress: finite(body.progress),
    model: text(body.model),
    billingRule: billingRule(body),
    results: readResults(body),
    error: ended ? redacted(readTaskError(body.error), redact) : undefined,
    usage: body.usage ?? undefined,
  };
}

/** The status of a task or of a line of the task list. */
export function readStatus(task: JsonObject): TaskStatus {
  const status = STATUSES.get((text(task.status) ?? '').trim().toLowerCase()) ?? 'unknown';
  return status === 'failed' && readTaskError(task.error)?.code === CANCELLED_CODE ? 'cancelled' : status;
}

function readTaskError(error: unknown): Task['error'] {
  if (typeof error === 'string') return { code: '', message: error };
  if (!isObject(error)) return undefined;
  return { code: codeText(error.code) ?? '', message: text(error.message) ?? '' };
}

/** EvoLink may quote the URL of a reference that it could not fetch, and a signed one is a credential. */
function redacted(error: Task['error'], redact: Redact): Task['error'] {
  return error && { code: redact(error.code), message: redact(error.message) };
}

/** `results` is the documented place; `result_data` repeats it under one of two names. */
function readResults(task: JsonObject): readonly string[] {
  const links = listOf(task.results).map(text).filter(isPresent);
  if (links.length > 0) return links;
  return listOf(task.result_data)
    .map(objectOr)
    .map((entry) => text(entry.url) ?? text(entry.image_url))
    .filter(isPresent);
}

function billingRule(task: JsonObject): string | undefined {
  return text(objectOr(task.usage).billing_rule);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isPresent<T>(value: T | undefined): value is T {
  return value !== undefined;
}
