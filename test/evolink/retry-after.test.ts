import fc from 'fast-check';
import { httpDate, retryAfterSeconds } from '../../evolink/retry-after';

const NOW = Date.UTC(1994, 10, 6, 8, 49, 37);

test.each([
  ['30', 30],
  [' 30 ', 30],
  ['1.2', 2],
  ['3600', 3600],
  ['999999999999999999999', 3600],
  ['Sun, 06 Nov 1994 08:50:07 GMT', 30],
  ['Sunday, 06-Nov-94 08:50:07 GMT', 30],
  ['Sun Nov  6 08:50:07 1994', 30],
  ['Fri, 01 Jan 2100 00:00:00 GMT', 3600],
])('%j means %i s', (header, seconds) => {
  expect(retryAfterSeconds(header, NOW)).toBe(seconds);
});

test.each([
  undefined,
  '',
  '0',
  '0.0',
  'Sun, 06 Nov 1994 08:00:00 GMT',
  'soon',
  '-5',
  '5 minutes',
  'in 5',
  'Sun, 99 Foo 1994',
  'NaN',
  'Infinity',
  '0x10',
])('%j means nothing', (header) => {
  expect(retryAfterSeconds(header, NOW)).toBeUndefined();
});

test('any header gives nothing or whole seconds from 1 to 3 600', () => {
  const header = fc.oneof(
    fc.string(),
    fc.double().map(String),
    fc.date({ noInvalidDate: true }).map((d) => d.toUTCString()),
  );

  fc.assert(
    fc.property(header, fc.integer({ min: 0, max: 4e12 }), (value, now) => {
      const seconds = retryAfterSeconds(value, now);
      if (seconds === undefined) return;
      expect(Number.isInteger(seconds)).toBe(true);
      expect(seconds).toBeGreaterThanOrEqual(1);
      expect(seconds).toBeLessThanOrEqual(3600);
    }),
  );
});

test('a date of our own making reads back', () => {
  const seconds = fc.integer({ min: 0, max: 4_000_000_000 });

  fc.assert(fc.property(seconds, (at) => expect(httpDate(new Date(at * 1000).toUTCString())).toBe(at * 1000)));
});
