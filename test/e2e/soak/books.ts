/** Both sides of the books after a soak: what EvoLink has, what we have, and what is in S3. */
import { createHash } from 'node:crypto';
import type { JobOutput } from '../../../domain/job';
import type { LedgerRecord } from '../../../domain/ledger';
import type { Attempt } from '../../../lambda/shared/attempts/attempt';
import type { TaskSnapshot } from '../../../local/simulator';
import {
  attemptRow,
  attemptsOf,
  callbackAddress,
  getJson,
  getObject,
  ledgerOf,
  simulator,
  units,
} from '../support/pipeline';
import type { SoakJob } from './plan';

export interface Books {
  readonly tasks: readonly TaskSnapshot[];
  readonly attempts: readonly Attempt[];
  readonly records: readonly LedgerRecord[];
}

export async function readBooks(jobs: readonly SoakJob[]): Promise<Books> {
  const names = new Set(jobs.map(({ name }) => name));
  const records = await ledgerOf(({ jobId }) => names.has(jobId));
  const strays = records.filter(({ strayOf }) => strayOf !== undefined).map(({ attemptId }) => attemptRow(attemptId));
  return {
    tasks: await simulator.tasks(),
    attempts: [...(await Promise.all(jobs.map(({ name }) => attemptsOf(name)))).flat(), ...(await Promise.all(strays))],
    records,
  };
}

/** In words, so that a failed run says at once what is wrong with which task. */
export function differences({ tasks, attempts, records }: Books): string[] {
  const problems: string[] = [];
  const byTask = new Map(attempts.flatMap((attempt) => (attempt.taskId ? [[attempt.taskId, attempt] as const] : [])));
  const owners = new Map<string, string>();
  for (const task of tasks) {
    const { attemptId } = callbackAddress(task);
    if (owners.has(attemptId)) problems.push(`attempt ${attemptId} has ${owners.get(attemptId)} and ${task.id}`);
    owners.set(attemptId, task.id);
    const owner = byTask.get(task.id);
    if ((owner?.strayOf ?? owner?.attemptId) !== attemptId) problems.push(`${task.id} has no attempt (${task.rule})`);
    problems.push(
      ...ofTask(
        task,
        records.filter(({ taskId }) => taskId === task.id),
      ),
    );
  }
  for (const { state, taskId, jobId, attempt } of records) {
    if (state === 'booked' && !tasks.some(({ id }) => id === taskId)) problems.push(`${jobId} ${attempt} paid nothing`);
  }
  return problems;
}

function ofTask({ id, rule, creditsUsed }: TaskSnapshot, records: readonly LedgerRecord[]): string[] {
  const [record, ...others] = records;
  if (record === undefined || others.length > 0) return [`${id} has ${records.length} records (${rule})`];
  const expected = record.basis === 'assumed' && record.state === 'booked' ? record.creditsHeld : units(creditsUsed);
  return record.creditsUsed === expected ? [] : [`${id} cost ${creditsUsed}, booked ${record.creditsUsed} (${rule})`];
}

/** What the ledger would say had EvoLink told every charge. */
export function chargesOnRecord({ tasks, records }: Books): number {
  const charged = new Map(tasks.map(({ id, creditsUsed }) => [id, units(creditsUsed)]));
  return records.reduce(
    (sum, { basis, creditsUsed, taskId = '' }) =>
      sum + (basis === 'assumed' ? (charged.get(taskId) ?? 0) : creditsUsed),
    0,
  );
}

/** Of every billed image: what is missing in S3, or is not what EvoLink served. */
export async function missingImages({ tasks, attempts }: Books): Promise<string[]> {
  const problems: string[] = [];
  for (const task of tasks.filter(({ images }) => images.length > 0)) {
    const attempt = attempts.find(({ taskId }) => taskId === task.id);
    if (attempt === undefined) continue;
    const stray = attempt.strayOf === undefined ? [] : [`stray-${attempt.attemptId.slice(0, 8)}`];
    const day = attempt.executionStartedAt.slice(0, 10).replaceAll('-', '/');
    const folder = [attempt.tenant, day, attempt.jobId, ...stray];
    const manifest = (await getJson(`${folder.join('/')}/manifest.json`).catch(() => undefined)) as
      JobOutput | undefined;
    if (manifest?.task_id !== task.id || manifest.images.length !== task.images.length) {
      problems.push(`${task.id} has no whole manifest (${task.rule})`);
      continue;
    }
    for (const [index, { key, sha256 }] of manifest.images.entries()) {
      const served = task.downloads.filter(({ image }) => image === index + 1).map((download) => download.sha256);
      const { bytes } = await getObject(key);
      const stored = createHash('sha256').update(bytes).digest('hex');
      if (stored !== sha256 || !served.includes(stored)) problems.push(`${key} is not what was served (${task.rule})`);
    }
  }
  return problems;
}
