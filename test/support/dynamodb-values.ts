/** What an item may hold, copied so that nobody shares an object with the table. */
export type Item = Record<string, unknown>;

/**
 * A deep copy of what DynamoDB would store. Like our document client it drops `undefined`, and refuses what its
 * marshaller refuses. Sets and binary values are not used by the pipeline and refused too.
 */
export function storable(value: unknown): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new Error(`Special numeric value ${value} is not allowed`);
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER) throw new Error(`Number ${value} is not a safe number`);
    return value;
  }
  if (Array.isArray(value)) return value.filter((element) => element !== undefined).map(storable);
  if (typeof value === 'object' && isPlainObject(value)) return storableItem(value);
  throw new Error(`Unsupported type passed: ${Object.prototype.toString.call(value)}`);
}

export function storableItem(item: object): Item {
  const copy: Item = {};
  for (const [name, value] of Object.entries(item)) if (value !== undefined) copy[name] = storable(value);
  return copy;
}

/** Size as DynamoDB counts it, near enough for its limit of 400 KB: names and values in UTF-8. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return 12;
  if (typeof value !== 'object' || value === null) return 1;
  if (Array.isArray(value)) return value.reduce<number>((sum, element) => sum + 1 + sizeOf(element), 3);
  return Object.entries(value).reduce((sum, [name, field]) => sum + 1 + Buffer.byteLength(name) + sizeOf(field), 3);
}

/** Equality of type and value, to any depth. */
export function areEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && areEqual((a as Item)[name], (b as Item)[name]))
  );
}

/** Order of two numbers or two strings (by their UTF-8 bytes); `undefined` where there is none. */
export function order(a: unknown, b: unknown): number | undefined {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string')
    return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
  return undefined;
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || (value.constructor.name === 'Object' && !(Symbol.iterator in value));
}
