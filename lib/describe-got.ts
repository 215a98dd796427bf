/** What was got in place of an object that factories make: JavaScript, JSON and casts let anything through. */
export function describeGot(value: unknown): string {
  if (typeof value === 'function') return 'a function: the parentheses behind its name are missing';
  if (value === null || value === undefined) return 'nothing';
  return typeof value === 'object' ? 'an object of another kind' : `a ${typeof value}`;
}
