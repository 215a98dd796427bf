/** The list of tasks: the only known way to find a task whose submission reply was lost. */
import { count, finite, isObject, objectOr, text } from './json';
import { readStatus } from './read-task';
import type { TaskList, TaskListEntry } from './types';

/**
 * A page of the list. `undefined` where it is none, or where any line of it has no id: who looks for a lost task must
 * not conclude from a line that can't be read that there was no task.
 */
export function readTaskList(body: unknown, asked: { page: number; pageSize?: number }): TaskList | undefined {
  const raw = objectOr(body);
  if (!Array.isArray(raw.data)) return undefined;
  const entries = raw.data.map(readEntry);
  if (!entries.every((entry) => entry !== undefined)) return undefined;

  const page = count(raw.page) ?? asked.page;
  const pageSize = count(raw.page_size) ?? asked.pageSize ?? entries.length;
  return { total: count(raw.total) ?? leastTotal(page, pageSize, entries.length), page, pageSize, entries };
}

/** Without a total, a full page means that there may be more: one more than seen. */
function leastTotal(page: number, pageSize: number, seen: number): number {
  const before = Math.max(page - 1, 0) * pageSize;
  return before + seen + (seen > 0 && seen >= pageSize ? 1 : 0);
}

function readEntry(raw: unknown): TaskListEntry | undefined {
  const id = isObject(raw) ? text(raw.id) : undefined;
  if (!isObject(raw) || id === undefined) return undefined;
  return { id, model: text(raw.model), status: readStatus(raw), createdAt: epochSeconds(raw.created_at) };
}

/** Undocumented: seconds as everywhere else at EvoLink; milliseconds and ISO dates are understood as well. */
function epochSeconds(value: unknown): number | undefined {
  const number = finite(value) ?? (/^\d+(\.\d+)?$/.test(text(value) ?? '') ? Number(value) : undefined);
  if (number !== undefined) return number > 1e11 ? number / 1000 : number;
  const date = /^\d{4}-\d{2}-\d{2}T/.test(text(value) ?? '') ? Date.parse(value as string) : NaN;
  return Number.isNaN(date) ? undefined : date / 1000;
}
