import fc from 'fast-check';
import type { LedgerRecord } from '../../../domain/ledger';
import { anyRecord, ledgerRecord, seedLedger } from '../../client/ledger-records';
import { MemoryTable } from '../../support/memory-table';
import { cli } from './cli';

const at = (time: string) => ({
  bookedAt: Date.parse(time),
  createdAt: Date.parse(time) - 60_000,
  submittedAt: undefined,
});

const RECORDS: readonly LedgerRecord[] = [
  ledgerRecord({ ...at('2026-11-01T00:00:00.000Z'), attemptId: 'a1', tenant: 'team-a', metadata: { team: '=1+1' } }),
  ledgerRecord({
    ...at('2026-11-02T10:00:00.000Z'),
    ...{ attemptId: '-b2', jobId: '-job', tenant: 'team-b', quality: 'high', n: 4, images: 3 },
    ...{ creditsHeld: 1_040_158, creditsUsed: 780_000, metadata: { team: 'red, "hot"' } },
  }),
  ledgerRecord({
    ...at('2026-11-02T11:00:00.000Z'),
    ...{ attemptId: 'c3', tenant: 'team-a', state: 'refunded', images: 0, creditsUsed: 0, basis: 'assumed' },
    ...{ usage: null, billingRule: undefined, failure: 'ContentPolicyViolation' },
  }),
  ledgerRecord({
    ...at('2026-11-30T23:59:59.999Z'),
    ...{ attemptId: 'd4', tenant: 'team-a', state: 'unknown', images: 0, creditsUsed: 0, taskId: undefined },
    ...{ usage: undefined, failure: 'SubmitOutcomeUnknown', metadata: { team: '=1+1' } },
  }),
];

const NOVEMBER = '--from 2026-11-01 --to 2026-11-30';

function setUp(records: readonly LedgerRecord[] = RECORDS) {
  const table = new MemoryTable({ pageSize: 2 });
  seedLedger(table, records);
  return { table, run: (line: string) => cli(`ledger ${line}`, { table }) };
}

/** 10⁻⁴ credit of a decimal text. */
function units(text: unknown): bigint {
  const [whole = '', fraction = ''] = String(text).split('.');
  return BigInt(whole + fraction.padEnd(4, '0'));
}

describe('ledger, as a table', () => {
  test('shows subtotals and the total, and what is uncertain', async () => {
    const { exitCode, out } = await setUp().run(`${NOVEMBER} --group-by tenant`);

    expect(exitCode).toBe(0);
    expect(out).toBe(`Ledger of 2026-11-01 to 2026-11-30, UTC

tenant  attempts  booked  refunded  refund open  unknown  images  credits held  credits used
team-b         1       1         0            0        0       3      104.0158       78.0000
team-a         3       1         1            0        1       1        1.1100        0.3682
total          4       2         1            0        1       4      105.1258       78.3682

78.3682 credits are 1.152474 USD.
Besides, 0.37 credits may still be charged: nothing shows whether EvoLink has a task
  (unknown), or whether it gave back what a failed task had reserved (refund open).
`);
  });

  test('of a month with nothing in it is all zeros', async () => {
    const { out } = await setUp([]).run('--from 2026-11-23 --to 2026-11-23');

    expect(out).toBe(`Ledger of 2026-11-23, UTC

       attempts  booked  refunded  refund open  unknown  images  credits held  credits used
total         0       0         0            0        0       0        0.0000        0.0000

0 credits are 0.000000 USD.
`);
  });

  test('what apps wrote does not reach the terminal as it is', async () => {
    const { out } = await setUp([ledgerRecord({ metadata: { team: '\u001b[2Jred\nblue' } })]).run(
      `${NOVEMBER} --group-by metadata.team`,
    );

    expect(out).toContain('\ufffd[2Jred\ufffdblue');
  });
});

describe('ledger --format csv', () => {
  test('has every attempt, then subtotals, then the total', async () => {
    const { out } = await setUp().run(`${NOVEMBER} --group-by metadata.team --format csv`);

    expect(out.split('\r\n')).toEqual([
      'row,group,booked_at,tenant,model,size,resolution,quality,state,failure,attempts,images_asked,images,' +
        'credits_held,credits_used,credits_uncertain,basis,billing_rule,price_table,job_id,attempt,attempt_id,task_id,' +
        'created_at,submitted_at,metadata,usage',
      `attempt,'=1+1,2026-11-01T00:00:00.000Z,team-a,gpt-image-2,1:1,1K,low,booked,,1,1,1,0.37,0.3682,0,credits_used,` +
        'per_token,evolink-2026-11-23,job-1,1,a1,task-unified-1790000000-a1b2c3d4,2026-10-31T23:59:00.000Z,,' +
        '"{""team"":""=1+1""}","{""billing_rule"":""per_token"",""credits_used"":0.3682}"',
      `attempt,"red, ""hot""",2026-11-02T10:00:00.000Z,team-b,gpt-image-2,1:1,1K,high,booked,,1,4,3,104.0158,78,0,` +
        "credits_used,per_token,evolink-2026-11-23,'-job,1,'-b2,task-unified-1790000000-a1b2c3d4," +
        '2026-11-02T09:59:00.000Z,,"{""team"":""red, \\""hot\\""""}",' +
        '"{""billing_rule"":""per_token"",""credits_used"":0.3682}"',
      'attempt,(none),2026-11-02T11:00:00.000Z,team-a,gpt-image-2,1:1,1K,low,refunded,ContentPolicyViolation,1,1,0,' +
        '0.37,0,0,assumed,,evolink-2026-11-23,job-1,1,c3,task-unified-1790000000-a1b2c3d4,2026-11-02T10:59:00.000Z,,{},',
      `attempt,'=1+1,2026-11-30T23:59:59.999Z,team-a,gpt-image-2,1:1,1K,low,unknown,SubmitOutcomeUnknown,1,1,0,0.37,0,` +
        '0.37,credits_used,per_token,evolink-2026-11-23,job-1,1,d4,,2026-11-30T23:58:59.999Z,,"{""team"":""=1+1""}",',
      'subtotal,"red, ""hot""",,,,,,,,,1,4,3,104.0158,78,0,,,,,,,,,,,',
      `subtotal,'=1+1,,,,,,,,,2,2,1,0.74,0.3682,0.37,,,,,,,,,,,`,
      'subtotal,(none),,,,,,,,,1,1,0,0.37,0,0,,,,,,,,,,,',
      'total,,,,,,,,,,4,7,4,105.1258,78.3682,0.37,,,,,,,,,,,',
      '',
    ]);
  });

  test('has no subtotals unless asked', async () => {
    const { out } = await setUp().run(`${NOVEMBER} --format csv`);

    expect(out.split('\r\n').map((line) => line.split(',')[0])).toEqual([
      'row',
      ...RECORDS.map(() => 'attempt'),
      'total',
      '',
    ]);
  });
});

describe('ledger --format json', () => {
  test('is one document, with the raw usage as the text that it was', async () => {
    const { run } = setUp();
    const { out } = await run(`${NOVEMBER} --group-by tenant --format json`);
    const document = JSON.parse(out) as Record<string, unknown> & { records: Record<string, unknown>[] };

    expect(document).toMatchObject({ from: '2026-11-01', to: '2026-11-30', group_by: 'tenant' });
    expect(document.records.map(({ attempt_id }) => attempt_id)).toEqual(['a1', '-b2', 'c3', 'd4']);
    expect(document.records[0]).toMatchObject({
      credits_used: '0.3682',
      usage: '{"billing_rule":"per_token","credits_used":0.3682}',
      metadata: { team: '=1+1' },
      submitted_at: null,
    });
    expect(document.subtotals).toMatchObject([
      { group: 'team-b', credits_used: '78' },
      { group: 'team-a', credits_used: '0.3682', credits_uncertain: '0.37' },
    ]);
    expect(document.total).toMatchObject({ attempts: 4, credits_used: '78.3682', usd: '1.152474' });
    expect((await run(`${NOVEMBER} --group-by tenant --json`)).out).toBe(out);
  });

  test('of nothing is a document too', async () => {
    expect(JSON.parse((await setUp([]).run(`${NOVEMBER} --json`)).out)).toMatchObject({
      records: [],
      subtotals: [],
      group_by: null,
      total: { attempts: 0, credits_used: '0' },
    });
  });
});

test('in each format the attempts add up to the subtotals and these to the total, exactly', async () => {
  const columnOf = (name: string, header: string) => header.split(',').indexOf(name);
  await fc.assert(
    fc.asyncProperty(fc.array(anyRecord, { maxLength: 12 }), async (records) => {
      const { run } = setUp(records.map((record, index) => ({ ...record, attemptId: `a${index}` })));
      const add = (amounts: unknown[]) => amounts.reduce((sum: bigint, amount) => sum + units(amount), 0n);

      const json = JSON.parse((await run(`${NOVEMBER} --group-by tenant --json`)).out) as Record<
        'records' | 'subtotals',
        { credits_used: string }[]
      > & { total: { credits_used: string } };
      const total = units(json.total.credits_used);
      expect(add(json.records.map(({ credits_used }) => credits_used))).toBe(total);
      expect(add(json.subtotals.map(({ credits_used }) => credits_used))).toBe(total);

      const [header = '', ...lines] = (await run(`${NOVEMBER} --group-by tenant --format csv`)).out.split('\r\n');
      // Every column up to the amounts is free of commas here.
      const amounts = (row: string) =>
        lines.filter((line) => line.startsWith(row)).map((line) => line.split(',')[columnOf('credits_used', header)]);
      expect(add(amounts('attempt'))).toBe(total);
      expect(add(amounts('subtotal'))).toBe(total);
      expect(amounts('total').map(units)).toEqual([total]);
      expect(total).toBe(records.reduce((sum, { creditsUsed }) => sum + BigInt(creditsUsed), 0n));
    }),
    { numRuns: 30 },
  );
});

test('a month is read with queries of single days, never with a scan', async () => {
  const { table, run } = setUp();

  await run(`${NOVEMBER} --format csv`);

  // Thirty days, one of which has a second page.
  expect(table.count('QueryCommand')).toBe(table.commands.length);
  expect(table.commands.length).toBeGreaterThanOrEqual(30);
  expect(table.commands.length).toBeLessThanOrEqual(32);
});

test('what was read is printed before more is read', async () => {
  const table: MemoryTable = new MemoryTable({
    before: () => {
      if (table.count('QueryCommand') > 1) throw new Error('only the first day can be read');
    },
  });
  seedLedger(table, RECORDS);

  const { exitCode, out, err } = await cli(`ledger ${NOVEMBER} --format csv`, { table });

  expect(exitCode).toBe(1);
  expect(err).toContain('only the first day');
  expect(out.split('\r\n').map((line) => line.split(',')[0])).toEqual(['row', 'attempt', '']);
});

test('a damaged record: exit code 1, and no total that would be wrong', async () => {
  const { exitCode, out, err } = await setUp([ledgerRecord({ creditsUsed: 0.5 })]).run(`${NOVEMBER} --format csv`);

  expect(exitCode).toBe(1);
  expect(out).not.toContain('total');
  expect(err).toMatch(/LedgerRecordError/);
});

test.each([
  ['', ['--from', '--to']],
  ['--from', ['--from', '--to']],
  ['--from 2026-11-31 --to x', ['--from', '--to']],
  ['--from 2026-11-30 --to 2026-11-01', ['--to']],
  ['--from 2024-11-30 --to 2026-11-01', ['--to']],
  [`${NOVEMBER} --group-by quality`, ['--group-by']],
  [`${NOVEMBER} --format xlsx`, ['--format']],
  [`${NOVEMBER} --format csv --json`, ['--json']],
  [`${NOVEMBER} --group-by x --format y extra --nope`, ['--format', '--group-by', '--nope', 'extra']],
])('ledger %s: every problem is listed, nothing is read', async (line, expected) => {
  const { table, run } = setUp();
  const { exitCode, out, err } = await run(line);
  const named = err.split('\n').flatMap((text) => /^ {2}(\S+)/.exec(text)?.[1] ?? []);

  expect(exitCode).toBe(2);
  expect(out).toBe('');
  expect(named.sort()).toEqual(expected);
  expect(table.commands).toEqual([]);
});
