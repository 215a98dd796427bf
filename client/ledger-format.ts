/** Records and sums of the ledger as lines of CSV and as JSON. Amounts are credits, as exact decimal text. */
import { formatCredits, formatUsd } from '../domain/credits';
import { type LedgerRecord, uncertainCredits } from '../domain/ledger';
import { csvLine, type CsvCell } from './csv';
import type { Grouping, LedgerGroup, LedgerSums } from './ledger-report';

/** The first column tells records from their sums, so that neither is counted twice. */
type Row = 'attempt' | 'subtotal' | 'total';

const COLUMNS = [
  'row',
  'group',
  'booked_at',
  'tenant',
  'model',
  'size',
  'resolution',
  'quality',
  'state',
  'failure',
  'attempts',
  'images_asked',
  'images',
  'credits_held',
  'credits_used',
  'credits_uncertain',
  'basis',
  'billing_rule',
  'price_table',
  'job_id',
  'attempt',
  'attempt_id',
  'task_id',
  'created_at',
  'submitted_at',
  'metadata',
  'usage',
] as const;
type Cells = Partial<Record<(typeof COLUMNS)[number], CsvCell>>;

export const CSV_HEADER = csvLine(COLUMNS);

/** How a group without a value is called, where there is no other way to tell it from an empty one. */
export const NO_VALUE = '(none)';

export function recordCsv(record: LedgerRecord, grouping?: Grouping): string {
  const { state, creditsHeld, creditsUsed } = record;
  return line('attempt', {
    group: grouping && (grouping.groupOf(record) ?? NO_VALUE),
    booked_at: isoTime(record.bookedAt),
    tenant: record.tenant,
    model: record.model,
    size: record.size,
    resolution: record.resolution,
    quality: record.quality,
    state,
    failure: record.failure,
    attempts: 1,
    images_asked: record.n,
    images: record.images,
    credits_held: credits(creditsHeld),
    credits_used: credits(creditsUsed),
    credits_uncertain: credits(uncertainCredits(record)),
    basis: record.basis,
    billing_rule: record.billingRule,
    price_table: record.priceTable,
    job_id: record.jobId,
    attempt: record.attempt,
    attempt_id: record.attemptId,
    task_id: record.taskId,
    created_at: isoTime(record.createdAt),
    submitted_at: isoTime(record.submittedAt),
    metadata: JSON.stringify(record.metadata),
    usage: record.usage ?? undefined,
  });
}

export function subtotalCsv(group: LedgerGroup): string {
  return line('subtotal', { group: group.group ?? NO_VALUE, ...sumCells(group) });
}

export function totalCsv(total: LedgerSums): string {
  return line('total', sumCells(total));
}

function sumCells(sums: LedgerSums): Cells {
  return {
    attempts: sums.attempts,
    images_asked: sums.imagesAsked,
    images: sums.images,
    credits_held: credits(sums.creditsHeld),
    credits_used: credits(sums.creditsUsed),
    credits_uncertain: credits(sums.creditsUncertain),
  };
}

function line(row: Row, cells: Cells): string {
  const all: Cells = { row, ...cells };
  return csvLine(COLUMNS.map((column) => all[column]));
}

const credits = (units: number): CsvCell => ({ decimal: formatCredits(units) });

/** The raw usage stays the text that it is, so that no figure in it is rewritten. */
export function recordJson(record: LedgerRecord): Record<string, unknown> {
  return {
    booked_at: isoTime(record.bookedAt),
    tenant: record.tenant,
    model: record.model,
    size: record.size,
    resolution: record.resolution ?? null,
    quality: record.quality ?? null,
    state: record.state,
    failure: record.failure ?? null,
    images_asked: record.n,
    images: record.images,
    credits_held: formatCredits(record.creditsHeld),
    credits_used: formatCredits(record.creditsUsed),
    credits_uncertain: formatCredits(uncertainCredits(record)),
    basis: record.basis,
    billing_rule: record.billingRule ?? null,
    price_table: record.priceTable,
    job_id: record.jobId,
    attempt: record.attempt,
    attempt_id: record.attemptId,
    task_id: record.taskId ?? null,
    created_at: isoTime(record.createdAt),
    submitted_at: isoTime(record.submittedAt) ?? null,
    metadata: record.metadata,
    usage: record.usage ?? null,
    billing: record.billing ?? null,
    stray_of: record.strayOf ?? null,
  };
}

export function sumsJson(sums: LedgerSums): Record<string, unknown> {
  return {
    attempts: sums.attempts,
    booked: sums.booked,
    refunded: sums.refunded,
    refund_open: sums.refundOpen,
    unknown: sums.unknown,
    images_asked: sums.imagesAsked,
    images: sums.images,
    credits_held: formatCredits(sums.creditsHeld),
    credits_used: formatCredits(sums.creditsUsed),
    credits_uncertain: formatCredits(sums.creditsUncertain),
  };
}

export function groupJson(group: LedgerGroup): Record<string, unknown> {
  return { group: group.group ?? null, ...sumsJson(group) };
}

/** Dollars are rounded, so they are given for the total only: those of groups would not add up to it. */
export function totalJson(total: LedgerSums): Record<string, unknown> {
  return { ...sumsJson(total), usd: formatUsd(total.creditsUsed) };
}

function isoTime(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString();
}
