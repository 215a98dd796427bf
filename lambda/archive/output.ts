import { formatCredits, formatUsd } from '../../domain/credits';
import { estimateView } from '../../domain/estimate-view';
import type { JobOutput } from '../../domain/job';
import type { AttemptRecord } from '../shared/attempts/attempt';
import { isLeftBehind } from '../shared/attempts/attempt';
import { imageWarnings } from './image-warnings';

/** The job's output: made from what is on record alone, so that it is the same whenever it is asked for. */
export function jobOutput(
  { attempt, job, outcome }: AttemptRecord,
  images: JobOutput['images'],
  archivedAt: number,
): JobOutput {
  const submittedAt = attempt.submittedAt ?? attempt.createdAt;
  const completedAt = attempt.completedAt ?? submittedAt;
  const used = attempt.creditsUsed ?? attempt.creditsHeld;
  return {
    job_id: attempt.jobId,
    task_id: attempt.taskId ?? '',
    attempt: attempt.attempt,
    tenant: attempt.tenant,
    images,
    requested: job.requested,
    ...(isLeftBehind(attempt) ? { salvaged: true as const } : {}),
    partial: images.length < job.requested.n,
    warnings: [...job.warnings, ...imageWarnings(images)],
    estimate: estimateView(job.estimate),
    credits: {
      estimated: formatCredits(job.estimate.creditsUpper),
      used: formatCredits(used),
      basis: attempt.basis ?? 'assumed',
    },
    cost_usd: formatUsd(used),
    usage: outcome?.usage == null ? null : (JSON.parse(outcome.usage) as unknown),
    metadata: job.metadata,
    timings: {
      started_at: new Date(attempt.executionStartedAt).toISOString(),
      submitted_at: new Date(submittedAt).toISOString(),
      completed_at: new Date(completedAt).toISOString(),
      archived_at: new Date(archivedAt).toISOString(),
      submit_to_complete_seconds: (completedAt - submittedAt) / 1_000,
      complete_to_archived_seconds: (archivedAt - completedAt) / 1_000,
    },
  };
}
