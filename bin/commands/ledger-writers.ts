/** How the ledger is printed: record by record, so that a large month needs little memory. */
import type { DayRange } from '../../client/days';
import {
  CSV_HEADER,
  groupJson,
  NO_VALUE,
  recordCsv,
  recordJson,
  subtotalCsv,
  totalCsv,
  totalJson,
} from '../../client/ledger-format';
import type { Grouping, LedgerReport, LedgerSums } from '../../client/ledger-report';
import { formatCredits, formatUsd } from '../../domain/credits';
import type { LedgerRecord } from '../../domain/ledger';
import type { Io } from './command';
import { grouped, tableLines } from './table';

export const LEDGER_FORMATS = ['table', 'csv', 'json'] as const;
export type LedgerFormat = (typeof LEDGER_FORMATS)[number];

export interface LedgerWriter {
  readonly begin: () => Promise<void>;
  readonly record: (record: LedgerRecord) => Promise<void>;
  readonly end: (report: LedgerReport) => Promise<void>;
}

interface Context {
  readonly range: DayRange;
  readonly grouping?: Grouping;
  readonly io: Io;
}

export function ledgerWriter(format: LedgerFormat, context: Context): LedgerWriter {
  return WRITERS[format](context);
}

const WRITERS: Readonly<Record<LedgerFormat, (context: Context) => LedgerWriter>> = {
  csv: ({ io, grouping }) => ({
    begin: () => io.out(CSV_HEADER),
    record: (record) => io.out(recordCsv(record, grouping)),
    end: (report) => io.out(report.subtotals.map(subtotalCsv).join('') + totalCsv(report.total)),
  }),

  /** One JSON document, one record to a line. */
  json: ({ io, range, grouping }) => {
    let separator = '\n';
    return {
      begin: () => {
        const head = JSON.stringify({ ...range, group_by: grouping?.name ?? null });
        return io.out(`${head.slice(0, -1)},"records":[`);
      },
      record: async (record) => {
        await io.out(separator + JSON.stringify(recordJson(record)));
        separator = ',\n';
      },
      end: (report) => {
        const subtotals = report.subtotals.map((group) => JSON.stringify(groupJson(group))).join(',\n');
        const total = JSON.stringify(totalJson(report.total));
        return io.out(`\n],"subtotals":[${subtotals && `\n${subtotals}\n`}],"total":${total}}\n`);
      },
    };
  },

  table: (context) => ({
    begin: async () => undefined,
    record: async () => undefined,
    end: (report) => context.io.out(summary(report, context)),
  }),
};

function summary(report: LedgerReport, { range, grouping, io }: Context): string {
  const { subtotals, total } = report;
  const rows = [...subtotals.map((group) => [group.group ?? NO_VALUE, ...cells(group)]), ['total', ...cells(total)]];
  const right = (heading: string) => ({ heading, align: 'right' as const });
  const lines = tableLines(
    [
      { heading: grouping?.name ?? '' },
      ...['attempts', 'booked', 'refunded', 'refund open', 'unknown', 'images', 'credits held', 'credits used'].map(
        right,
      ),
    ],
    rows,
  );
  const table = lines.map((line, index) => (index === 0 || index === lines.length - 1 ? io.paint.bold(line) : line));
  const days = range.from === range.to ? range.from : `${range.from} to ${range.to}`;
  return `${[`Ledger of ${days}, UTC`, '', ...table, '', ...remarks(total)].join('\n')}\n`;
}

function cells(sums: LedgerSums): string[] {
  const counts = [sums.attempts, sums.booked, sums.refunded, sums.refundOpen, sums.unknown, sums.images].map(grouped);
  return [...counts, fourDecimals(sums.creditsHeld), fourDecimals(sums.creditsUsed)];
}

function remarks({ creditsUsed, creditsUncertain }: LedgerSums): string[] {
  const dollars = `${formatCredits(creditsUsed)} credits are ${formatUsd(creditsUsed)} USD.`;
  if (creditsUncertain === 0) return [dollars];
  return [
    dollars,
    `Besides, ${formatCredits(creditsUncertain)} credits may still be charged: nothing shows whether EvoLink has a task`,
    '  (unknown), or whether it gave back what a failed task had reserved (refund open).',
  ];
}

/** Points stand below each other. */
function fourDecimals(units: number): string {
  const [whole = '', fraction = ''] = formatCredits(units).split('.');
  return `${whole}.${fraction.padEnd(4, '0')}`;
}
