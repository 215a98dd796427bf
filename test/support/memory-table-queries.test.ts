import { paginateQuery, PutCommand, QueryCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { MemoryTable } from './memory-table';

const TableName = 'attempts';
const byPartition = {
  TableName,
  KeyConditionExpression: 'pk = :pk',
  ExpressionAttributeValues: { ':pk': 'p' } as Record<string, unknown>,
};

describe('queries', () => {
  test('one partition, in the order of the sort key', async () => {
    const table = new MemoryTable();
    for (const sk of ['b', 'c', 'a']) table.seed({ pk: 'p', sk });
    table.seed({ pk: 'q', sk: 'a' });

    const forward = await table.client.send(new QueryCommand({ ...byPartition, ConsistentRead: true }));
    const backward = await table.client.send(new QueryCommand({ ...byPartition, ScanIndexForward: false, Limit: 2 }));

    expect(forward.Items?.map(({ sk }) => sk)).toEqual(['a', 'b', 'c']);
    expect(forward.LastEvaluatedKey).toBeUndefined();
    expect(backward.Items?.map(({ sk }) => sk)).toEqual(['c', 'b']);
    expect(backward.LastEvaluatedKey).toEqual({ pk: 'p', sk: 'b' });
  });

  test.each([1, 2, 3, 4, 5])('the paginator sees every item once with pages of %i', async (pageSize) => {
    const table = new MemoryTable({ pageSize });
    const all = ['a', 'b', 'c', 'd'];
    for (const sk of all) table.seed({ pk: 'p', sk });

    const seen: unknown[] = [];
    for await (const page of paginateQuery({ client: table.client }, { ...byPartition })) {
      seen.push(...(page.Items ?? []).map(({ sk }) => sk as unknown));
    }

    expect(seen).toEqual(all);
    // A full last page is followed by an empty one, as on AWS.
    expect(table.count('QueryCommand')).toBe(Math.floor(all.length / pageSize) + 1);
  });

  test.each([
    ['begins_with(sk, :s)', 'b', ['b1', 'b2']],
    ['sk > :s', 'b1', ['b2', 'c']],
    ['sk = :s', 'c', ['c']],
  ])('a partition and %s', async (test, value, expected) => {
    const table = new MemoryTable();
    for (const sk of ['a', 'b1', 'b2', 'c']) table.seed({ pk: 'p', sk });
    const { Items } = await table.client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: `pk = :pk AND ${test}`,
        ExpressionAttributeValues: { ':pk': 'p', ':s': value },
      }),
    );
    expect(Items?.map(({ sk }) => sk)).toEqual(expected);
  });

  test.each([
    ['no test of the partition', 'sk = :pk'],
    ['an order of the partition', 'pk > :pk'],
    ['a test of another attribute', 'pk = :pk AND createdAt = :pk'],
    ['an alternative', 'pk = :pk OR sk = :pk'],
  ])('%s is refused', async (_, KeyConditionExpression) => {
    const query = new QueryCommand({ ...byPartition, KeyConditionExpression });
    await expect(new MemoryTable().client.send(query)).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

describe('the open index', () => {
  const openQuery = {
    TableName,
    IndexName: 'open',
    KeyConditionExpression: 'openShard = :s',
    ExpressionAttributeValues: { ':s': 'open#1' },
  };
  const open = (pk: string, nextCheckAt?: number) => ({
    pk,
    sk: 'attempt',
    openShard: 'open#1',
    nextCheckAt,
    secret: 'x',
    createdAt: 1,
  });

  test('is sparse, ordered by its own sort key, and shows only what it projects', async () => {
    const table = new MemoryTable();
    [open('a', 3), open('b', 1), open('c'), { ...open('d', 2), openShard: 'open#2' }].forEach((item) =>
      table.seed(item),
    );
    const { Items } = await table.client.send(new QueryCommand(openQuery));
    expect(Items).toEqual([
      { pk: 'b', sk: 'attempt', openShard: 'open#1', nextCheckAt: 1, createdAt: 1 },
      { pk: 'a', sk: 'attempt', openShard: 'open#1', nextCheckAt: 3, createdAt: 1 },
    ]);
  });

  test('pages also where items share the sort key', async () => {
    const table = new MemoryTable({ pageSize: 2 });
    for (const pk of ['a', 'b', 'c', 'd', 'e']) table.seed(open(pk, 7));
    const seen: unknown[] = [];
    for await (const page of paginateQuery({ client: table.client }, { ...openQuery })) {
      seen.push(...(page.Items ?? []).map(({ pk }) => pk as unknown));
    }
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('cannot be read consistently, and may lag behind', async () => {
    const table = new MemoryTable();
    table.holdIndex();
    table.seed(open('a', 1));
    await expect(table.client.send(new QueryCommand({ ...openQuery, ConsistentRead: true }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
    expect((await table.client.send(new QueryCommand(openQuery))).Items).toEqual([]);
    table.releaseIndex();
    expect((await table.client.send(new QueryCommand(openQuery))).Items).toHaveLength(1);
  });
});

describe('faults', () => {
  const put = new PutCommand({ TableName, Item: { pk: 'p', sk: 's' } });
  const transaction = new TransactWriteCommand({
    TransactItems: [{ Put: put.input }],
  });

  test('the next command of the name fails, once, with or without effect', async () => {
    const table = new MemoryTable();
    table.failNext('PutCommand', new Error('lost'));
    await expect(table.client.send(put)).rejects.toThrow('lost');
    expect(table.items()).toEqual([]);

    table.failNext('PutCommand', new Error('reply lost'), { applied: true });
    await expect(table.client.send(put)).rejects.toThrow('reply lost');
    expect(table.items()).toHaveLength(1);
    await expect(table.client.send(put)).resolves.toEqual({});
  });

  test('conflicts and throttles cancel transactions without effect', async () => {
    const table = new MemoryTable();
    table.conflictNext();
    table.throttleNext();
    await expect(table.client.send(transaction)).rejects.toMatchObject({
      CancellationReasons: [{ Code: 'TransactionConflict' }],
    });
    await expect(table.client.send(transaction)).rejects.toMatchObject({
      CancellationReasons: [{ Code: 'ThrottlingError' }],
    });
    expect(table.items()).toEqual([]);
    await table.client.send(transaction);
    expect(table.items()).toHaveLength(1);
  });

  test('a plain write meets a conflict under its own name', async () => {
    const table = new MemoryTable();
    table.conflictNext(1, 'UpdateCommand');
    const update = new UpdateCommand({ TableName, Key: { pk: 'p', sk: 's' } });
    await expect(table.client.send(update)).rejects.toMatchObject({ name: 'TransactionConflictException' });
  });

  test('others may go first', async () => {
    const order: string[] = [];
    const table = new MemoryTable({ before: async (name) => void order.push(name) });
    await table.client.send(put);
    expect(order).toEqual(['PutCommand']);
    expect(table.commands.map(({ name }) => name)).toEqual(['PutCommand']);
  });
});

test('a thousand transactions take well under a second', async () => {
  const table = new MemoryTable();
  const started = performance.now();
  for (let index = 0; index < 1_000; index++) {
    await table.client.send(
      new TransactWriteCommand({
        TransactItems: [
          {
            Update: {
              TableName,
              Key: { pk: `p${index}`, sk: 's' },
              UpdateExpression: 'SET #status = :new, taskId = :task REMOVE obsolete',
              ConditionExpression: 'attribute_not_exists(taskId) AND NOT #status IN (:new, :old)',
              ExpressionAttributeNames: { '#status': 'status' },
              ExpressionAttributeValues: { ':new': 'A', ':old': 'B', ':task': index },
            },
          },
          { Put: { TableName, Item: { pk: `t${index}`, sk: 's' }, ConditionExpression: 'attribute_not_exists(pk)' } },
        ],
      }),
    );
  }
  expect(table.items()).toHaveLength(2_000);
  expect(performance.now() - started).toBeLessThan(1_000);
});
