/** Writes of the memory table, each of one item: what DynamoDB refuses, what it checks, what it makes of the item. */
import { TABLE } from '../../domain/constants';
import { validationError } from './dynamodb-errors';
import { holds, placeholdersOf, targetsOf, updated } from './dynamodb-evaluate';
import { parseCondition, parseUpdate } from './dynamodb-expressions';
import { sizeOf, storableItem, type Item } from './dynamodb-values';

/** One write of a single item: checked first, then applied. */
export interface Write {
  readonly key: string;
  readonly allowed: (current: Item | undefined) => boolean;
  /** `undefined` deletes; absent where nothing is written. */
  readonly apply?: (current: Item | undefined) => Item | undefined;
}

const KEY_NAMES: readonly string[] = [TABLE.partitionKey, TABLE.sortKey];
const MAX_ITEM_BYTES = 400 * 1024;
const EXPRESSION_FIELDS = ['ExpressionAttributeNames', 'ExpressionAttributeValues'];
const CONDITION_FIELDS = ['TableName', 'ConditionExpression', ...EXPRESSION_FIELDS];
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  Get: ['TableName', 'Key', 'ConsistentRead'],
  Put: ['Item', ...CONDITION_FIELDS],
  Update: ['Key', 'UpdateExpression', ...CONDITION_FIELDS],
  Delete: ['Key', ...CONDITION_FIELDS],
  ConditionCheck: ['Key', ...CONDITION_FIELDS],
  Query: [
    ...['TableName', 'IndexName', 'KeyConditionExpression', 'ConsistentRead', 'ScanIndexForward', 'Limit'],
    ...['ExclusiveStartKey', ...EXPRESSION_FIELDS],
  ],
  TransactWrite: ['TransactItems', 'ClientRequestToken'],
};

/** A field that the memory table would overlook must not pass in silence. */
export function refuseUnknownFields(operation: string, input: Item): void {
  const known = FIELDS[operation];
  const unknown = Object.keys(input).filter((name) => input[name] !== undefined && !known?.includes(name));
  if (known === undefined || unknown.length > 0) {
    throw new Error(`the memory table does not know ${operation} ${unknown.join(', ')} yet`);
  }
}

/** Everything that DynamoDB checks before it looks at the item. */
export function prepare(operation: string, input: Item): Write {
  const { ConditionExpression, UpdateExpression } = input as {
    ConditionExpression?: string;
    UpdateExpression?: string;
  };
  const condition = ConditionExpression === undefined ? undefined : parseCondition(ConditionExpression);
  const update = UpdateExpression === undefined ? undefined : parseUpdate(UpdateExpression);
  const given = placeholdersOf(
    input,
    [condition, update].filter((parsed) => parsed !== undefined),
  );
  const allowed = (current: Item | undefined) => condition === undefined || holds(condition.tree, current, given);
  switch (operation) {
    case 'Put': {
      const item = checkedItem(storableItem(input.Item as Item));
      return { key: keyOf(item), allowed, apply: () => item };
    }
    case 'Update': {
      const key = onlyKeys(input.Key);
      checkTargets(update === undefined ? [] : targetsOf(update.tree, given));
      const apply = (current: Item = key) =>
        checkedItem(update === undefined ? current : updated(update.tree, current, given));
      return { key: keyOf(key), allowed, apply };
    }
    case 'Delete':
      return { key: keyOf(onlyKeys(input.Key)), allowed, apply: () => undefined };
    case 'ConditionCheck':
      if (condition === undefined) throw validationError('ConditionExpression must be specified');
      return { key: keyOf(onlyKeys(input.Key)), allowed };
    default:
      throw new Error(`the memory table does not know ${operation} yet`);
  }
}

/** One string for a key. */
export function keyOf(item: object): string {
  const [partition, sort] = KEY_NAMES.map((name) => (item as Item)[name]);
  for (const value of [partition, sort]) {
    if (typeof value !== 'string')
      throw validationError('One or more parameter values were invalid: a key is missing or no string');
    if (value === '')
      throw validationError('The AttributeValue for a key attribute cannot contain an empty string value');
  }
  return `${String(partition)}\u0000${String(sort)}`;
}

/** @throws ValidationException when it is more or less than the table's key */
export function onlyKeys(key: unknown): Item {
  const item = storableItem(key as Item);
  if (Object.keys(item).sort().join() !== KEY_NAMES.join()) {
    throw validationError('The provided key element does not match the schema');
  }
  return item;
}

function checkedItem(item: Item): Item {
  if (sizeOf(item) > MAX_ITEM_BYTES) throw validationError('Item size has exceeded the maximum allowed size');
  const partition = item[TABLE.openIndexPartitionKey];
  const sort = item[TABLE.openIndexSortKey];
  if (
    (partition !== undefined && (typeof partition !== 'string' || partition === '')) ||
    (sort !== undefined && typeof sort !== 'number')
  ) {
    throw validationError('One or more parameter values were invalid: Type mismatch for Index Key');
  }
  return item;
}

function checkTargets(targets: readonly string[]): void {
  for (const [index, target] of targets.entries()) {
    if (KEY_NAMES.includes(target))
      throw validationError(`Cannot update attribute ${target}. This attribute is part of the key`);
    for (const other of targets.slice(index + 1)) {
      if (target === other || target.startsWith(`${other}.`) || other.startsWith(`${target}.`)) {
        throw validationError(
          `Two document paths overlap with each other; must remove or rewrite one of these paths: ${target}, ${other}`,
        );
      }
    }
  }
}
