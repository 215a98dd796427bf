/** The table in memory with a meter on it: what DynamoDB would bill for each command, in request units. */
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { TABLE } from '../../../domain/constants';
import type { Item } from '../../support/dynamodb-values';
import type { MemoryTable } from '../../support/memory-table';

const WRITE_UNIT_BYTES = 1_024;
const READ_UNIT_BYTES = 4_096;
const INDEX_KEYS = [TABLE.openIndexPartitionKey, TABLE.openIndexSortKey];
const INDEXED = [TABLE.partitionKey, TABLE.sortKey, ...INDEX_KEYS, ...TABLE.openIndexProjection];

interface Command {
  readonly constructor: { readonly name: string };
  readonly input: Item;
}

export class MeteredTable {
  /** To be handed to the code under test. */
  readonly client: DynamoDBDocumentClient;
  readUnits = 0;
  writeUnits = 0;

  constructor(private readonly memory: MemoryTable) {
    this.client = Object.create(DynamoDBDocumentClient.prototype, {
      send: { value: (command: Command) => this.send(command) },
    }) as DynamoDBDocumentClient;
  }

  private async send(command: Command): Promise<unknown> {
    const { input } = command;
    const writes = writtenKeys(command);
    const before = writes.map((key) => this.memory.item(key));
    try {
      const output = await this.memory.client.send(command as never);
      if (writes.length === 0) this.readUnits += unitsOfRead(input, output as Item);
      return output;
    } finally {
      // A refused write is billed as well, by the item that is there.
      const factor = 'TransactItems' in input ? 2 : 1;
      writes.forEach((key, index) => {
        this.writeUnits += factor * unitsOfWrite(before[index], this.memory.item(key));
      });
    }
  }
}

/** Keys of what a command writes or, in a transaction, checks: both are billed alike. */
function writtenKeys({ constructor: { name }, input }: Command): object[] {
  switch (name) {
    case 'GetCommand':
    case 'QueryCommand':
      return [];
    case 'TransactWriteCommand':
      return (input.TransactItems as Item[]).map((entry) => keyOf(Object.values(entry)[0] as Item));
    case 'PutCommand':
    case 'UpdateCommand':
    case 'DeleteCommand':
      return [keyOf(input)];
    default:
      throw new Error(`the meter does not know ${name} yet`);
  }
}

const keyOf = ({ Key, Item }: { Key?: Item; Item?: Item }): object =>
  pick(Key ?? Item ?? {}, [TABLE.partitionKey, TABLE.sortKey]);

function unitsOfRead({ ConsistentRead }: Item, output: Item): number {
  const found = (output.Items ?? (output.Item === undefined ? [] : [output.Item])) as Item[];
  // What is not there is billed like a small item.
  const units = unitsOf(
    found.reduce((sum, item) => sum + itemBytes(item), 0),
    READ_UNIT_BYTES,
  );
  return ConsistentRead === true ? units : units / 2;
}

/** The larger of an item's two forms is billed, and what the write changes in the index besides. */
function unitsOfWrite(before: Item | undefined, after: Item | undefined): number {
  const bytes = Math.max(itemBytes(before ?? {}), itemBytes(after ?? {}));
  return unitsOf(bytes, WRITE_UNIT_BYTES) + unitsInIndex(indexEntry(before), indexEntry(after));
}

function unitsInIndex(before: Item | undefined, after: Item | undefined): number {
  if (JSON.stringify(before) === JSON.stringify(after)) return 0;
  const sizes = [before, after].map((entry) => (entry === undefined ? 0 : itemBytes(entry)));
  // An entry whose keys change is deleted, and put anew.
  const isMoved = before && after && INDEX_KEYS.some((name) => before[name] !== after[name]);
  const written = isMoved ? sizes : [Math.max(...sizes)];
  return written.reduce((sum, bytes) => sum + unitsOf(bytes, WRITE_UNIT_BYTES), 0);
}

function indexEntry(item: Item | undefined): Item | undefined {
  return item && INDEX_KEYS.every((name) => item[name] !== undefined) ? pick(item, INDEXED) : undefined;
}

const unitsOf = (bytes: number, unit: number): number => Math.max(1, Math.ceil(bytes / unit));

/** @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
export const itemBytes = (item: Item): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0);

function valueBytes(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  // Two digits fit into a byte.
  if (typeof value === 'number') return Math.ceil(String(Math.abs(value)).length / 2) + 1;
  if (typeof value !== 'object' || value === null) return 1;
  const elements = Object.keys(value).length;
  if (!Array.isArray(value)) return 3 + elements + itemBytes(value as Item);
  return value.reduce<number>((sum, element) => sum + valueBytes(element), 3 + elements);
}

const pick = (item: Item, names: readonly string[]): Item =>
  Object.fromEntries(names.filter((name) => item[name] !== undefined).map((name) => [name, item[name]]));
