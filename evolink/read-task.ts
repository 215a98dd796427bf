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

/**
 * Whether a value can be a task id: the form that EvoLink's client takes. Its pages show `task-unified-…` only, its own
 * tests other ids too. Check ids from a callback.
 */
export function isTaskId(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9._:-]{1,128}$/.test(value) && !/^\.{1,2}$/.test(value);
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
    error: ended ? redacted(readTaskError(body.error) ?? missingError(status), redact) : undefined,
    usage: body.usage ?? undefined,
    billing: body.billing ?? undefined,
  };
}

/** The tasks of a batch that were asked for. EvoLink's client reads an answer without a list as an empty one. */
export function readTasks(body: unknown, ids: readonly string[], redact: Redact): Task[] {
  const { data } = objectOr(body);
  return (Array.isArray(data) ? data : []).flatMap((raw: unknown) => {
    const id = ids.find((one) => one === objectOr(raw).id);
    const task = id === undefined ? undefined : readTask(raw, id, redact);
    return task === undefined ? [] : [task];
  });
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

/** How EvoLink's client reads an ended task without an error. */
function missingError(status: TaskStatus): NonNullable<Task['error']> {
  return { code: status === 'cancelled' ? CANCELLED_CODE : 'unknown_error', message: '' };
}

/** EvoLink may quote the URL of a reference that it could not fetch, and a signed one is a credential. */
function redacted(error: Task['error'], redact: Redact): Task['error'] {
  return error && { code: redact(error.code), message: redact(error.message) };
}

/**
 * Every link under `results` and `result_data`, whatever the field around it is called and however deep it lies, each
 * once: `results` is the documented place, `result_data` repeats it or adds to it, as a list or as one object.
 */
function readResults(task: JsonObject): readonly string[] {
  return [...new Set([...linksIn(task.results), ...linksIn(task.result_data)])];
}

/** Fields beside the links that may hold any text of the request. */
const TEXT_FIELDS: ReadonlySet<string> = new Set(['title', 'tags', 'prompt', 'revised_prompt']);

/** Real results are nested two deep; a limit keeps a hostile body from exhausting the stack. */
const MAX_DEPTH = 8;

function linksIn(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return /^https?:\/\//i.test(value.trim()) ? [value.trim()] : [];
  if (typeof value !== 'object' || value === null || depth >= MAX_DEPTH) return [];
  return Object.entries(value).flatMap(([name, part]) => (TEXT_FIELDS.has(name) ? [] : linksIn(part, depth + 1)));
}

function billingRule(task: JsonObject): string | undefined {
  return text(objectOr(task.usage).billing_rule);
}
