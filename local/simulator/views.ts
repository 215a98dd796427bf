/** How a task looks from outside: EvoLink's JSON, and our own snapshot for tests. */
import { TOKEN_KINDS, type Tokens } from './billing';
import { billingBlock } from './billing-block';
import { costBlock, creditNumber, creditText } from './credits';
import { MODELS } from './models';
import { resultFields } from './result-shapes';
import { isSettled, type Task } from './task';
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

export interface TaskViewOptions {
  readonly now: number;
  readonly linkOf: LinkOf;
  /** Whether there is a `billing` block, as far as the task's rule has nothing to say about it. */
  readonly billing: boolean;
}

/** The reply to a query, and the body of a callback. */
export function taskView(task: Task, { now, linkOf, billing }: TaskViewOptions): Record<string, unknown> {
  const links = task.images.map((image) => linkOf(task, image.fileId));
  const block = billing || task.rule?.task?.billing !== undefined ? billingOf(task) : undefined;
  return {
    ...commonView(task),
    status: shownStatus(task),
    progress: progress(task, now),
    task_info: { can_cancel: !isSettled(task) },
    ...(isSettled(task) ? { duration: durationSeconds(task) } : {}),
    ...(task.state === 'completed' ? resultFields(task.rule?.task?.results ?? 'both', links) : {}),
    ...(task.error === undefined ? {} : { error: { ...task.error, type: 'task_error' } }),
    ...usagePart(task),
    ...(block === undefined ? {} : { billing: block }),
    ...task.rule?.task?.extra,
  };
}

function billingOf(task: Task): Readonly<Record<string, unknown>> | undefined {
  const { reservedUnits: reserved, usedUnits: used, refund, refundedAt } = task;
  return billingBlock({ ended: isSettled(task), reserved, used, refund, refundedAt, script: task.rule?.task?.billing });
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
    key: task.apiKey.key,
    account: task.apiKey.account.name,
    model: task.request.model,
    prompt: task.request.prompt,
    request: task.request.body,
    status: shownStatus(task),
    createdAt: task.createdAt,
    settledAt: task.settledAt,
    creditsReserved: creditText(task.reservedUnits),
    creditsUsed: creditText(task.usedUnits),
    refund: task.refund,
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
  if (script.usage === 'tokens') return { usage: openAiUsage(task.tokens) };
  if (script.usage === 'rule_tokens') return { usage: ruleUsage(task) };
  if (script.usage !== undefined) return { usage: script.usage };
  return {
    usage: { ...heldUsage(task), credits_used: creditNumber(task.usedUnits), cost: costBlock(task.usedUnits) },
  };
}

/** The shape of OpenAI's own usage block. Cached tokens are part of the others and shown once more by themselves. */
function openAiUsage(tokens: Tokens = {}): Record<string, unknown> {
  const of = (kind: keyof Tokens): number => tokens[kind] ?? 0;
  const cached = { text_tokens: of('text_cached_input'), image_tokens: of('image_cached_input') };
  const text = of('text_input') + cached.text_tokens;
  const image = of('image_input') + cached.image_tokens;
  const output = { image_tokens: of('image_output'), text_tokens: of('text_output') };
  const cachedTokens = cached.text_tokens + cached.image_tokens;
  return {
    input_tokens: text + image,
    input_tokens_details: {
      text_tokens: text,
      image_tokens: image,
      ...(cachedTokens === 0 ? {} : { cached_tokens: cachedTokens, cached_tokens_details: cached }),
    },
    output_tokens: output.image_tokens + output.text_tokens,
    output_tokens_details: output,
    total_tokens: text + image + output.image_tokens + output.text_tokens,
  };
}

/** By the parameter names of EvoLink's price rules; all quantities are disjoint. */
function ruleUsage({ tokens = {}, request }: Task): Record<string, number> {
  const priced = TOKEN_KINDS.filter((kind) => Object.hasOwn(MODELS[request.model].rates, kind));
  return Object.fromEntries(priced.map((kind) => [`${kind}_tokens`, tokens[kind] ?? 0]));
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
