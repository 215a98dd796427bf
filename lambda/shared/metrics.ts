import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { DIMENSION, METRIC, NO_QUALITY } from '../../domain/constants';
import { formatCredits, formatUsd } from '../../domain/credits';
import type { FailureName } from '../../domain/failures';
import type { Attempt } from './attempts/attempt';

type MetricName = (typeof METRIC)[keyof typeof METRIC];
type Values = Partial<Record<MetricName, number>>;

const UNITS: Partial<Record<MetricName, (typeof MetricUnit)[keyof typeof MetricUnit]>> = {
  [METRIC.creditsUsed]: MetricUnit.NoUnit,
  [METRIC.costUsd]: MetricUnit.NoUnit,
  [METRIC.submitToCallbackSeconds]: MetricUnit.Seconds,
  [METRIC.callbackToArchivedSeconds]: MetricUnit.Seconds,
  [METRIC.oldestOpenAttemptSeconds]: MetricUnit.Seconds,
};

/** What one attempt cost, in all and by model and quality. Emitted by the winner of the booking alone. */
export function emitBooking(attempt: Attempt, creditsUsed: number): void {
  // The last step before CloudWatch turns integers into its doubles; four and six decimals survive that.
  const values: Values = {
    [METRIC.creditsUsed]: Number(formatCredits(creditsUsed)),
    [METRIC.costUsd]: Number(formatUsd(creditsUsed)),
  };
  emit(values, {}, attempt);
  emit(values, { [DIMENSION.model]: attempt.model, [DIMENSION.quality]: attempt.quality ?? NO_QUALITY }, attempt);
}

export function emitCompletion(attempt: Attempt, source: 'callback' | 'sweep', completedAt: number): void {
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

export function emitArchived(attempt: Attempt, images: number, archivedAt: number): void {
  emit(
    {
      [METRIC.images]: images,
      [METRIC.jobsSucceeded]: 1,
      [METRIC.callbackToArchivedSeconds]: (archivedAt - (attempt.completedAt ?? archivedAt)) / 1_000,
    },
    {},
    attempt,
  );
}

/** A job ended without an image. Also emitted in all, so that a failure rate needs no arithmetic over names. */
export function emitJobFailed(name: FailureName, job: { readonly jobId: string }): void {
  emit({ [METRIC.jobsFailed]: 1 }, {}, job);
  emit({ [METRIC.jobsFailed]: 1 }, { [DIMENSION.errorName]: name }, job);
}

/** A run of the archive that failed. The state repeats it, so this is no failed job yet; the image is paid for. */
export function emitArchiveError(name: string, job: { readonly jobId: string }): void {
  emit({ [METRIC.archiveErrors]: 1 }, {}, job);
  emit({ [METRIC.archiveErrors]: 1 }, { [DIMENSION.errorName]: name }, job);
}

export function emitCallbackRejected(): void {
  emit({ [METRIC.callbacksRejected]: 1 }, {});
}

export function emitOpenAttempts(open: number, oldestSeconds: number): void {
  emit({ [METRIC.openAttempts]: open, [METRIC.oldestOpenAttemptSeconds]: oldestSeconds }, {});
}

/** One EMF line, which is one set of dimensions. Ids are metadata: they can be searched and cost no metric series. */
function emit(values: Values, dimensions: Record<string, string>, about?: Partial<Attempt>): void {
  const metrics = new Metrics();
  for (const [name, value] of Object.entries(dimensions)) metrics.addDimension(name, value);
  for (const [name, value] of Object.entries(values)) {
    metrics.addMetric(name, UNITS[name as MetricName] ?? MetricUnit.Count, value);
  }
  if (about?.jobId !== undefined) metrics.addMetadata('job_id', about.jobId);
  if (about?.taskId !== undefined) metrics.addMetadata('task_id', about.taskId);
  metrics.publishStoredMetrics();
}
