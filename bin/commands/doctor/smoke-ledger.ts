import { type DayRange, dayOf } from '../../../client/days';
import { readLedger } from '../../../client/ledger-reader';
import type { JobOutput } from '../../../domain/job';
import type { LedgerRecord } from '../../../domain/ledger';
import type { Deployment } from './deployment';

export interface RecordLookup {
  readonly record?: LedgerRecord;
  /** Where it was looked for. */
  readonly days: DayRange;
}

/** The record of the attempt that gave the job its images: on the day on which EvoLink's answer was booked. */
export async function ledgerRecordOf(deployment: Deployment, output: JobOutput): Promise<RecordLookup> {
  // By the clock of AWS, not by that of this machine.
  const day = dayOf(Date.parse(output.timings.completed_at));
  const days = { from: day, to: day };
  for await (const record of readLedger(deployment.table, days)) {
    if (record.jobId === output.job_id && record.attempt === output.attempt) return { record, days };
  }
  return { days };
}
