/** The exported ledger of a month and that month's spend counters say the same, whenever the truth came out. */
import * as fc from 'fast-check';
import { readLedger } from '../../../client/ledger-reader';
import { monthOf, readSpend, total } from '../../../lambda/reconcile/spend';
import { attemptIdOf } from '../../../lambda/shared/attempts/attempt';
import { recordUnknown } from '../../../lambda/shared/attempts/record-unknown';
import { readRequestFacts } from '../../../lambda/shared/attempts/requests';
import { jobAsking } from '../../support/budgets';
import { TestPipeline } from '../../support/pipeline';

const HOUR = 3_600_000;
const MONTHS = ['2026-11', '2026-12', '2027-01', '2027-02', '2027-03'];

/** Waits are long enough for a booking to come months after its attempt. */
const wait = fc.integer({ min: 0, max: 900 });
const anAttempt = fc.record({
  opens: wait,
  /** Absent: it is never given up. */
  unknownAfter: fc.option(wait, { nil: undefined }),
  /** Absent: nobody ever learns what became of it. */
  booksAfter: fc.option(wait, { nil: undefined }),
  used: fc.integer({ min: 0, max: 9_999 }),
  images: fc.integer({ min: 0, max: 3 }),
});

async function sumsOf({ memory }: TestPipeline, month: string) {
  const last = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).toISOString().slice(0, 10);
  const sums = { creditsUsed: 0, images: 0 };
  const attempts: string[] = [];
  for await (const record of readLedger(memory, { from: `${month}-01`, to: last })) {
    sums.creditsUsed += record.creditsUsed;
    sums.images += record.images;
    attempts.push(record.attemptId);
  }
  return { ...sums, attempts };
}

test('a month’s ledger is that month’s spend, and an attempt has one record in all months together', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anAttempt, { maxLength: 8 }), async (plans) => {
      const pipeline = new TestPipeline();
      const { client, tableName } = pipeline.memory;
      const start = pipeline.time;
      const said: string[] = [];
      for (const [index, { opens, unknownAfter, booksAfter, used, images }] of plans.entries()) {
        const jobId = `job-${index}`;
        const attemptId = attemptIdOf(jobId, 1);
        pipeline.time = start + opens * HOUR;
        await pipeline.open({ job: jobAsking(5_000, jobId) });
        if (unknownAfter !== undefined) {
          pipeline.time += unknownAfter * HOUR;
          const attempt = await pipeline.attempt(attemptId);
          const request = await readRequestFacts(client, tableName, attempt);
          expect(await recordUnknown({ client, tableName }, attempt, request, pipeline.time)).toBe(true);
        }
        if (booksAfter !== undefined) {
          pipeline.time += booksAfter * HOUR;
          const outcome = { taskId: jobId, results: Array<string>(images).fill('https://x/1.png'), usage: null };
          const end = { status: 'COMPLETED', basis: 'credits_used', outcome, creditsUsed: used } as const;
          await pipeline.book(await pipeline.attempt(attemptId), { ...end, completedAt: pipeline.time });
        }
        if (unknownAfter !== undefined || booksAfter !== undefined) said.push(attemptId);
      }

      const found: string[] = [];
      for (const month of MONTHS) {
        const { attempts, creditsUsed, images } = await sumsOf(pipeline, month);
        expect({ creditsUsed, images }).toEqual(total(await readSpend(client, tableName, month)));
        found.push(...attempts);
      }
      expect(found.sort()).toEqual(said.sort());
      expect(MONTHS).toContain(monthOf(pipeline.time));
    }),
    { numRuns: 60 },
  );
});
