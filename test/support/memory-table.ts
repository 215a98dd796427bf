/**
 * The attempt table in memory, behind a `DynamoDBDocumentClient`: conditions, updates, transactions and their refusals
 * as DynamoDB does them, without a network. What it does not know it refuses, so that a test never passes by a silence.
 */
import type { TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  conditionFailed,
  tableNotFound,
  transactionCancelled,
  transactionConflict,
  validationError,
} from './dynamodb-errors';
import { storableItem, type Item } from './dynamodb-values';
import { query } from './memory-query';
import { keyOf, onlyKeys, prepare, refuseUnknownFields, type Write } from './memory-writes';

export type CommandName =
  'GetCommand' | 'PutCommand' | 'UpdateCommand' | 'DeleteCommand' | 'QueryCommand' | 'TransactWriteCommand';

export interface MemoryTableOptions {
  /** @default 'attempts' */
  readonly tableName?: string;
  /** Items in a page of a query. @default - everything in one page */
  readonly pageSize?: number;
  /**
   * Reads without `ConsistentRead` show an item as it was before its latest write: as stale as DynamoDB may be.
   * @default false
   */
  readonly staleReads?: boolean;
  /** Awaited before each command, after it was counted: a place to let others go first, or to fail. */
  readonly before?: (name: CommandName, input: Item) => unknown;
}

interface Fault {
  readonly command: CommandName;
  readonly error: (input: Item) => Error;
  readonly applied: boolean;
}

export class MemoryTable {
  readonly tableName: string;
  /** To be handed to the code under test. */
  readonly client: DynamoDBDocumentClient;
  /** Every command that came, refused ones included. */
  readonly commands: { readonly name: CommandName; readonly input: Item }[] = [];

  private readonly rows = new Map<string, Item>();
  /** Each item before its latest write. */
  private readonly staleRows = new Map<string, Item>();
  private readonly faults: Fault[] = [];
  private heldIndex?: readonly Item[];

  constructor(private readonly options: MemoryTableOptions = {}) {
    this.tableName = options.tableName ?? 'attempts';
    // The paginators insist on the class; building a whole client for each of a thousand runs would be slow.
    this.client = Object.create(DynamoDBDocumentClient.prototype, {
      send: { value: (command: { input: Item }) => this.send(command) },
    }) as DynamoDBDocumentClient;
  }

  /** Copies of all items, in the order of their creation. */
  items(): Item[] {
    return [...this.rows.values()].map(storableItem);
  }

  /** A copy of one item. */
  item(key: object): Item | undefined {
    return copyOf(this.rows.get(keyOf(key)));
  }

  /** Puts an item there, whatever was there before. */
  seed(item: object): void {
    this.rows.set(keyOf(item), storableItem(item));
  }

  /** How many commands of a name came. */
  count(name: CommandName): number {
    return this.commands.filter((command) => command.name === name).length;
  }

  /** The next such command fails. With `applied` it takes effect first: the reply is lost, not the request. */
  failNext(command: CommandName, error: Error, { applied = false } = {}): void {
    this.faults.push({ command, error: () => error, applied });
  }

  /** The next `times` such commands meet another write of the same items. */
  conflictNext(
    times = 1,
    command: 'TransactWriteCommand' | 'UpdateCommand' | 'PutCommand' = 'TransactWriteCommand',
  ): void {
    this.cancelNext('TransactionConflict', times, command);
  }

  /** The next `times` transactions are throttled. */
  throttleNext(times = 1): void {
    this.cancelNext('ThrottlingError', times, 'TransactWriteCommand');
  }

  /** The index shows what it shows now until `releaseIndex`: it is eventually consistent. */
  holdIndex(): void {
    this.heldIndex = this.items();
  }

  releaseIndex(): void {
    this.heldIndex = undefined;
  }

  private cancelNext(code: string, times: number, command: CommandName): void {
    const error = (input: Item) =>
      command === 'TransactWriteCommand'
        ? transactionCancelled((input.TransactItems as unknown[]).map((_, index) => (index === 0 ? code : 'None')))
        : transactionConflict();
    for (let time = 0; time < times; time++) this.faults.push({ command, error, applied: false });
  }

  private async send(command: { readonly input: Item }): Promise<unknown> {
    const name = command.constructor.name as CommandName;
    const { input } = command;
    this.commands.push({ name, input });
    await this.options.before?.(name, input);
    const index = this.faults.findIndex((fault) => fault.command === name);
    const [fault] = index < 0 ? [] : this.faults.splice(index, 1);
    if (fault && !fault.applied) throw fault.error(input);
    const output = this.run(name.replace(/Command$/, ''), input);
    if (fault) throw fault.error(input);
    return output;
  }

  /** Without any await: nothing comes in between. */
  private run(operation: string, input: Item): unknown {
    refuseUnknownFields(operation, input);
    if (operation !== 'TransactWrite' && input.TableName !== this.tableName) throw tableNotFound();
    switch (operation) {
      case 'Get':
        return { Item: copyOf(this.rowsFor(input).get(keyOf(onlyKeys(input.Key)))) };
      case 'Query': {
        const held = input.IndexName === undefined ? undefined : this.heldIndex;
        const rows = input.IndexName === undefined ? this.rowsFor(input) : this.rows;
        return query(held ?? rows.values(), input, this.options.pageSize ?? Infinity);
      }
      case 'TransactWrite':
        return this.transact(input.TransactItems as NonNullable<TransactWriteCommandInput['TransactItems']>);
      default: {
        const write = prepare(operation, input);
        const current = this.rows.get(write.key);
        if (!write.allowed(current)) throw conditionFailed();
        this.store(write.key, write.apply?.(current));
        return {};
      }
    }
  }

  private transact(entries: NonNullable<TransactWriteCommandInput['TransactItems']>): unknown {
    if (entries.length < 1 || entries.length > 100) throw validationError('A transaction has 1 to 100 items');
    const writes = entries.map((entry) => {
      const [[operation, input] = ['', {}], ...others] = Object.entries(entry) as [string, Item][];
      if (others.length > 0)
        throw validationError('TransactItems can only contain one of Check, Put, Update or Delete');
      refuseUnknownFields(operation, input);
      if (input.TableName !== this.tableName) throw tableNotFound();
      return prepare(operation, input);
    });
    if (new Set(writes.map(({ key }) => key)).size < writes.length) {
      throw validationError('Transaction request cannot include multiple operations on one item');
    }
    const results = writes.map((write) => this.attempt(write));
    if (results.some(({ code }) => code !== 'None')) throw transactionCancelled(results.map(({ code }) => code));
    writes.forEach((write, index) => write.apply && this.store(write.key, results[index]?.item));
    return {};
  }

  private attempt(write: Write): { code: string; item?: Item } {
    const current = this.rows.get(write.key);
    try {
      if (!write.allowed(current)) return { code: 'ConditionalCheckFailed' };
      return { code: 'None', item: write.apply?.(current) };
    } catch (error) {
      if (error instanceof Error && error.name === 'ValidationException') return { code: 'ValidationError' };
      throw error;
    }
  }

  private rowsFor({ ConsistentRead }: Item): ReadonlyMap<string, Item> {
    return this.options.staleReads && ConsistentRead !== true ? this.staleRows : this.rows;
  }

  private store(key: string, item: Item | undefined): void {
    const before = this.rows.get(key);
    if (before === undefined) this.staleRows.delete(key);
    else this.staleRows.set(key, before);
    if (item === undefined) this.rows.delete(key);
    else this.rows.set(key, item);
  }
}

const copyOf = (row: Item | undefined): Item | undefined => row && storableItem(row);
