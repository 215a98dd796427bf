/** `GET /v1/tasks`: what its parameters mean, and the page that they ask for. */
import type { ApiKey } from './accounts';
import { ApiError } from './api-error';
import type { TaskListBehaviour } from './behaviour';
import type { Task } from './task';
import { LISTED_STATUSES, type TaskIndex } from './task-index';
import { listView } from './views';

const TYPES = ['image', 'video', 'audio'] as const;

const DEFAULT_PAGE_SIZE = 20;

export function taskListPage(
  index: TaskIndex<Task>,
  apiKey: ApiKey,
  query: URLSearchParams,
  behaviour: TaskListBehaviour,
  now: number,
): Record<string, unknown> {
  const status = choice(query, 'status', LISTED_STATUSES);
  const type = choice(query, 'type', TYPES);
  const page = wholeNumber(query, 'page', 1);
  const size = pageSize(query, behaviour);
  const filter = {
    status,
    model: query.get('model') ?? undefined,
    from: behaviour.retentionMs === null ? 0 : now - behaviour.retentionMs,
    to: now - behaviour.lagMs,
  };
  const isImage = type === undefined || type === 'image';
  const { total, rows } = isImage
    ? index.page(apiKey, behaviour.scope, filter, { skip: (page - 1) * size, count: size })
    : { total: 0, rows: [] as readonly Task[] };
  return {
    object: 'list',
    ...(behaviour.total === 'missing' ? {} : { total: behaviour.total === 'exact' ? total : behaviour.total }),
    ...(behaviour.echo ? { page, page_size: size } : {}),
    data: rows.map((task) => listView(task, now)),
  };
}

function pageSize(query: URLSearchParams, { largestPage, oversize }: TaskListBehaviour): number {
  const size = wholeNumber(query, 'page_size', DEFAULT_PAGE_SIZE);
  if (size > largestPage && oversize === 'refuse') refuse('page_size', { min: 1, max: largestPage });
  return Math.min(size, largestPage);
}

/** EvoLink does not say what it does with nonsense; the simulator is strict. */
function wholeNumber(query: URLSearchParams, param: string, otherwise: number): number {
  const text = query.get(param);
  if (text === null) return otherwise;
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : refuse(param, { min: 1 });
}

function choice<T extends string>(query: URLSearchParams, param: string, choices: readonly T[]): T | undefined {
  const text = query.get(param);
  if (text === null) return undefined;
  return choices.find((one) => one === text) ?? refuse(param, { allowed_values: choices });
}

function refuse(param: string, fields: Readonly<Record<string, unknown>>): never {
  throw ApiError.of('invalid_request', { message: `${param}: this value is not allowed.`, param, fields });
}
