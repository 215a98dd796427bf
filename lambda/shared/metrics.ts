import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { DIMENSION, METRIC, NO_QUALITY } from '../../domain/constants';
import { formatCredits, formatUsd } from '../../domain/credits';
import type { ArchiveFailureName, FailureName } from '../../domain/failures';
import type { FoundBy, LedgerRecord } from '../../domain/ledger';
import { readTokenUsage } from '../../domain/usage';
import type { Attempt } from './attempts/attempt';
import type { AttemptEnd } from './attempts/book';
import { optionalJson } from './config';

type MetricName = (typeof METRIC)[keyof typeof METRIC];
export type MetricValues = Partial<Record<MetricName, number>>;

const UNITS: Partial<Record<MetricName, (typeof MetricUnit)[keyof typeof MetricUnit]>> = {
  [METRIC.images]: MetricUnit.Count,
  [METRIC.jobsSucceeded]: MetricUnit.Count,
  [METRIC.jobsFailed]: MetricUnit.Count,
  [METRIC.completedByCallback]: MetricUnit.Count,
  [METRIC.completedBySweep]: MetricUnit.Count,
  [METRIC.callbacksRejected]: MetricUnit.Count,
  [METRIC.openAttempts]: MetricUnit.Count,
  [METRIC.attemptsOrphaned]: MetricUnit.Count,
  [METRIC.attemptsLost]: MetricUnit.Count,
  [METRIC.strayTasks]: MetricUnit.Count,
  [METRIC.imagesSalvaged]: MetricUnit.Count,
  [METRIC.queuedJobs]: MetricUnit.Count,
  [METRIC.slotsTaken]: MetricUnit.Count,
  [METRIC.outputTokens]: MetricUnit.Count,
  [METRIC.imageInputTokens]: MetricUnit.Count,
  [METRIC.textTokens]: MetricUnit.Count,
  [METRIC.cachedTokens]: MetricUnit.Count,
  [METRIC.jobFailedPercent]: MetricUnit.Percent,
  [METRIC.providerSuccessPercent]: MetricUnit.Percent,
  [METRIC.estimateErrorPercent]: MetricUnit.Percent,
  [METRIC.budgetUsePercent]: MetricUnit.Percent,
  [METRIC.submitToCallbackSeconds]: MetricUnit.Seconds,
  [METRIC.callbackToArchivedSeconds]: MetricUnit.Seconds,
  [METRIC.oldestOpenAttemptSeconds]: MetricUnit.Seconds,
};

/**
 * What one attempt cost: in all, by model and quality, and by tenant where the pipeline was told its tenants. Emitted by
 * the winner of the booking alone, after the booking: a crash in between loses a metric, never a ledger record.
 */
export function emitBooking(attempt: Attempt, end: AttemptEnd): void {
  // The last step before CloudWatch turns integers into its doubles; four and six decimals survive that.
  const values: MetricValues = {
    [METRIC.creditsUsed]: Number(formatCredits(end.creditsUsed)),
    [METRIC.costUsd]: Number(formatUsd(end.creditsUsed)),
  };
  // A zero for a booking without one: an overrun that never happened is a line at 0, not an empty widget.
  const overrun = {
    [METRIC.overrunCredits]: Number(formatCredits(Math.max(0, end.creditsUsed - attempt.creditsHeld))),
  };
  emit({ ...values, ...overrun, ...estimateError(attempt, end), ...tokens(end) }, {}, attempt);
  emit(values, { [DIMENSION.model]: attempt.model, [DIMENSION.quality]: attempt.quality ?? NO_QUALITY }, attempt);
  if (meteredTenants().includes(attempt.tenant)) emit(values, { [DIMENSION.tenant]: attempt.tenant }, attempt);
  if (end.outcome !== undefined) {
    emit({ [METRIC.providerSuccessPercent]: end.status === 'COMPLETED' ? 100 : 0 }, {}, attempt);
  }
}

/** A failed task turned out to be charged, after its attempt was booked without. */
export function emitLateCharge(record: LedgerRecord): void {
  const values: MetricValues = {
    [METRIC.creditsUsed]: Number(formatCredits(record.creditsUsed)),
    [METRIC.costUsd]: Number(formatUsd(record.creditsUsed)),
  };
  const about = { jobId: record.jobId, taskId: record.taskId };
  emit(values, {}, about);
  emit(values, { [DIMENSION.model]: record.model, [DIMENSION.quality]: record.quality ?? NO_QUALITY }, about);
  if (meteredTenants().includes(record.tenant)) emit(values, { [DIMENSION.tenant]: record.tenant }, about);
}

/** The tenants that have series of their own; any others would each cost some more without anybody's decision. */
export function meteredTenants(): readonly string[] {
  return optionalJson<string[]>('tenants') ?? [];
}

/** How far the likely estimate was above what was charged, in per cent of the charge. */
function estimateError(attempt: Attempt, { creditsUsed, status }: AttemptEnd): MetricValues {
  if (status !== 'COMPLETED' || creditsUsed === 0) return {};
  return { [METRIC.estimateErrorPercent]: (100 * (attempt.creditsLikely - creditsUsed)) / creditsUsed };
}

function tokens({ outcome }: AttemptEnd): MetricValues {
  const usage = outcome?.usage == null ? undefined : readTokenUsage(JSON.parse(outcome.usage) as unknown);
  if (usage === undefined) return {};
  return {
    [METRIC.outputTokens]: usage.outputTokens,
    [METRIC.imageInputTokens]: usage.imageTokens,
    [METRIC.textTokens]: usage.textTokens,
    [METRIC.cachedTokens]: usage.cachedTextTokens + usage.cachedImageTokens,
  };
}

export function emitCompletion(attempt: Attempt, source: FoundBy, completedAt: number): void {
  const found = source === 'callback' ? METRIC.completedByCallback : METRIC.completedBySweep;
  emit(
    {
      [found]: 1,
      ...(attempt.submittedAt === undefined
        ? {}
        : { [METRIC.submitToCallbackSeconds]: (completedAt - attempt.submittedAt) / 1_000 }),
    },
    {},
    attempt,
  );
}

/** @param salvaged - its job had ended before: the images are there, but no job has succeeded */
export function emitArchived(attempt: Attempt, images: number, archivedAt: number, salvaged: boolean): void {
  emit(
    {
      [METRIC.images]: images,
      ...(salvaged ? { [METRIC.imagesSalvaged]: images } : { [METRIC.jobsSucceeded]: 1, [METRIC.jobFailedPercent]: 0 }),
      [METRIC.callbackToArchivedSeconds]: (archivedAt - (attempt.completedAt ?? archivedAt)) / 1_000,
    },
    {},
    attempt,
  );
}

/** Ends that no function of ours decides: a job that took too long in all, and one that met a fault of ours or of AWS. */
export type UncountedEnd = 'JobTimedOut' | 'Unexpected';

/** A job ended without an image. Also emitted in all, so that a failure rate needs no arithmetic over names. */
export function emitJobFailed(
  name: FailureName | ArchiveFailureName | UncountedEnd,
  job: { readonly jobId: string },
): void {
  emit({ [METRIC.jobsFailed]: 1, [METRIC.jobFailedPercent]: 100 }, {}, job);
  emit({ [METRIC.jobsFailed]: 1 }, { [DIMENSION.errorName]: name }, job);
}

/** A run of the archive that failed. The state repeats it, so this is no failed job yet; the image is paid for. */
export function emitArchiveError(name: string, job: { readonly jobId: string }): void {
  emit({ [METRIC.archiveErrors]: 1 }, {}, job);
  emit({ [METRIC.archiveErrors]: 1 }, { [DIMENSION.errorName]: name }, job);
}

export function emitOrphaned(attempt: Attempt): void {
  emit({ [METRIC.attemptsOrphaned]: 1 }, {}, attempt);
}

/** A day has gone by without an end, or without its images: somebody has to look. */
export function emitLost(attempt: Attempt): void {
  emit({ [METRIC.attemptsLost]: 1 }, {}, attempt);
}

/** EvoLink has a task that no attempt accounts for: it is booked and salvaged, and somebody has to look why. */
export function emitStray(attempt: Attempt): void {
  emit({ [METRIC.strayTasks]: 1 }, {}, { jobId: attempt.jobId, taskId: attempt.hintedTaskId });
}

export function emitQueue(queued: number, slotsTaken: number): void {
  emit({ [METRIC.queuedJobs]: queued, [METRIC.slotsTaken]: slotsTaken }, {});
}

export function emitCallbackRejected(): void {
  emit({ [METRIC.callbacksRejected]: 1 }, {});
}

export function emitOpenAttempts(open: number, oldestSeconds: number): void {
  emit({ [METRIC.openAttempts]: open, [METRIC.oldestOpenAttemptSeconds]: oldestSeconds }, {});
}

/** One EMF line, which is one set of dimensions. Ids are metadata: they can be searched and cost no metric series. */
export function emit(values: MetricValues, dimensions: Record<string, string>, about?: Partial<Attempt>): void {
  const metrics = new Metrics();
  for (const [name, value] of Object.entries(dimensions)) metrics.addDimension(name, value);
  for (const [name, value] of Object.entries(values)) {
    metrics.addMetric(name, UNITS[name as MetricName] ?? MetricUnit.NoUnit, value);
  }
  if (about?.jobId !== undefined) metrics.addMetadata('job_id', about.jobId);
  if (about?.taskId !== undefined) metrics.addMetadata('task_id', about.taskId);
  metrics.publishStoredMetrics();
}
