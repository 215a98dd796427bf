import { dayOf, daysOf, InvalidRangeError } from '../../client/days';
import { isDay } from '../../domain/days';

function pathsOf(from: string, to: string): string[] {
  try {
    daysOf({ from, to });
  } catch (error) {
    if (error instanceof InvalidRangeError) return error.problems.map(({ path }) => path);
    throw error;
  }
  return [];
}

describe('daysOf', () => {
  test('includes both ends', () => {
    expect(daysOf({ from: '2026-11-29', to: '2026-12-02' })).toEqual([
      '2026-11-29',
      '2026-11-30',
      '2026-12-01',
      '2026-12-02',
    ]);
    expect(daysOf({ from: '2026-11-23', to: '2026-11-23' })).toEqual(['2026-11-23']);
  });

  test('knows leap days, and is not disturbed by changes of clocks', () => {
    expect(daysOf({ from: '2028-02-28', to: '2028-03-01' })).toContain('2028-02-29');
    expect(new Set(daysOf({ from: '2026-01-01', to: '2026-12-31' })).size).toBe(365);
    expect(daysOf({ from: '2028-01-01', to: '2028-12-31' })).toHaveLength(366);
  });

  test.each([
    ['2026-11-31', '2026-02-30', ['from', 'to']],
    ['2026-1-1', '2026-11-30', ['from']],
    ['yesterday', '', ['from', 'to']],
    ['2026-11-30', '2026-11-29', ['to']],
    ['2025-01-01', '2026-01-02', ['to']],
    ['0001-01-01', '2026-01-02', ['to']],
  ])('refuses %s to %s', (from, to, expected) => {
    expect(pathsOf(from, to)).toEqual(expected);
  });
});

test.each([
  ['2026-11-23', true],
  ['2026-02-29', false],
  ['2026-11-23T00:00', false],
  ['0000-00-00', false],
])('isDay(%j) is %p', (day, expected) => {
  expect(isDay(day)).toBe(expected);
});

test('the day of a moment is that of UTC', () => {
  expect(dayOf(Date.parse('2026-11-23T23:59:59.999Z'))).toBe('2026-11-23');
  expect(dayOf(Date.parse('2026-11-24T00:00:00+01:00'))).toBe('2026-11-23');
});
