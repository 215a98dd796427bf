import { ConditionFailedError, patiently, TableBusyError, transact } from '../../../lambda/shared/attempts/transact';
import { transactionCancelled, transactionConflict, validationError } from '../../support/dynamodb-errors';
import { MemoryTable } from '../../support/memory-table';

const put = (sk: string) => ({
  Put: { TableName: 'attempts', Item: { pk: 'p', sk }, ConditionExpression: 'attribute_not_exists(pk)' },
});

describe('transact', () => {
  test('writes at once where nothing speaks against it', async () => {
    const table = new MemoryTable();
    await transact(table.client, [put('1'), put('2')]);
    expect(table.items()).toHaveLength(2);
    expect(table.count('TransactWriteCommand')).toBe(1);
  });

  test('conflicts and throttles are repeated until it succeeds', async () => {
    const table = new MemoryTable();
    table.conflictNext(2);
    table.throttleNext();
    await transact(table.client, [put('1')]);
    expect(table.items()).toHaveLength(1);
    expect(table.count('TransactWriteCommand')).toBe(4);
  });

  test.each(['ThrottlingException', 'ProvisionedThroughputExceededException', 'RequestLimitExceeded'])(
    '%s of the whole request is repeated too',
    async (name) => {
      const table = new MemoryTable();
      table.failNext('TransactWriteCommand', Object.assign(new Error('slow down'), { name }));
      await transact(table.client, [put('1')]);
      expect(table.items()).toHaveLength(1);
    },
  );

  test('a conflict beside a failed condition is no verdict: it is asked again', async () => {
    const table = new MemoryTable();
    table.failNext('TransactWriteCommand', transactionCancelled(['ConditionalCheckFailed', 'TransactionConflict']));
    await transact(table.client, [put('1'), put('2')]);
    expect(table.items()).toHaveLength(2);
  });

  test('a clean failure names the items, at once', async () => {
    const table = new MemoryTable();
    [1, 3].forEach((sk) => table.seed({ pk: 'p', sk: String(sk) }));
    const failed = transact(table.client, [put('1'), put('2'), put('3')]);
    await expect(failed).rejects.toBeInstanceOf(ConditionFailedError);
    await expect(failed).rejects.toMatchObject({ name: 'ConditionFailedError', failed: [0, 2] });
    expect(table.items()).toHaveLength(2);
    expect(table.count('TransactWriteCommand')).toBe(1);
  });

  test.each(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'])(
    '%s that lasts ends as busy when the patience is over, with its cause kept',
    async (code) => {
      const table = new MemoryTable();
      const last = transactionCancelled([code]);
      for (let time = 0; time < 50; time++) table.failNext('TransactWriteCommand', last);
      const busy = transact(table.client, [put('1')], { patienceMs: 20 });
      await expect(busy).rejects.toBeInstanceOf(TableBusyError);
      await expect(busy).rejects.toMatchObject({ name: 'TableBusyError', cause: last });
      expect(table.items()).toEqual([]);
    },
  );

  test.each([
    ['a mistake in the request', validationError('no')],
    ['a cancellation for another reason', transactionCancelled(['ItemCollectionSizeLimitExceeded'])],
    ['a cancellation without reasons', Object.assign(new Error('x'), { name: 'TransactionCanceledException' })],
    ['a fault of the network', new Error('socket hang up')],
  ])('%s is thrown as it is, at once', async (_, error) => {
    const table = new MemoryTable();
    table.failNext('TransactWriteCommand', error);
    await expect(transact(table.client, [put('1')])).rejects.toBe(error);
    expect(table.count('TransactWriteCommand')).toBe(1);
  });
});

describe('patiently', () => {
  test('repeats a plain write that a transaction keeps from its item', async () => {
    let calls = 0;
    const write = async () => {
      calls++;
      if (calls < 3) throw transactionConflict();
      return 'written';
    };
    await expect(patiently(write)).resolves.toBe('written');
    expect(calls).toBe(3);
  });

  test('gives up as busy', async () => {
    const write = () => Promise.reject(transactionConflict());
    await expect(patiently(write, 0)).rejects.toBeInstanceOf(TableBusyError);
  });
});
