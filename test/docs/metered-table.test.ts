import { GetCommand, PutCommand, QueryCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { TABLE } from '../../domain/constants';
import { MemoryTable } from '../support/memory-table';
import { itemBytes, MeteredTable } from './support/metered-table';

const TableName = 'attempts';
const Key = { pk: 'a', sk: 'b' };
const KEY_BYTES = itemBytes(Key);

/** An item of exactly so many bytes. */
const sized = (bytes: number) => ({ ...Key, x: 'x'.repeat(bytes - KEY_BYTES - 1) });
const inIndex = { openShard: 'open#1', nextCheckAt: 1 };

function table(item?: object) {
  const memory = new MemoryTable({ tableName: TableName });
  if (item) memory.seed(item);
  return new MeteredTable(memory);
}

async function writeUnits(command: object, item?: object): Promise<number> {
  const metered = table(item);
  await metered.client.send(command as never).catch((error: Error) => {
    if (error.name !== 'ConditionalCheckFailedException') throw error;
  });
  return metered.writeUnits;
}

const put = (Item: object, condition = {}) => new PutCommand({ TableName, Item: Item as typeof Key, ...condition });
const set = (name: string, value: unknown) =>
  new UpdateCommand({
    ...{ TableName, Key, UpdateExpression: 'SET #name = :value' },
    ...{ ExpressionAttributeNames: { '#name': name }, ExpressionAttributeValues: { ':value': value } },
  });
const inTransaction = (Item: object) => new TransactWriteCommand({ TransactItems: [{ Put: { TableName, Item } }] });
const ifAbsent = { ConditionExpression: 'attribute_not_exists(pk)' };

type Case = [what: string, units: number, command: object, item?: object];

// Without its last element, jest would hand a callback over in its place.
const cases = (all: Case[]) => all.map(([what, units, command, item]) => ({ what, units, command, item }));

const writes = cases([
  ['1 KB', 1, put(sized(1_024))],
  ['a byte more', 2, put(sized(1_025))],
  ['a small change of a large item', 3, set('y', 1), sized(2_100)],
  ['a large item made small', 3, put(sized(100)), sized(2_100)],
  ['a write that is refused', 3, put(sized(100), ifAbsent), sized(2_100)],
  ['a transaction', 4, inTransaction(sized(1_025))],
  ['a new item that is in the index', 2, put({ ...Key, ...inIndex })],
  ['a key of the index, which moves its entry', 3, set('nextCheckAt', 2), { ...Key, ...inIndex }],
  ['what the index projects', 2, set('status', 'SUBMITTED'), { ...Key, ...inIndex }],
  ['what the index does not project', 1, set('y', 1), { ...Key, ...inIndex }],
]);
test.each(writes)('$what: $units write units', async ({ units, command, item }) => {
  expect(await writeUnits(command, item)).toBe(units);
});

const get = (ConsistentRead: boolean) => new GetCommand({ TableName, Key, ConsistentRead });
const query = (ConsistentRead: boolean) =>
  new QueryCommand({
    ...{ TableName, ConsistentRead, KeyConditionExpression: 'pk = :pk' },
    ExpressionAttributeValues: { ':pk': Key.pk },
  });
const queryIndex = new QueryCommand({
  ...{ TableName, IndexName: TABLE.openIndex, KeyConditionExpression: 'openShard = :shard' },
  ExpressionAttributeValues: { ':shard': inIndex.openShard },
});

const reads = cases([
  ['4 KB', 1, get(true), sized(4_096)],
  ['a byte more', 2, get(true), sized(4_097)],
  ['a byte more, perhaps stale', 1, get(false), sized(4_097)],
  ['what is not there', 1, get(true)],
  ['a query', 2, query(true), sized(4_097)],
  ['a query of the index, which has no large attributes', 0.5, queryIndex, { ...sized(8_000), ...inIndex }],
  ['a query that finds nothing', 0.5, query(false)],
]);
test.each(reads)('$what: $units read units', async ({ units, command, item }) => {
  const metered = table(item);
  await metered.client.send(command as never);
  expect(metered.readUnits).toBe(units);
  expect(metered.writeUnits).toBe(0);
});

test('bytes of an item: names and values, numbers by their digits, lists and maps with what holds them', () => {
  expect(itemBytes({ text: 'ä', yes: true, time: 1_790_000_000_000, list: ['ab', 1], map: { a: null } })).toBe(
    4 + 2 + (3 + 1) + (4 + 8) + (4 + 3 + 2 + 2 + 2) + (3 + 3 + 1 + 1 + 1),
  );
});
