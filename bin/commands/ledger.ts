import { InvalidRangeError, daysOf, type DayRange } from '../../client/days';
import { type LedgerFormat, LEDGER_FORMATS, ledgerWriter } from './ledger-writers';
import { readLedger } from '../../client/ledger-reader';
import { type Grouping, LedgerReport, parseGrouping } from '../../client/ledger-report';
import type { Arguments } from './arguments';
import { type Command, type OptionDefinitions, UsageError, type UsageProblem } from './command';
import { findPipeline, PIPELINE_OPTIONS, pipelineProblems } from './pipeline';

const OPTIONS = {
  from: { value: 'day', help: 'First day (UTC), yyyy-mm-dd.' },
  to: { value: 'day', help: 'Last day (UTC), included. At most 366 days.' },
  'group-by': { value: 'what', help: 'tenant, model or metadata.<key>: adds subtotals.' },
  format: { value: 'format', help: 'table (sums only), csv or json (every attempt, then sums). Default: table.' },
  json: { help: 'The same as --format json.' },
  ...PIPELINE_OPTIONS,
} as const satisfies OptionDefinitions;

export const ledger: Command = {
  name: 'ledger',
  summary: 'What was spent: every attempt of a range of days, with totals that add up exactly.',
  details: [
    'Days are those on which an attempt was booked, in UTC. Read with one query for each day.',
    'In csv and json each attempt comes first, then subtotals, then the total; csv tells them apart in its first column.',
    'credits_uncertain: holds of attempts of which nothing shows whether EvoLink has a task for them.',
  ].join('\n'),
  options: OPTIONS,
  examples: [
    'evolink-images ledger --from 2026-11-01 --to 2026-11-30 --group-by tenant',
    'evolink-images ledger --from 2026-11-01 --to 2026-11-30 --group-by metadata.team --format csv > november.csv',
    'evolink-images ledger --from 2026-11-23 --to 2026-11-23 --format json --table my-table',
  ],
  async run(args, io) {
    const problems = [...args.problems, ...args.unexpected(), ...pipelineProblems(args)];
    const range = readRange(args, problems);
    const grouping = readGrouping(args, problems);
    const format = readFormat(args, problems);
    if (problems.length > 0 || !range || !format) throw new UsageError(problems);

    const { table } = await findPipeline(args, io);
    const report = new LedgerReport(grouping);
    const writer = ledgerWriter(format, { range, grouping, io });
    await writer.begin();
    for await (const record of readLedger(table, range)) {
      report.add(record);
      await writer.record(record);
    }
    await writer.end(report);
  },
};

function readRange(args: Arguments, problems: UsageProblem[]): DayRange | undefined {
  const before = problems.length;
  // Already told where the option is there without its value.
  const isTold = (where: string) => args.problems.some((problem) => problem.where === where);
  for (const option of ['from', 'to']) {
    if (args.text(option) === undefined && !isTold(`--${option}`)) {
      problems.push({ where: `--${option}`, message: 'Is required: a day, written yyyy-mm-dd.' });
    }
  }
  const { from, to } = { from: args.text('from'), to: args.text('to') };
  if (from === undefined || to === undefined || problems.length > before) return undefined;
  try {
    daysOf({ from, to });
    return { from, to };
  } catch (error) {
    if (!(error instanceof InvalidRangeError)) throw error;
    problems.push(...error.problems.map(({ path, message }) => ({ where: `--${path}`, message })));
    return undefined;
  }
}

function readGrouping(args: Arguments, problems: UsageProblem[]): Grouping | undefined {
  const name = args.text('group-by');
  const grouping = name === undefined ? undefined : parseGrouping(name);
  if (name !== undefined && !grouping) {
    problems.push({ where: '--group-by', message: 'Must be tenant, model or metadata.<key>.' });
  }
  return grouping;
}

function readFormat(args: Arguments, problems: UsageProblem[]): LedgerFormat | undefined {
  const name = args.text('format');
  const wanted = name ?? (args.flag('json') ? 'json' : 'table');
  const format = LEDGER_FORMATS.find((known) => known === wanted);
  if (!format) problems.push({ where: '--format', message: `Must be one of ${LEDGER_FORMATS.join(', ')}.` });
  else if (args.flag('json') && format !== 'json') {
    problems.push({ where: '--json', message: `Contradicts --format ${format}.` });
  }
  return format;
}
