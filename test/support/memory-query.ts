/** `Query` of the memory table: which items, in which order, which page. */
import { TABLE } from '../../domain/constants';
import { validationError } from './dynamodb-errors';
import { holds, placeholdersOf, type Placeholders } from './dynamodb-evaluate';
import { parseCondition, type Condition } from './dynamodb-expressions';
import { order, storableItem, type Item } from './dynamodb-values';

export interface QueryInput {
  readonly IndexName?: string;
  readonly KeyConditionExpression?: string;
  readonly ExpressionAttributeNames?: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, unknown>;
  readonly ConsistentRead?: boolean;
  readonly ScanIndexForward?: boolean;
  readonly Limit?: number;
  readonly ExclusiveStartKey?: Item;
}

export interface QueryOutput {
  readonly Items: Item[];
  readonly Count: number;
  readonly LastEvaluatedKey?: Item;
}

interface Keys {
  readonly partition: string;
  readonly sort: string;
}

const PRIMARY: Keys = { partition: TABLE.partitionKey, sort: TABLE.sortKey };
const OPEN: Keys = { partition: TABLE.openIndexPartitionKey, sort: TABLE.openIndexSortKey };
const OPEN_PROJECTION = [
  TABLE.partitionKey,
  TABLE.sortKey,
  TABLE.openIndexPartitionKey,
  TABLE.openIndexSortKey,
  ...TABLE.openIndexProjection,
];

/** @param pageSize at most so many items in a page, standing for DynamoDB's limit of 1 MB */
export function query(rows: Iterable<Item>, input: QueryInput, pageSize: number): QueryOutput {
  const { IndexName, ConsistentRead, ScanIndexForward = true, Limit = Infinity, ExclusiveStartKey } = input;
  const onIndex = IndexName !== undefined;
  if (onIndex && IndexName !== TABLE.openIndex) {
    throw validationError(`The table does not have the specified index: ${IndexName}`);
  }
  if (onIndex && ConsistentRead)
    throw validationError('Consistent reads are not supported on global secondary indexes');
  if (Limit < 1) throw validationError('Limit must be at least 1');
  if (input.KeyConditionExpression === undefined) throw validationError('KeyConditionExpression must be specified');

  const keys = onIndex ? OPEN : PRIMARY;
  const parsed = parseCondition(input.KeyConditionExpression);
  const given = placeholdersOf(input, [parsed]);
  checkKeyCondition(parsed.tree, keys, given);

  const found = [...rows]
    .filter((row) => row[keys.partition] !== undefined && row[keys.sort] !== undefined)
    .filter((row) => holds(parsed.tree, row, given))
    .sort((a, b) => byKey(a, b, keys));
  if (!ScanIndexForward) found.reverse();
  const rest = ExclusiveStartKey === undefined ? found : after(found, ExclusiveStartKey, keys, ScanIndexForward);

  const size = Math.min(Limit, pageSize);
  const page = rest.slice(0, size);
  const last = page.at(-1);
  // As on AWS: a full page names a next one, though that may turn out to be empty.
  const more = last !== undefined && page.length === size;
  return {
    Items: page.map((row) => storableItem(onIndex ? pick(row, OPEN_PROJECTION) : row)),
    Count: page.length,
    ...(more && { LastEvaluatedKey: pick(last, onIndex ? OPEN_PROJECTION.slice(0, 4) : [keys.partition, keys.sort]) }),
  };
}

/** The partition key by `=`, and at most one test of the sort key. */
function checkKeyCondition(condition: Condition, keys: Keys, given: Placeholders): void {
  const tests = conjuncts(condition);
  const namesOf = (test: Condition) => {
    const operand = 'path' in test ? test.path : 'left' in test && 'path' in test.left ? test.left.path : [];
    return operand.map((step) => given.names[step] ?? String(step)).join('.');
  };
  const ofPartition = tests.filter((test) => namesOf(test) === keys.partition);
  const [partition] = ofPartition;
  if (ofPartition.length !== 1 || partition?.kind !== 'compare' || partition.comparator !== '=') {
    throw validationError(`Query condition missed key schema element: ${keys.partition}`);
  }
  const others = tests.filter((test) => test !== partition);
  const usable = others.every(
    (test) =>
      namesOf(test) === keys.sort &&
      (test.kind === 'between' || test.kind === 'begins_with' || (test.kind === 'compare' && test.comparator !== '<>')),
  );
  if (others.length > 1 || !usable) throw validationError('Query key condition not supported');
}

function conjuncts(condition: Condition): Condition[] {
  if (condition.kind === 'group') return conjuncts(condition.inner);
  return condition.kind === 'and' ? [...conjuncts(condition.left), ...conjuncts(condition.right)] : [condition];
}

function after(found: readonly Item[], start: Item, keys: Keys, forward: boolean): readonly Item[] {
  const sign = forward ? 1 : -1;
  return found.filter((row) => byKey(row, start, keys) * sign > 0);
}

/** Items of an index may share its keys; the table's own keys then tell them apart. */
function byKey(a: Item, b: Item, keys: Keys): number {
  for (const name of [keys.sort, PRIMARY.partition, PRIMARY.sort]) {
    const difference = order(a[name], b[name]) ?? 0;
    if (difference !== 0) return difference;
  }
  return 0;
}

function pick(row: Item, names: readonly string[]): Item {
  return Object.fromEntries(names.filter((name) => row[name] !== undefined).map((name) => [name, row[name]]));
}
