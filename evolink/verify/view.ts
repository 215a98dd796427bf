/** What a person sees before and after a run. */
import { formatCredits, formatUsd } from '../../domain/credits';
import { ASSUMPTIONS, type State } from './assumptions';
import { SPENDING_LIMIT, MOST_TASKS } from './purse';
import { countOf, type Report } from './report';
import { likelyOfOne, mostOfOne } from './requests';

export interface Colours {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

const MARKS: Readonly<Record<State, { readonly mark: string; readonly colour: keyof Colours }>> = {
  held: { mark: '✓', colour: 'green' },
  'not held': { mark: '✗', colour: 'red' },
  'not seen': { mark: '–', colour: 'dim' },
};

/** Before anything is sent. */
export function offer(host: string): string {
  const [likely, most] = [2 * likelyOfOne(), MOST_TASKS * mostOfOne()];
  return [
    `EvoLink     ${host}: what it makes is charged`,
    'request     gpt-image-2, 3:1 at 1K, low, 1 image: the cheapest there is',
    `estimate    2 tasks, about ${formatCredits(likely)} credits (${formatUsd(likely)} USD);`,
    `            at most ${MOST_TASKS} tasks, ${formatCredits(most)} credits (${formatUsd(most)} USD), if EvoLink does not keep its word`,
    `limit       ${formatCredits(SPENDING_LIMIT)} credit: nothing is bought that could exceed it`,
  ].join('\n');
}

export const QUESTION = 'Buy them? [y/N] ';

/** A line for each assumption, and below it what it changes. */
export function reportLines(report: Report, paint: Colours): string[] {
  const width = Math.max(...Object.values(ASSUMPTIONS).map(({ title }) => title.length));
  const indent = ' '.repeat(width + 4);
  return report.rows.flatMap(({ title, state, seen, means }) => {
    const { mark, colour } = MARKS[state];
    const line = `${paint[colour](mark)} ${title.padEnd(width)}  ${short(seen)}`;
    return means === '-' ? [line] : [line, `${indent}${paint.dim(`→ ${means}`)}`];
  });
}

/** Lists of names are long; the report has all of it. */
const LONGEST = 130;
const short = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`);

/** What it cost, and what is to be done. */
export function endLines(report: Report, folder: string, paint: Colours): string[] {
  const { rows, credits, tasks, submissions, stoppedPaying, idempotency } = report;
  const open = submissions.filter(({ answer }) => answer === undefined || answer === 'unknown');
  return [
    `✓ ${countOf(rows, 'held')} held, ✗ ${countOf(rows, 'not held')} not held, – ${countOf(rows, 'not seen')} not seen; idempotency keys: ${idempotency}`,
    `Charged: ${credits.charged ?? 'nothing is known of a charge'}${credits.charged === undefined ? '' : ' credits'} for ${tasks.length} ${tasks.length === 1 ? 'task' : 'tasks'}.`,
    ...(stoppedPaying === undefined ? [] : [paint.red(paint.bold(`STOPPED PAYING: ${stoppedPaying}.`))]),
    ...(idempotency === 'refuted'
      ? [paint.red(paint.bold('EvoLink made two tasks for one idempotency key: it was charged twice.'))]
      : []),
    ...(open.length === 0
      ? []
      : [paint.yellow(`${open.length} POSTs without a usable answer: the report has their keys.`)]),
    `Report: ${folder}/report.md and report.json, without secrets.`,
  ];
}

/** 0: all held or not seen, 1: something did not hold, 130: interrupted. */
export function exitCodeOf({ rows, interrupted }: Report): number {
  if (interrupted) return 130;
  return countOf(rows, 'not held') > 0 ? 1 : 0;
}
