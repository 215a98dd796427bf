/** How a task looks from outside: EvoLink's JSON, and our own snapshot for tests. */
import { costBlock, creditNumber, creditText } from './billing';
import { isSettled, type Task } from './tasks';
import type { TaskSnapshot } from './types';

/** Makes the public link of an image. */
export type LinkOf = (task: Task, fileId: string) => string;

/** The usual seconds that EvoLink announces; nothing here depends on it. */
const ESTIMATED_SECONDS = 100;

const USER_GROUP = 'default';

export function shownStatus(task: Task): string {
  return task.state === 'processing' ? (task.rule?.task?.status ?? 'processing') : task.state;
}

/** The reply to a submission. */
export function createdView(task: Task): Record<string, unknown> {
  return {
    ...commonView(task),
    status: shownStatus(task),
    // A task that is worked on at once was seen to start at 1.
    progress: task.state === 'pending' ? 0 : 1,
    task_info: { can_cancel: true, estimated_time: ESTIMATED_SECONDS },
    usage: heldUsage(task),
    ...task.rule?.task?.extra,
  };
}

/** The reply to a query, and the body of a callback. */
export function taskView(task: Task, now: number, linkOf: LinkOf): Record<string, unknown> {
  const results = task.images.map((image) => linkOf(task, image.fileId));
  return {
    ...commonView(task),
    status: shownStatus(task),
    progress: progress(task, now),
    task_info: { can_cancel: !isSettled(task) },
    ...(isSettled(task) ? { duration: durationSeconds(task) } : {}),
    ...(task.state === 'completed' ? { results, result_data: results.map((url) => ({ url })) } : {}),
    ...(task.error === undefined ? {} : { error: { ...task.error, type: 'task_error' } }),
    ...usagePart(task),
    ...task.rule?.task?.extra,
  };
}

/** A row of the task list. */
export function listView(task: Task, now: number): Record<string, unknown> {
  return {
    id: task.id,
    model: task.request.model,
    type: 'image',
    status: shownStatus(task),
    progress: progress(task, now),
    created_at: Math.floor(task.createdAt / 1000),
    duration: isSettled(task) ? durationSeconds(task) : 0,
    has_results: task.images.length > 0,
    result_count: task.images.length,
    has_error: task.error !== undefined,
    credits_used: creditNumber(task.usedUnits),
  };
}

export function snapshotOf(task: Task, linkOf: LinkOf): TaskSnapshot {
  return {
    id: task.id,
    key: task.account.key,
    model: task.request.model,
    prompt: task.request.prompt,
    request: task.request.body,
    status: shownStatus(task),
    createdAt: task.createdAt,
    settledAt: task.settledAt,
    creditsReserved: creditText(task.reservedUnits),
    creditsUsed: creditText(task.usedUnits),
    images: task.images.map(({ fileId }) => ({ url: linkOf(task, fileId), ...task.delivered })),
    error: task.error,
    callbacks: [...task.callbacks],
    downloads: [...task.downloads],
    rule: task.rule?.label,
  };
}

function commonView(task: Task): Record<string, unknown> {
  return {
    created: Math.floor(task.createdAt / 1000),
    id: task.id,
    model: task.request.model,
    object: 'image.generation.task',
    type: 'image',
  };
}

function heldUsage(task: Task): Record<string, unknown> {
  return {
    billing_rule: task.request.billing,
    credits_reserved: creditNumber(task.reservedUnits),
    user_group: USER_GROUP,
  };
}

function usagePart(task: Task): { readonly usage?: unknown } {
  if (!isSettled(task)) return { usage: heldUsage(task) };
  const script = task.rule?.task ?? {};
  if (script.omitUsage === true) return {};
  if (script.usage === 'tokens') return { usage: tokenUsage(task) };
  if (script.usage !== undefined) return { usage: script.usage };
  return {
    usage: { ...heldUsage(task), credits_used: creditNumber(task.usedUnits), cost: costBlock(task.usedUnits) },
  };
}

/** The shape of OpenAI's own usage block, the best guess for what EvoLink passes on. */
function tokenUsage({ tokens = { output: 0, reference: 0, text: 0 } }: Task): Record<string, unknown> {
  const input = tokens.text + tokens.reference;
  return {
    input_tokens: input,
    input_tokens_details: { text_tokens: tokens.text, image_tokens: tokens.reference },
    output_tokens: tokens.output,
    output_tokens_details: { image_tokens: tokens.output, text_tokens: 0 },
    total_tokens: input + tokens.output,
  };
}

/** A failed task shows 0; one that is worked on is never shown as done. */
function progress(task: Task, now: number): number {
  if (isSettled(task)) return task.state === 'completed' ? 100 : 0;
  if (task.processingAt === undefined) return 0;
  const whole = (task.endsAt ?? now) - task.processingAt;
  return Math.min(99, Math.max(1, Math.floor((100 * (now - task.processingAt)) / Math.max(1, whole))));
}

function durationSeconds(task: Task): number {
  return Math.max(1, Math.round(((task.settledAt ?? task.createdAt) - task.createdAt) / 1000));
}
