import fc from 'fast-check';
import { cut, describe as describeValue, hasLoneSurrogate, preview } from '../../domain/preview';

describe('preview', () => {
  test.each([
    ['short', 'short'],
    [5, 5],
    [true, true],
    [null, null],
    [[1, 'a', null], '[1,"a",null]'],
    [{ a: { b: [] } }, '{"a":{"b":[]}}'],
    [NaN, 'NaN'],
  ])('%j is shown as %j', (value, shown) => {
    expect(preview(value)).toBe(shown);
  });

  test('cuts long text to 100 characters', () => {
    expect(preview('x'.repeat(101))).toBe(`${'x'.repeat(99)}…`);
    expect(preview('x'.repeat(100))).toBe('x'.repeat(100));
  });

  test('survives nesting that would overflow a recursive walk', () => {
    const deep: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));

    expect(String(preview(deep)).length).toBeLessThanOrEqual(100);
  });

  test('stays within the limit and can be written as UTF-8, for any value', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.jsonValue(), fc.string({ unit: 'binary', minLength: 90 })), (value) => {
        const shown = preview(value);
        expect(String(shown).length).toBeLessThanOrEqual(100);
        expect(hasLoneSurrogate(String(shown))).toBe(false);
      }),
    );
  });
});

describe('cut', () => {
  test('never cuts a character in half', () => {
    expect(cut('ab🚲cd', 4)).toBe('ab…');
    expect(cut('ab🚲cd', 5)).toBe('ab🚲…');
  });

  test('replaces a lone surrogate', () => {
    expect(cut('a\ud83db')).toBe('a\ufffdb');
  });
});

test.each([
  ['secret', 'a string of 6 characters'],
  [[1, 2], 'an array of 2 items'],
  [{ a: 1 }, 'an object of 1 fields'],
  [null, 'null'],
  [5, 'a number'],
])('describe(%j) is %j: the kind of value, never the value', (value, text) => {
  expect(describeValue(value)).toBe(text);
});
