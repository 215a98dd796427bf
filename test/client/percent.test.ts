import { percentOf } from '../../client/percent';

test.each([
  [29, 1_000, '2.9'],
  [1, 3, '33.3'],
  [2, 3, '66.6'],
  [999, 1_000_000, '0.0'],
  [0, 5, '0.0'],
  [7, 5, '140.0'],
  [9_007_199_254_740_990, 9_007_199_254_740_991, '99.9'],
])('%i of %i is %s %%, rounded down', (part, whole, expected) => {
  expect(percentOf(part, whole)).toBe(expected);
});

test.each([
  [1, 0],
  [-1, 5],
  [0.5, 5],
  [1, Infinity],
])('%p of %p is no share', (part, whole) => {
  expect(() => percentOf(part, whole)).toThrow(RangeError);
});
