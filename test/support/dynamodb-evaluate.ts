/** What expressions mean: whether a condition holds for an item, and what an update makes of it. */
import { validationError } from './dynamodb-errors';
import type { Comparator, Condition, Operand, Parsed, Path, Update } from './dynamodb-expressions';
import { areEqual, order, storable, storableItem, type Item } from './dynamodb-values';

/** The values of an expression's placeholders. */
export interface Placeholders {
  readonly names: Readonly<Record<string, string>>;
  readonly values: Readonly<Record<string, unknown>>;
}

interface ExpressionAttributes {
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, unknown>>;
}

/**
 * Checks that the expressions of one operation use exactly the placeholders that are given.
 * @throws ValidationException
 */
export function placeholdersOf(input: ExpressionAttributes, expressions: readonly Parsed<unknown>[]): Placeholders {
  const { ExpressionAttributeNames: names, ExpressionAttributeValues: rawValues } = input;
  const values = rawValues && storableItem(rawValues);
  for (const [key, given] of Object.entries({ ExpressionAttributeNames: names, ExpressionAttributeValues: values })) {
    if (given === undefined) continue;
    if (expressions.length === 0) throw validationError(`${key} can only be specified when using expressions`);
    if (Object.keys(given).length === 0) throw validationError(`${key} must not be empty`);
    const unused = Object.keys(given).filter((name) => !expressions.some(({ placeholders }) => placeholders.has(name)));
    if (unused.length > 0) {
      throw validationError(`Value provided in ${key} unused in expressions: keys: {${unused.join(', ')}}`);
    }
  }
  for (const { placeholders } of expressions) {
    for (const placeholder of placeholders) {
      const [given, what] = placeholder.startsWith('#') ? [names, 'name'] : [values, 'value'];
      if (given === undefined || !Object.hasOwn(given, placeholder)) {
        throw validationError(`An expression attribute ${what} used in expression is not defined: ${placeholder}`);
      }
    }
  }
  return { names: names ?? {}, values: values ?? {} };
}

/** @throws ValidationException where an operand has a type that the comparison does not know */
export function holds(condition: Condition, item: Item | undefined, given: Placeholders): boolean {
  const test = (inner: Condition): boolean => holds(inner, item, given);
  const valueOf = (operand: Operand): unknown => resolve(operand, item, given);
  switch (condition.kind) {
    case 'and':
      return test(condition.left) && test(condition.right);
    case 'or':
      return test(condition.left) || test(condition.right);
    case 'not':
      return !test(condition.inner);
    case 'group':
      return test(condition.inner);
    case 'compare':
      return compare(condition.comparator, valueOf(condition.left), valueOf(condition.right));
    case 'in':
      return condition.list.some((candidate) => compare('=', valueOf(condition.left), valueOf(candidate)));
    case 'between': {
      const value = valueOf(condition.left);
      return compare('>=', value, valueOf(condition.low)) && compare('<=', value, valueOf(condition.high));
    }
    case 'attribute_exists':
      return read(item, condition.path, given) !== undefined;
    case 'attribute_not_exists':
      return read(item, condition.path, given) === undefined;
    case 'begins_with': {
      const [text, prefix] = [read(item, condition.path, given), valueOf(condition.prefix)];
      return typeof text === 'string' && typeof prefix === 'string' && text.startsWith(prefix);
    }
  }
}

/**
 * With an attribute that is missing, or of another type, every comparison is false but `<>`, which is true: it is not
 * equal.
 */
function compare(comparator: Comparator, left: unknown, right: unknown): boolean {
  if (comparator === '=') return left !== undefined && areEqual(left, right);
  if (comparator === '<>') return left === undefined || !areEqual(left, right);
  for (const operand of [left, right]) {
    if (operand !== undefined && typeof operand !== 'number' && typeof operand !== 'string') {
      throw validationError(`Incorrect operand type for operator or function; operator: ${comparator}`);
    }
  }
  const difference = order(left, right);
  if (difference === undefined) return false;
  switch (comparator) {
    case '<':
      return difference < 0;
    case '<=':
      return difference <= 0;
    case '>':
      return difference > 0;
    case '>=':
      return difference >= 0;
  }
}

/** The item after the update. Every value is read from the item as it was before. */
export function updated(update: Update, before: Item, given: Placeholders): Item {
  const after = storableItem(before);
  const assignments = update.set.map(({ path, value }) => ({ path, value: resolve(value, before, given) }));
  for (const { path, value } of assignments) {
    if (value === undefined) throw missingAttribute();
    write(after, path, storable(value), given);
  }
  for (const path of update.remove) write(after, path, undefined, given);
  for (const { path, value } of update.add) {
    const [found, more] = [read(before, path, given), resolve(value, before, given)];
    const current = found === undefined ? 0 : found;
    if (typeof more !== 'number')
      throw validationError('Incorrect operand type for operator or function; operator: ADD');
    if (typeof current !== 'number')
      throw validationError('An operand in the update expression has an incorrect data type');
    write(after, path, storable(current + more), given);
  }
  return after;
}

/** The attributes at the top of each path that an update writes, for the checks of overlaps and keys. */
export function targetsOf(update: Update, { names }: Placeholders): string[] {
  const paths = [...update.set.map(({ path }) => path), ...update.remove, ...update.add.map(({ path }) => path)];
  return paths.map((path) => path.map((step) => nameOf(step, names)).join('.'));
}

function resolve(operand: Operand, item: Item | undefined, given: Placeholders): unknown {
  switch (operand.kind) {
    case 'value':
      return given.values[operand.name];
    case 'path':
      return read(item, operand.path, given);
    case 'if_not_exists': {
      const found = read(item, operand.path, given);
      return found === undefined ? resolve(operand.otherwise, item, given) : found;
    }
    case '+':
    case '-': {
      const [left, right] = [resolve(operand.left, item, given), resolve(operand.right, item, given)];
      if (left === undefined || right === undefined) throw missingAttribute();
      if (typeof left !== 'number' || typeof right !== 'number') {
        throw validationError('An operand in the update expression has an incorrect data type');
      }
      return operand.kind === '+' ? left + right : left - right;
    }
  }
}

function read(item: unknown, path: Path, { names }: Placeholders): unknown {
  let found = item;
  for (const step of path) {
    const name = nameOf(step, names);
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, name)) return undefined;
    found = (found as Item)[name];
  }
  return found;
}

/** `undefined` removes. */
function write(item: Item, path: Path, value: unknown, given: Placeholders): void {
  const parent = path.length === 1 ? item : read(item, path.slice(0, -1), given);
  const step = path.at(-1);
  if (typeof step === 'number' || Array.isArray(parent))
    throw new Error('the memory table does not write into lists yet');
  if (typeof parent !== 'object' || parent === null || step === undefined) {
    throw validationError('The document path provided in the update expression is invalid for update');
  }
  const name = nameOf(step, given.names);
  if (value === undefined) Reflect.deleteProperty(parent, name);
  else (parent as Item)[name] = value;
}

function nameOf(step: string | number, names: Placeholders['names']): string {
  return typeof step === 'string' && step.startsWith('#') ? (names[step] ?? step) : String(step);
}

function missingAttribute(): Error {
  return validationError('The provided expression refers to an attribute that does not exist in the item');
}
