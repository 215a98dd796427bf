import { RuntimeSettingsStore, SettingsBusyError } from '../../client/runtime-settings';
import { SETTINGS_KEY } from '../../domain/settings';
import { MemoryTable, type MemoryTableOptions } from '../support/memory-table';

const NOW = new Date('2026-11-23T10:00:00.000Z');
const LATER = new Date('2026-11-23T11:00:00.000Z');

function setUp(options?: MemoryTableOptions) {
  const table = new MemoryTable(options);
  return { table, settings: new RuntimeSettingsStore(table) };
}

/** The item without its key. */
const stored = (table: MemoryTable) =>
  Object.fromEntries(Object.entries(table.item(SETTINGS_KEY) ?? {}).filter(([name]) => !(name in SETTINGS_KEY)));

describe('the emergency stop', () => {
  test('is one item with its time and reason', async () => {
    const { table, settings } = setUp();

    const result = await settings.pause(NOW, 'a loop');

    expect(result).toEqual({ changed: true, paused: { since: '2026-11-23T10:00:00.000Z', reason: 'a loop' } });
    expect(stored(table)).toEqual({ paused: { since: '2026-11-23T10:00:00.000Z', reason: 'a loop' } });
    expect(await settings.read()).toEqual(stored(table));
  });

  test('repeated, keeps the first time and reason and says so', async () => {
    const { table, settings } = setUp();
    const first = await settings.pause(NOW, 'a loop');

    const second = await settings.pause(LATER, 'something else');

    expect(second).toEqual({ changed: false, paused: first.paused });
    expect(stored(table)).toEqual({ paused: first.paused });
  });

  test('ends once, and tells what it ended', async () => {
    const { table, settings } = setUp();
    const { paused } = await settings.pause(NOW);

    expect(await settings.resume()).toEqual({ changed: true, paused });
    expect(await settings.resume()).toEqual({ changed: false });
    expect(stored(table)).toEqual({});
  });

  test('resume where nothing was ever set writes nothing', async () => {
    const { table, settings } = setUp();

    expect(await settings.resume()).toEqual({ changed: false });
    expect(table.items()).toEqual([]);
  });

  test('of two that stop at the same moment one learns that it was second', async () => {
    let isFirst = true;
    const { table, settings } = setUp({
      before: async (name) => {
        if (name !== 'UpdateCommand' || !isFirst) return;
        isFirst = false;
        await new RuntimeSettingsStore(table).pause(LATER, 'the other');
      },
    });

    const result = await settings.pause(NOW, 'ours');

    expect(result).toEqual({ changed: false, paused: { since: LATER.toISOString(), reason: 'the other' } });
    expect(stored(table)).toEqual({ paused: result.paused });
  });

  test('leaves the limits of budgets alone, in both directions', async () => {
    const { table, settings } = setUp();
    await settings.setBudgetLimit('all-day', 50);
    await settings.pause(NOW);
    await settings.setBudgetLimit('all-month', 70);

    await settings.resume();

    expect(stored(table)).toEqual({ budgetLimits: { 'all-day': 50, 'all-month': 70 } });
  });

  test('gives up when others keep changing it', async () => {
    const { table, settings } = setUp({
      before: (name) => {
        if (name === 'GetCommand') table.seed({ ...SETTINGS_KEY });
        if (name === 'UpdateCommand') table.seed({ ...SETTINGS_KEY, paused: { since: 'just now' } });
      },
    });

    await expect(settings.pause(NOW)).rejects.toThrow(SettingsBusyError);
  });

  test('passes on a failure of the table', async () => {
    const { table, settings } = setUp();
    table.failNext('UpdateCommand', new Error('no network'));

    await expect(settings.pause(NOW)).rejects.toThrow('no network');
  });
});

describe('limits of budgets', () => {
  test('are set, replaced and reset, each telling what was there before', async () => {
    const { table, settings } = setUp();

    expect(await settings.setBudgetLimit('all-day', 500_000)).toEqual({ changed: true, previous: undefined });
    expect(await settings.setBudgetLimit('all-day', 500_000)).toEqual({ changed: false, previous: 500_000 });
    expect(await settings.setBudgetLimit('all-day', 0)).toEqual({ changed: true, previous: 500_000 });
    expect(stored(table)).toEqual({ budgetLimits: { 'all-day': 0 } });
    expect(await settings.resetBudgetLimit('all-day')).toEqual({ changed: true, previous: 0 });
    expect(await settings.resetBudgetLimit('all-day')).toEqual({ changed: false });
    expect(stored(table)).toEqual({ budgetLimits: {} });
  });

  test('stand side by side', async () => {
    const { table, settings } = setUp();

    await settings.setBudgetLimit('all-day', 1);
    await settings.setBudgetLimit('tenant-team_a-month', 2);
    await settings.setBudgetLimit('each-day', 3);
    await settings.resetBudgetLimit('all-day');

    expect(stored(table)).toEqual({ budgetLimits: { 'tenant-team_a-month': 2, 'each-day': 3 } });
  });

  test('set by two at the same moment are both kept', async () => {
    let isFirst = true;
    const { table, settings } = setUp({
      before: async (name) => {
        if (name !== 'UpdateCommand' || !isFirst) return;
        isFirst = false;
        await new RuntimeSettingsStore(table).setBudgetLimit('all-month', 2);
      },
    });

    expect(await settings.setBudgetLimit('all-day', 1)).toEqual({ changed: true, previous: undefined });
    expect(stored(table)).toEqual({ budgetLimits: { 'all-month': 2, 'all-day': 1 } });
  });

  test('a limit that another changed meanwhile is told as it was when it was replaced', async () => {
    const { table, settings } = setUp({
      before: (name) => {
        // Only ahead of our own first write.
        if (name === 'UpdateCommand' && table.count('UpdateCommand') === 1) {
          table.seed({ ...SETTINGS_KEY, budgetLimits: { 'all-day': 7 } });
        }
      },
    });
    table.seed({ ...SETTINGS_KEY, budgetLimits: { 'all-day': 5 } });

    expect(await settings.setBudgetLimit('all-day', 9)).toEqual({ changed: true, previous: 7 });
    expect(stored(table)).toEqual({ budgetLimits: { 'all-day': 9 } });
  });

  test.each([-1, 1.5, NaN])('%p is no limit', async (limit) => {
    await expect(setUp().settings.setBudgetLimit('all-day', limit)).rejects.toThrow(RangeError);
  });
});
