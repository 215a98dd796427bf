/** The list of the account's tasks: it can show that a task exists, and never that there is none. */
import { count, finite, isObject, objectOr, text } from './json';
import { readStatus } from './read-task';
import type { TaskList, TaskListEntry } from './types';

/**
 * A page of the list. `undefined` where it is none, where any line of it has no id, where the total is no count, or where
 * the page is another one than was asked for: EvoLink's client throws such a page away, too.
 */
export function readTaskList(
  body: unknown,
  asked: { readonly page: number; readonly pageSize: number },
): TaskList | undefined {
  const raw = objectOr(body);
  const total = count(raw.total);
  if (!Array.isArray(raw.data) || total === undefined) return undefined;
  const entries = raw.data.map(readEntry);
  if (!entries.every((entry) => entry !== undefined)) return undefined;
  const isAsked = (raw.page ?? asked.page) === asked.page && (raw.page_size ?? asked.pageSize) === asked.pageSize;
  return isAsked ? { total, page: asked.page, pageSize: asked.pageSize, entries } : undefined;
}

function readEntry(raw: unknown): TaskListEntry | undefined {
  const id = isObject(raw) ? text(raw.id) : undefined;
  if (!isObject(raw) || id === undefined) return undefined;
  return { id, model: text(raw.model), status: readStatus(raw), createdAt: epochSeconds(raw.created_at) };
}

/** EvoLink's client reads whole seconds; milliseconds and ISO dates are understood as well. */
function epochSeconds(value: unknown): number | undefined {
  const number = finite(value) ?? (/^\d+(\.\d+)?$/.test(text(value) ?? '') ? Number(value) : undefined);
  if (number !== undefined) return number > 1e11 ? number / 1000 : number;
  const date = /^\d{4}-\d{2}-\d{2}T/.test(text(value) ?? '') ? Date.parse(value as string) : NaN;
  return Number.isNaN(date) ? undefined : date / 1000;
}
