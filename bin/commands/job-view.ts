/** How a job is shown. */
import type { JobOutput } from '../../domain/job';
import type { JobStatus } from '../../client/jobs/status';
import type { Paint } from './command';
import { errorJson, errorText } from './job-errors';
import { tableLines } from './table';

export function statusJson({ jobId, state, startedAt, stoppedAt, output, error }: JobStatus): Record<string, unknown> {
  return {
    job_id: jobId,
    state,
    started_at: startedAt.toISOString(),
    stopped_at: stoppedAt?.toISOString() ?? null,
    output: output ?? null,
    failure: error ? errorJson(error) : null,
  };
}

export function statusText(status: JobStatus, paint: Paint): string {
  const { jobId, state, startedAt, stoppedAt, output, error } = status;
  const facts = [
    ['job', jobId],
    ['state', state],
    ['started', startedAt.toISOString()],
    ...(stoppedAt ? [['stopped', stoppedAt.toISOString()]] : []),
  ];
  const lines = tableLines([{}, {}], facts);
  if (output) lines.push('', ...outputLines(output, paint));
  if (error) lines.push('', paint.red(errorText(error)));
  return `${lines.join('\n')}\n`;
}

function size(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** The images, each with where it is, and what they cost. */
export function outputLines(output: JobOutput, paint: Paint, files?: readonly string[]): string[] {
  const { images, credits, cost_usd, partial, requested, warnings } = output;
  const rows = images.map(({ bucket, key, width, height, bytes }, index) => [
    files?.[index] ?? `s3://${bucket}/${key}`,
    // Absent where they can't be read from the file; a warning below says so.
    width === undefined || height === undefined ? '-' : `${width}×${height}`,
    size(bytes),
  ]);
  return [
    ...tableLines([{}, { align: 'right' }, { align: 'right' }], rows),
    paint.dim(`${credits.used} credits, ${cost_usd} USD (estimated: at most ${credits.estimated} credits)`),
    ...(partial ? [`EvoLink delivered ${images.length} of ${requested.n} images, and charges what it delivered.`] : []),
    ...warnings.map(({ path, message }) => `Note on ${path}: ${message}`),
  ];
}
