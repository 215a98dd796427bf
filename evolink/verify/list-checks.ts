/** What the account's list of tasks shows. All free. */
import { isObject, objectOr } from '../json';
import { isTaskId, MAX_TASKS_PER_QUERY } from '../index';
import { fieldNames } from './safe-text';
import { describe, type Answer, type Session } from './session';

type Json = Readonly<Record<string, unknown>>;

const LARGER_PAGE = 100;

/** A new task may be listed late. */
const LAG_TRIES = 6;
const LAG_PAUSE_MS = 5_000;

/**
 * @param session - the run
 * @param isUnused - this key had spent nothing before the run
 */
export async function listChecks(session: Session, isUnused: boolean): Promise<void> {
  const answer = await firstPage(session);
  const rows = rowsOf(answer.body);
  form(session, answer, rows);
  await pageSize(session, answer);
  order(session, rows);
  scope(session, rows, isUnused);
}

/** Asked for again as long as a task of ours is missing on it. */
async function firstPage(session: Session): Promise<Answer<unknown>> {
  for (let round = 1; ; round++) {
    const answer = await session.ask((client) => client.listTasks({ page: 1, pageSize: MAX_TASKS_PER_QUERY }));
    const listed = new Set(rowsOf(answer.body).map(({ id }) => id));
    if (session.taskIds.every((id) => listed.has(id)) || round === LAG_TRIES || answer.error) return answer;
    await session.pause(LAG_PAUSE_MS, 'waiting until the tasks are listed');
  }
}

function rowsOf(body: unknown): readonly Json[] {
  const { data } = objectOr(body);
  return Array.isArray(data) ? data.filter(isObject) : [];
}

function form(session: Session, answer: Answer<unknown>, rows: readonly Json[]): void {
  if (answer.value === undefined) return session.found('list-form', 'not held', describe(answer));
  const { page, page_size, total } = objectOr(answer.body);
  const echo = page === undefined && page_size === undefined ? 'no page and page_size' : 'page and page_size as asked';
  const times = rows.map(({ created_at }) => created_at);
  const areSeconds = times.every((time) => Number.isSafeInteger(time) && (time as number) < 1e11);
  const time =
    rows.length === 0 ? 'no rows' : areSeconds ? 'created_at in whole seconds' : 'created_at in another form';
  const seen = `total ${String(total)}, ${echo}, ${time}; fields of a row: ${fieldNames(rows[0]).join(', ') || 'none'}`;
  session.found('list-form', areSeconds ? 'held' : 'not held', seen);
}

async function pageSize(session: Session, page: Answer<unknown>): Promise<void> {
  const larger = await session.ask((client) => client.listTasks({ page: 1, pageSize: LARGER_PAGE }));
  const echoed = objectOr(larger.body).page_size;
  const isShown = Number.isSafeInteger(echoed);
  const seen =
    larger.error?.status !== undefined && larger.error.status >= 400
      ? `refused, ${describe(larger)}`
      : isShown
        ? echoed === LARGER_PAGE
          ? 'answered as asked'
          : `cut to ${String(echoed)}`
        : `answered with ${rowsOf(larger.body).length} rows, page_size not shown`;
  const ofOurs = `${MAX_TASKS_PER_QUERY}: ${page.value === undefined ? describe(page) : 'answered'}`;
  session.found('list-page', page.value === undefined ? 'not held' : 'held', `${ofOurs}; ${LARGER_PAGE}: ${seen}`);
}

function order(session: Session, rows: readonly Json[]): void {
  const times = rows.map(({ created_at }) => Number(created_at));
  const isFalling = times.every((time, index) => index === 0 || time <= times[index - 1]);
  const { taskIds } = session;
  const listed = new Set(rows.map(({ id }) => id));
  const missing = taskIds.filter((id) => !listed.has(id));
  if (!isFalling) return session.found('list-order', 'not held', `${rows.length} rows are not sorted by created_at`);
  if (missing.length > 0) {
    const seen = `${missing.length} of our ${taskIds.length} tasks are not on the first page after ${(LAG_TRIES * LAG_PAUSE_MS) / 1_000} s`;
    return session.found('list-order', 'not held', seen);
  }
  const differ = new Set(times).size > 1;
  const ours = taskIds.length > 0 ? `, our ${taskIds.length} on the first page` : '';
  session.found(
    'list-order',
    differ ? 'held' : 'not seen',
    `${rows.length} rows${differ ? ', newest first' : ''}${ours}`,
  );
}

/** Rows before this key had spent anything are those of another key. */
function scope(session: Session, rows: readonly Json[], isUnused: boolean): void {
  const earlier = rows.filter(({ id, status }) => status === 'completed' && !session.taskIds.includes(String(id)));
  if (isUnused && earlier.length > 0) {
    return session.found('list-scope', 'held', `${earlier.length} tasks though this key had spent nothing`);
  }
  session.found('list-scope', 'not seen', 'one key cannot tell tasks of other keys from its own');
}

/** Ids of tasks of the account that began during the run and are none of ours, as far as the first page shows them. */
export async function othersMeanwhile(session: Session): Promise<string[]> {
  const { value } = await session.ask((client) => client.listTasks({ page: 1, pageSize: MAX_TASKS_PER_QUERY }));
  // EvoLink's clock may be off by some seconds.
  const since = session.startedAt.getTime() / 1_000 - 60;
  const ours = new Set(session.taskIds);
  const others = (value?.entries ?? []).filter(({ id, createdAt = 0 }) => createdAt >= since && !ours.has(id));
  return others.map(({ id }) => id).filter(isTaskId);
}
