import { DeleteCommand, GetCommand, PutCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import * as fc from 'fast-check';
import { MemoryTable } from './memory-table';

const TableName = 'attempts';
const Key = { pk: 'attempt#1', sk: 'attempt' };
const ITEM = { ...Key, text: 'b', number: 5, flag: true, nothing: null, list: [1, 'x'], map: { part: 7 } };

function tableWith(...items: object[]): MemoryTable {
  const table = new MemoryTable();
  items.forEach((item) => table.seed(item));
  return table;
}

/** Whether a condition lets a write of ITEM through. */
async function isMet(ConditionExpression: string, values?: object, names?: Record<string, string>): Promise<boolean> {
  const table = tableWith(ITEM);
  const check = { TableName, Key, ConditionExpression };
  const given = { ExpressionAttributeValues: values as Record<string, unknown>, ExpressionAttributeNames: names };
  try {
    await table.client.send(new DeleteCommand({ ...check, ...given }));
    return true;
  } catch (error) {
    if ((error as Error).name === 'ConditionalCheckFailedException') return false;
    throw error;
  }
}

describe('conditions', () => {
  test.each([
    ['attribute_exists(text)', true],
    ['attribute_exists(nothing)', true],
    ['attribute_exists(absent)', false],
    ['attribute_exists(map.part)', true],
    ['attribute_exists(list[1])', true],
    ['attribute_exists(list[2])', false],
    ['attribute_not_exists(absent)', true],
    ['attribute_not_exists(text)', false],
    ['NOT attribute_not_exists(text)', true],
    ['attribute_exists(absent) AND attribute_exists(text) OR attribute_exists(pk)', true],
    ['attribute_exists(absent) AND (attribute_exists(text) OR attribute_exists(pk))', false],
    ['attribute_exists(pk) or attribute_exists(absent) and attribute_exists(absent)', true],
    ['NOT attribute_exists(absent) AND attribute_exists(pk)', true],
    ['NOT (attribute_exists(absent) AND attribute_exists(pk))', true],
    ['pk <> sk', true],
    ['text = text', true],
  ])('%s: %s', async (condition, expected) => {
    // ITEM's own names are no reserved words but `text`, `number`, `list` and `map`.
    const names = { '#text': 'text', '#list': 'list', '#map': 'map' };
    const escaped = condition.replaceAll(/\b(text|list|map)\b/g, '#$1');
    const used = Object.entries(names).filter(([name]) => escaped.includes(name));
    expect(await isMet(escaped, undefined, used.length > 0 ? Object.fromEntries(used) : undefined)).toBe(expected);
  });

  const NUMBERS = [
    ['=', false, true, false],
    ['<>', true, false, true],
    ['<', true, false, false],
    ['<=', true, true, false],
    ['>', false, false, true],
    ['>=', false, true, true],
  ] as const;
  test.each(NUMBERS)(
    '%s of numbers, texts, absent attributes and other types',
    async (comparator, below, equal, above) => {
      const expression = `#it ${comparator} :v`;
      const met = (name: string, v: unknown) => isMet(expression, { ':v': v }, { '#it': name });

      expect([await met('number', 6), await met('number', 5), await met('number', 4)]).toEqual([below, equal, above]);
      expect([await met('text', 'c'), await met('text', 'b'), await met('text', 'a')]).toEqual([below, equal, above]);
      // What is missing, or of another type, is only ever unequal.
      expect(await met('absent', 5)).toBe(comparator === '<>');
      expect(await met('number', '5')).toBe(comparator === '<>');
    },
  );

  test('texts are ordered by their UTF-8 bytes, not by UTF-16 units', async () => {
    const table = tableWith({ ...Key, name: '\u{1F600}' });
    const command = new DeleteCommand({
      TableName,
      Key,
      ConditionExpression: '#n > :v',
      ExpressionAttributeNames: { '#n': 'name' },
      ExpressionAttributeValues: { ':v': '\uFF5E' },
    });
    await expect(table.client.send(command)).resolves.toEqual({});
  });

  test.each([
    ['number IN (:a, :b)', { ':a': 1, ':b': 5 }, true],
    ['number IN (:a, :b)', { ':a': 1, ':b': '5' }, false],
    ['absent IN (:a)', { ':a': 1 }, false],
    ['number BETWEEN :a AND :b', { ':a': 5, ':b': 6 }, true],
    ['number BETWEEN :a AND :b AND attribute_exists(pk)', { ':a': 6, ':b': 7 }, false],
    ['begins_with(pk, :a)', { ':a': 'attempt#' }, true],
    ['begins_with(pk, :a)', { ':a': 'task#' }, false],
    ['flag = :a', { ':a': true }, true],
    ['nothing = :a', { ':a': null }, true],
    ['list = :a', { ':a': [1, 'x'] }, true],
    ['list = :a', { ':a': [1] }, false],
    ['map = :a', { ':a': { part: 7 } }, true],
    ['map.part = :a', { ':a': 7 }, true],
  ])('%s with %j: %s', async (condition, values, expected) => {
    const escaped = condition.replaceAll(/\b(number|list|map)\b/g, '#$1');
    const [name] = /#\w+/.exec(escaped) ?? [];
    expect(await isMet(escaped, values, name === undefined ? undefined : { [name]: name.slice(1) })).toBe(expected);
  });

  test.each([
    ['an empty text', '', {}],
    ['two comparisons without AND', 'pk = :a sk = :a', { ':a': 1 }],
    ['an open parenthesis', '(pk = :a', { ':a': 1 }],
    ['redundant parentheses', '((pk = :a))', { ':a': 1 }],
    ['an unknown character', 'pk == :a', { ':a': 1 }],
    ['an unknown function', 'exists(pk)', {}],
    ['a reserved word', 'status = :a', { ':a': 1 }],
    ['a reserved word in capitals', 'Token = :a', { ':a': 1 }],
    ['a value that is not given', 'pk = :a', { ':b': 1 }],
    ['a value that is undefined', 'pk = :a', { ':a': undefined }],
    ['a value that is not used', 'pk = :a', { ':a': 1, ':b': 1 }],
    ['a name that is not given', '#pk = :a', { ':a': 1 }],
    ['no values at all', 'pk = sk', {}],
    ['an order of booleans', 'flag < :a', { ':a': true }],
  ])('%s is refused', async (_, condition, values) => {
    await expect(isMet(condition, values)).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('a name that is not used is refused', async () => {
    await expect(isMet('attribute_exists(pk)', undefined, { '#s': 'status' })).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  test('De Morgan holds for any three facts', async () => {
    const fact = fc.constantFrom('attribute_exists(pk)', 'attribute_exists(absent)', 'NOT attribute_exists(absent)');
    await fc.assert(
      fc.asyncProperty(fact, fact, fact, async (a, b, c) => {
        const [left, right] = [
          await isMet(`NOT (${a} AND ${b} OR ${c})`),
          await isMet(`(NOT ${a} OR NOT ${b}) AND NOT ${c}`),
        ];
        expect(left).toBe(right);
      }),
    );
  });
});

describe('updates', () => {
  async function after(UpdateExpression: string, values?: object, names?: Record<string, string>) {
    const table = tableWith(ITEM);
    const given = { ExpressionAttributeValues: values as Record<string, unknown>, ExpressionAttributeNames: names };
    await table.client.send(new UpdateCommand({ TableName, Key, UpdateExpression, ...given }));
    return table.item(Key);
  }

  test('SET, REMOVE and ADD in one expression, each read from the item as it was', async () => {
    const result = await after(
      'SET flag = :no, total2 = #n + :two, fresh = if_not_exists(fresh, :two), #m.part = #n - :two REMOVE #t ADD hits :two, #n :two',
      { ':no': false, ':two': 2 },
      { '#n': 'number', '#t': 'text', '#m': 'map' },
    );
    const changed = { text: undefined, flag: false, total2: 7, fresh: 2, map: { part: 3 }, hits: 2, number: 7 };
    expect(result).toEqual({ ...ITEM, ...changed });
    expect(result).not.toHaveProperty('text');
  });

  test('an item that is not there is created, with its key', async () => {
    const table = tableWith();
    const values = { ExpressionAttributeValues: { ':v': 1 } };
    await table.client.send(new UpdateCommand({ TableName, Key, UpdateExpression: 'SET a = :v', ...values }));
    expect(table.items()).toEqual([{ ...Key, a: 1 }]);
  });

  test.each([
    ['a missing attribute in a sum', 'SET a = absent + :v', { ':v': 1 }],
    ['a text in a sum', 'SET a = pk + :v', { ':v': 1 }],
    ['the key', 'SET pk = :v', { ':v': 'x' }],
    ['the same attribute twice', 'SET a = :v REMOVE a', { ':v': 1 }],
    ['an attribute and a part of it', 'SET a = :v, a.b = :v', { ':v': 1 }],
    ['a path that does not exist', 'SET absent.b = :v', { ':v': 1 }],
    ['a clause twice', 'SET a = :v SET b = :v', { ':v': 1 }],
    ['an unknown clause', 'LET a = :v', { ':v': 1 }],
    ['an undefined value', 'SET a = :v', { ':v': undefined }],
    ['an index key of another type', 'SET nextCheckAt = :v', { ':v': 'soon' }],
    ['more than 400 KB', 'SET a = :v', { ':v': 'é'.repeat(205_000) }],
  ])('%s is refused', async (_, expression, values) => {
    await expect(after(expression, values)).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

describe('items', () => {
  test('nobody shares an object with the table', async () => {
    const table = tableWith();
    const item = { ...Key, map: { part: 1 } };
    await table.client.send(new PutCommand({ TableName, Item: item }));
    item.map.part = 2;
    const { Item } = await table.client.send(new GetCommand({ TableName, Key }));
    Item!.map.part = 3;
    expect(table.item(Key)).toEqual({ ...Key, map: { part: 1 } });
  });

  test('undefined is dropped at every depth, as by our document client', async () => {
    const table = tableWith();
    await table.client.send(
      new PutCommand({ TableName, Item: { ...Key, a: undefined, map: { b: undefined }, list: [1, undefined] } }),
    );
    expect(Object.keys(table.item(Key)!)).toEqual(['pk', 'sk', 'map', 'list']);
    expect(table.item(Key)).toEqual({ ...Key, map: {}, list: [1] });
  });

  test.each([
    ['not a number', NaN],
    ['an unsafe integer', 2 ** 53],
    ['a date', new Date(0)],
    ['a map object', new Map()],
    ['bytes', new Uint8Array(1)],
    ['a function', () => 1],
  ])('%s is refused', async (_, value) => {
    const put = new PutCommand({ TableName, Item: { ...Key, value } });
    await expect(tableWith().client.send(put)).rejects.toThrow();
  });

  test.each([
    ['without its sort key', { pk: 'a' }],
    ['with an empty key', { pk: '', sk: 'a' }],
    ['with a key that is a number', { pk: 1, sk: 'a' }],
  ])('an item %s is refused', async (_, Item) => {
    const put = new PutCommand({ TableName, Item });
    await expect(tableWith().client.send(put)).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('another table, and inputs that the fake would overlook, are refused', async () => {
    const { client } = tableWith();
    await expect(client.send(new GetCommand({ TableName: 'other', Key }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    await expect(client.send(new GetCommand({ TableName, Key, ProjectionExpression: 'pk' }))).rejects.toThrow(
      /ProjectionExpression/,
    );
  });
});

describe('transactions', () => {
  const put = (sk: string, ConditionExpression?: string) => ({
    Put: { TableName, Item: { pk: 'p', sk }, ConditionExpression },
  });
  const send = (table: MemoryTable, ...TransactItems: object[]) =>
    table.client.send(new TransactWriteCommand({ TransactItems }));

  test('all or nothing: the reasons say which item failed', async () => {
    const table = tableWith({ pk: 'p', sk: '2' });
    const failed = send(table, put('1'), put('2', 'attribute_not_exists(pk)'), {
      Update: {
        TableName,
        Key: { pk: 'p', sk: '3' },
        UpdateExpression: 'SET a = absent + :v',
        ExpressionAttributeValues: { ':v': 1 },
      },
    });
    await expect(failed).rejects.toMatchObject({
      name: 'TransactionCanceledException',
      CancellationReasons: [{ Code: 'None' }, { Code: 'ConditionalCheckFailed' }, { Code: 'ValidationError' }],
    });
    expect(table.items()).toEqual([{ pk: 'p', sk: '2' }]);
  });

  test('puts, updates, deletes and checks are written together', async () => {
    const table = tableWith({ pk: 'p', sk: '2' }, { pk: 'p', sk: '3' }, { pk: 'p', sk: '4' });
    const key = (sk: string) => ({ TableName, Key: { pk: 'p', sk } });
    await send(
      table,
      put('1'),
      { Update: { ...key('2'), UpdateExpression: 'SET a = :v', ExpressionAttributeValues: { ':v': 1 } } },
      { Delete: key('3') },
      { ConditionCheck: { ...key('4'), ConditionExpression: 'attribute_exists(pk)' } },
    );
    expect(table.items()).toEqual([
      { pk: 'p', sk: '2', a: 1 },
      { pk: 'p', sk: '4' },
      { pk: 'p', sk: '1' },
    ]);
  });

  test('one item twice is refused', async () => {
    await expect(send(tableWith(), put('1'), put('1'))).rejects.toMatchObject({ name: 'ValidationException' });
  });
});
