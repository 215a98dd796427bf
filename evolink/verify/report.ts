/** What a run found and bought, without secrets: no key, no link, no balance, no name of an account. */
import { ASSUMPTION_IDS, ASSUMPTIONS, type AssumptionId, type State } from './assumptions';

export interface Row {
  readonly id: AssumptionId;
  readonly title: string;
  readonly state: State;
  /** In one line. */
  readonly seen: string;
  /** What it changes in the pipeline. */
  readonly means: string;
}

/** One POST that could make a task; written before it is sent. */
export interface SubmissionRecord {
  readonly what: string;
  readonly idempotencyKey: string;
  readonly sentAt: string;
  /** Absent while there is no answer. */
  readonly answer?: 'task' | 'refused' | 'unknown';
  readonly taskId?: string;
  readonly replayed?: boolean;
  readonly status?: number;
  readonly code?: string;
}

export interface TaskRecord {
  readonly id: string;
  readonly status: string;
  /** Credits. */
  readonly reserved?: string;
  readonly charged?: string;
  readonly image?: { readonly file: string; readonly sha256: string; readonly bytes: number };
}

export type Verdict = 'proven' | 'refuted' | 'unproven';

export interface Report {
  readonly format: 1;
  readonly version: string;
  /** Host of EvoLink's API. */
  readonly host: string;
  readonly startedAt: string;
  /** Absent while it runs, and where it was killed. */
  readonly endedAt?: string;
  readonly interrupted: boolean;
  /** Whether a repeat under one idempotency key makes no second task. */
  readonly idempotency: Verdict;
  /** Why nothing more was bought. */
  readonly stoppedPaying?: string;
  readonly credits: {
    readonly limit: string;
    /** Of all tasks that exist or may exist, at most. */
    readonly held: string;
    /** As EvoLink says; absent until a task has ended. */
    readonly charged?: string;
  };
  readonly submissions: readonly SubmissionRecord[];
  readonly tasks: readonly TaskRecord[];
  /**
   * Only where a POST had no usable answer: tasks of the account that began during the run and are none of the above. One
   * of them may be that POST's.
   */
  readonly otherTasks?: readonly string[];
  readonly rows: readonly Row[];
}

export function rowOf(id: AssumptionId, state: State, seen: string): Row {
  const { title, means } = ASSUMPTIONS[id];
  return { id, title, state, seen, means: means[state] };
}

export function inOrder(rows: readonly Row[]): Row[] {
  return ASSUMPTION_IDS.flatMap((id) => rows.find((row) => row.id === id) ?? []);
}

export function countOf(rows: readonly Row[], state: State): number {
  return rows.filter((row) => row.state === state).length;
}

/** In the style of the other commands' JSON. */
export function reportJson(report: Report): Record<string, unknown> {
  const { credits } = report;
  return {
    report: 'evolink-images verify',
    format: report.format,
    version: report.version,
    evolink_host: report.host,
    started_at: report.startedAt,
    ended_at: report.endedAt ?? null,
    interrupted: report.interrupted,
    idempotency: report.idempotency,
    stopped_paying: report.stoppedPaying ?? null,
    credits: { limit: credits.limit, held: credits.held, charged: credits.charged ?? null },
    assumptions: report.rows.map(({ id, title, state, seen, means }) => ({ id, title, state, seen, means })),
    submissions: report.submissions.map((one) => ({
      what: one.what,
      idempotency_key: one.idempotencyKey,
      sent_at: one.sentAt,
      answer: one.answer ?? null,
      task_id: one.taskId ?? null,
      replayed: one.replayed ?? false,
      status: one.status ?? null,
      code: one.code ?? null,
    })),
    tasks: report.tasks.map(({ id, status, reserved, charged, image }) => ({
      id,
      status,
      credits_reserved: reserved ?? null,
      credits_used: charged ?? null,
      image: image ?? null,
    })),
    other_tasks: report.otherTasks ?? null,
  };
}

export function reportMarkdown(report: Report): string {
  const { rows, credits, submissions, tasks } = report;
  const counts = (['held', 'not held', 'not seen'] as const).map((state) => `${countOf(rows, state)} ${state}`);
  return [
    '# What EvoLink does: a run of `evolink-images verify`',
    '',
    `- version ${report.version}, at ${report.host}, ${report.startedAt} to ${report.endedAt ?? '(not ended)'}${report.interrupted ? ', interrupted' : ''}`,
    `- ${counts.join(', ')}`,
    `- idempotency keys: **${report.idempotency}**`,
    `- credits: ${credits.charged ?? 'not known'} charged, ${credits.held} held at most, limit ${credits.limit}`,
    ...(report.stoppedPaying === undefined ? [] : [`- **stopped paying**: ${report.stoppedPaying}`]),
    '',
    ...markdownTable(
      ['assumption', 'what was seen', 'result', 'what it changes in the pipeline'],
      rows.map(({ title, seen, state, means }) => [title, seen, state === 'not held' ? '**not held**' : state, means]),
    ),
    '',
    '## POSTs that could make a task',
    '',
    ...markdownTable(
      ['what', 'sent at', 'answer', 'task', 'idempotency key'],
      submissions.map((one) => [
        one.what,
        one.sentAt,
        [one.status, one.code, one.answer ?? 'no answer yet', one.replayed ? 'replayed' : '']
          .filter((part) => part !== undefined && part !== '')
          .join(' '),
        one.taskId ?? '-',
        one.idempotencyKey,
      ]),
    ),
    '',
    '## Tasks',
    '',
    ...markdownTable(
      ['task', 'status', 'credits reserved', 'credits charged', 'image'],
      tasks.map(({ id, status, reserved, charged, image }) => [
        id,
        status,
        reserved ?? '-',
        charged ?? '-',
        image ? `${image.file}, ${image.bytes} bytes, SHA-256 ${image.sha256}` : '-',
      ]),
    ),
    '',
    ...(report.otherTasks === undefined
      ? []
      : [
          '## Tasks of the account that began meanwhile',
          '',
          'A POST had no usable answer. One of these may be its task:',
          '',
          ...(report.otherTasks.length === 0 ? ['None is listed.'] : report.otherTasks.map((id) => `- ${id}`)),
          '',
        ]),
  ].join('\n');
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return ['None.'];
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replace(/[|\\]/g, '\\$&')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}
