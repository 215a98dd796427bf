import { appliedBudgets, type BudgetRule } from '../../../domain/budgets';
import { SETTINGS_KEY } from '../../../domain/settings';
import { MemoryTable } from '../../support/memory-table';
import { cli, NOW } from './cli';

const ALL: BudgetRule = { id: 'all-day', scope: 'all', period: 'day', limit: 500_000, timeZone: 'Europe/Berlin' };
const EACH: BudgetRule = { id: 'each-month', scope: 'each', period: 'month', limit: 100_000, timeZone: 'UTC' };

function setUp(rules: readonly BudgetRule[] = [ALL, EACH]) {
  const table = new MemoryTable();
  for (const [rule, tenant, spent, held] of [
    [ALL, 'team_a', 123_456, 1_000],
    [EACH, 'team_a', 50_000, 0],
  ] as const) {
    const [applied] = appliedBudgets([rule], tenant, NOW.getTime());
    table.seed({ ...applied?.counter, committed: spent + held, spent, held });
  }
  const outputs = { TableName: table.tableName, Budgets: JSON.stringify(rules) };
  const run = (line: string) => cli(line, { table, outputs });
  const limits = () => table.item(SETTINGS_KEY)?.budgetLimits as Record<string, number> | undefined;
  return { table, run, limits };
}

describe('budget', () => {
  test('lists limits and their use', async () => {
    const { run } = setUp();

    const { exitCode, out } = await run('budget');

    expect(exitCode).toBe(0);
    expect(out).toBe(`budget      limit  deployed    spent  held    used  starts afresh
all-day        50            12.3456   0.1  24.8 %  2026-11-23T23:00:00.000Z
each-month     10                                   each tenant its own: --tenant
`);
  });

  test('shows what replaces a deployed limit, the use of a tenant, and that the pipeline is paused', async () => {
    const { run } = setUp();
    await run('budget set all-day 75.5');
    await run('pause');

    const { out } = await run('budget --tenant team_a');

    expect(out).toBe(`Paused since 2026-11-23T10:00:00.000Z.

budget      limit  deployed    spent  held    used  starts afresh
all-day      75.5        50  12.3456   0.1  16.4 %  2026-11-23T23:00:00.000Z
each-month     10                  5     0  50.0 %  2026-12-01T00:00:00.000Z
`);
  });

  test('as JSON', async () => {
    const { run } = setUp();
    await run('budget set each-month 0');

    expect(JSON.parse((await run('budget --json')).out)).toEqual({
      paused: null,
      budgets: [
        {
          id: 'all-day',
          limit: '50',
          deployed_limit: '50',
          overridden: false,
          time_zone: 'Europe/Berlin',
          spent: '12.3456',
          held: '0.1',
          resets_at: '2026-11-23T23:00:00.000Z',
        },
        {
          id: 'each-month',
          limit: '0',
          deployed_limit: '10',
          overridden: true,
          time_zone: 'UTC',
          spent: null,
          held: null,
          resets_at: null,
        },
      ],
      other_limits: {},
    });
  });

  test('tells limits of budgets that are not deployed from those that are', async () => {
    const { table, run } = setUp([ALL]);
    table.seed({ ...SETTINGS_KEY, budgetLimits: { 'each-month': 7 } });

    expect((await run('budget')).out).toMatch(/not deployed, without effect:\n {2}each-month {2}0\.0007 credits\n$/);
  });

  test('with the table alone it knows only what was set at run time', async () => {
    const { run } = setUp();

    expect((await run('budget --table attempts')).out).toMatch(/^No limits were set at run time\.\n\nDeployed budgets/);
    await run('budget set all-month 3 --table attempts');
    expect((await run('budget --table attempts')).out).toMatch(
      /^Limits set at run time:\n {2}all-month {2}3 credits\n/,
    );
  });

  test('says that there are none', async () => {
    expect((await setUp([]).run('budget')).out).toBe('The pipeline has no budgets.\n');
  });

  test('an output that is no list of budgets: exit code 1', async () => {
    expect(await cli('budget', { outputs: { TableName: 'attempts', Budgets: 'x' } })).toMatchObject({ exitCode: 1 });
  });
});

describe('budget set and reset', () => {
  test('change the limit that claims read, to the last 10⁻⁴ credit', async () => {
    const { run, limits } = setUp();

    expect((await run('budget set all-day 75.5')).out).toMatch(
      /^Budget all-day: 75\.5 credits from now on, instead of the deployed 50\.\n.*budget reset all-day\n$/,
    );
    expect(limits()).toEqual({ 'all-day': 755_000 });
    expect((await run('budget set all-day 75.5')).out).toMatch(/had this limit already: 75\.5 .*Nothing was changed/);
    expect((await run('budget set all-day 80.00019')).out).toMatch(/80\.0001 credits from now on, instead of 75\.5\./);
    expect(limits()).toEqual({ 'all-day': 800_001 });
    expect((await run('budget reset all-day')).out).toMatch(/deployed limit of 50 credits applies again/);
    expect(limits()).toEqual({});
    expect((await run('budget reset all-day')).out).toMatch(/had no limit of its own.*Nothing was changed/);
  });

  test('as JSON', async () => {
    const { run } = setUp();
    const json = async (line: string) => JSON.parse((await run(line)).out) as unknown;

    expect(await json('budget set all-day 75.5 --json')).toEqual({
      id: 'all-day',
      changed: true,
      limit: '75.5',
      previous: null,
      deployed: '50',
    });
    expect(await json('budget reset all-day --json')).toEqual({
      id: 'all-day',
      changed: true,
      previous: '75.5',
      deployed: '50',
    });
  });

  test('a limit of a budget that is not deployed is refused, one that was left over can be reset', async () => {
    const { table, run, limits } = setUp();
    table.seed({ ...SETTINGS_KEY, budgetLimits: { 'tenant-old-day': 7 } });

    const { exitCode, err } = await run('budget set all-month 5');

    expect(exitCode).toBe(2);
    expect(err).toContain('It has all-day, each-month.');
    expect(limits()).toEqual({ 'tenant-old-day': 7 });
    expect((await run('budget reset tenant-old-day')).exitCode).toBe(0);
    expect(limits()).toEqual({});
  });

  test.each([
    ['budget set', ['<id>', '<credits>']],
    ['budget set all-day', ['<credits>']],
    ['budget set all-days 5', ['all-days']],
    ['budget set tenant-a.b-day much', ['tenant-a.b-day', 'much']],
    ['budget set all-day 5 now', ['now']],
    ['budget set all-day 1e400', ['1e400']],
    ['budget reset', ['<id>']],
    ['budget reset all-day 5', ['5']],
    ['budget raise all-day', ['raise']],
    ['budget list all-day', ['all-day']],
    ['budget --tenant a#b', ['--tenant']],
  ])('%s: every problem is listed', async (line, expected) => {
    const { table, run } = setUp();
    const { exitCode, err } = await run(line);
    const named = err.split('\n').flatMap((text) => /^ {2}(\S+)/.exec(text)?.[1] ?? []);

    expect(exitCode).toBe(2);
    expect(named.sort()).toEqual([...expected].sort());
    expect(table.commands).toEqual([]);
  });
});
