import Table from 'cli-table3';
import * as path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import type { ArchivedImage } from '../domain/job';
import type { JobProgress } from './job-run';
import { ROOT } from './paths';

export interface Result {
  readonly progress: JobProgress;
  /** Where its images were saved. */
  readonly files: readonly string[];
}

const HEADINGS = ['job', 'status', 'pixels', 'bytes', 'credits\nestimated', 'credits\nused', 'USD', 'seconds'];

/** Without lines between columns: a long S3 URI may then wrap on a narrow terminal and harm nothing. */
const NO_LINES = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'middle', 'mid'].flatMap((side) => [
    [side, ''],
    [`${side}-mid`, ''],
    [`${side}-left`, ''],
    [`${side}-right`, ''],
  ]),
);

/** One row of figures per job; below it, over the whole width, where the images are or why there are none. */
export function resultTable(results: readonly Result[]): string {
  const rows = results.map(({ progress }) => figures(progress));
  const table = new Table({
    head: HEADINGS,
    chars: NO_LINES,
    // All but the last, which may grow to hold what spans the whole width.
    colWidths: HEADINGS.slice(0, -1).map((_, column) => width([HEADINGS, ...rows].map((row) => row[column] ?? ''))),
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'left'],
    style: { head: pc.isColorSupported ? ['bold'] : [], 'padding-left': 0, 'padding-right': 2 },
  });
  for (const [index, { progress, files }] of results.entries()) {
    table.push(rows[index] ?? []);
    table.push([{ colSpan: HEADINGS.length, content: details(progress, files).join('\n') }]);
  }
  // Spaces at the end would wrap on a narrow terminal, and leave empty lines.
  return table.toString().replace(TRAILING_SPACES, (end) => end.replaceAll(' ', ''));
}

/** The codes of colours may stand between them. */
const TRAILING_SPACES = new RegExp(`(?:${'\u001b'}\\[\\d+m| )+$`, 'gm');

/** Of a column, with the gap to the next one. */
function width(cells: readonly string[]): number {
  const lines = cells.flatMap((cell) => stripVTControlCharacters(cell).split('\n'));
  return Math.max(...lines.map((line) => line.length)) + 2;
}

function figures({ name, seconds, outcome }: JobProgress): string[] {
  if (outcome?.kind !== 'succeeded') {
    const status = outcome ? outcome.status : 'RUNNING';
    return [name, pc.red(status), '', '', '', '', '', seconds.toFixed(1)];
  }
  const { images, credits, cost_usd, partial } = outcome.output;
  return [
    name,
    partial ? pc.yellow('PARTIAL') : pc.green('SUCCEEDED'),
    images.map(pixels).join('\n'),
    images.map(({ bytes }) => bytes.toLocaleString('en')).join('\n'),
    credits.estimated,
    credits.basis === 'credits_used' ? credits.used : `${credits.used} (${credits.basis})`,
    cost_usd,
    seconds.toFixed(1),
  ];
}

/** Absent where they can't be read from the file. */
function pixels({ width, height }: ArchivedImage): string {
  return width === undefined || height === undefined ? '-' : `${width}×${height}`;
}

function details({ outcome }: JobProgress, files: readonly string[]): string[] {
  if (outcome?.kind === 'failed')
    return [`  ${pc.red(outcome.error)}`, ...readableCause(outcome.cause).map((line) => `  ${line}`)];
  const images = outcome?.output.images ?? [];
  return images.flatMap(({ bucket, key }, index) => {
    const file = files[index];
    return [`  s3://${bucket}/${key}`, ...(file ? [pc.dim(`  → ${path.relative(ROOT, file)}`)] : [])];
  });
}

/** A cause of ours is JSON with a message; anything else (a bug, a time-out of the service) is shown as it is. */
function readableCause(cause: string): string[] {
  try {
    const { message, problems = [] } = JSON.parse(cause) as {
      message?: string;
      problems?: readonly { path: string; code: string; message: string }[];
    };
    return [
      message ?? cause,
      ...problems.map((problem) => `  ${problem.path || '(input)'}: ${problem.message} [${problem.code}]`),
    ];
  } catch {
    return cause.split('\n').slice(0, 12);
  }
}
