import { RuntimeSettingsStore } from '../../client/runtime-settings';
import { SETTINGS_KEY } from '../../domain/settings';
import { MemoryTable } from '../support/memory-table';

const NOW = new Date('2026-11-23T10:00:00.000Z');
const EARLIER = { state: 'refuted', since: '2026-01-01T00:00:00.000Z', by: 'second task' } as const;

function setUp(settings?: object) {
  const table = new MemoryTable();
  if (settings) table.seed({ ...SETTINGS_KEY, ...settings });
  return { table, store: new RuntimeSettingsStore({ client: table.client, tableName: table.tableName }) };
}

test('nothing is known at first', async () => {
  expect((await setUp().store.read()).idempotency).toBeUndefined();
});

test('what was seen is written beside the other settings', async () => {
  const { store } = setUp({ paused: { since: 'x' }, budgetLimits: { 'all-day': 1 } });

  expect(await store.setIdempotency('proven', NOW)).toEqual({ changed: true, previous: undefined });
  expect(await store.read()).toEqual({
    paused: { since: 'x' },
    budgetLimits: { 'all-day': 1 },
    idempotency: { state: 'proven', since: NOW.toISOString(), by: 'verify' },
  });
});

test('it replaces what production had seen, and says what that was', async () => {
  const { store } = setUp({ idempotency: EARLIER });

  expect(await store.setIdempotency('proven', NOW)).toEqual({ changed: true, previous: EARLIER });
  expect(await store.setIdempotency('proven', new Date())).toMatchObject({ changed: false });
  expect((await store.read()).idempotency).toMatchObject({ state: 'proven', since: NOW.toISOString() });
});

test('a finding of production in between is read again, not overwritten unseen', async () => {
  let meanwhile = true;
  const table: MemoryTable = new MemoryTable({
    before: (name) => {
      if (name !== 'UpdateCommand' || !meanwhile) return;
      meanwhile = false;
      table.seed({ ...SETTINGS_KEY, idempotency: EARLIER });
    },
  });
  const store = new RuntimeSettingsStore({ client: table.client, tableName: table.tableName });

  expect(await store.setIdempotency('proven', NOW)).toEqual({ changed: true, previous: EARLIER });
});
