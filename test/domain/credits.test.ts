import fc from 'fast-check';
import { formatCredits, formatTenMillionths, formatUsd, parseCredits, toCreditUnits } from '../../domain/credits';

const units = fc.maxSafeNat();

describe('toCreditUnits', () => {
  test.each([
    [0, 0],
    [1, 1],
    [999, 1],
    [1000, 1],
    [1001, 2],
    [3_681_180, 3682],
    [9_007_199_254_740_001, 9_007_199_254_741],
  ])('%i × 10⁻⁷ credit is booked as %i × 10⁻⁴', (amount, expected) => {
    expect(toCreditUnits(amount)).toBe(expected);
  });

  test('never rounds down, and by less than one unit', () => {
    fc.assert(
      fc.property(units, (amount) => {
        const gap = BigInt(toCreditUnits(amount)) * 1000n - BigInt(amount);
        expect(gap >= 0n && gap < 1000n).toBe(true);
      }),
    );
  });

  test.each([-1, 0.5, NaN, Infinity, 2 ** 53])('refuses %p', (amount) => {
    expect(() => toCreditUnits(amount)).toThrow(RangeError);
  });
});

describe('formatting', () => {
  test.each([
    [0, '0'],
    [1, '0.0001'],
    [10_000, '1'],
    [32_241, '3.2241'],
    [32_200, '3.22'],
    [1_000_000, '100'],
    [-5, '-0.0005'],
  ])('%i units are %s credits', (amount, text) => {
    expect(formatCredits(amount)).toBe(text);
  });

  test.each([
    [0, '0'],
    [1_138_320, '0.113832'],
    [555_804_936, '55.5804936'],
  ])('%i × 10⁻⁷ is %s credits', (amount, text) => {
    expect(formatTenMillionths(amount)).toBe(text);
  });

  test.each([
    [0, '0.000000'],
    [3682, '0.005415'],
    [680_000, '1.000000'],
    [-680_000, '-1.000000'],
    // 0.5 micro-dollar exactly: half up.
    [17, '0.000025'],
    [Number.MAX_SAFE_INTEGER, '13245881256.972046'],
  ])('%i units are %s US dollars', (amount, text) => {
    expect(formatUsd(amount)).toBe(text);
  });

  test('dollars are within half a millionth of credits / 68', () => {
    fc.assert(
      fc.property(units, (amount) => {
        const micros = BigInt(formatUsd(amount).replace('.', ''));
        const gap = micros * 680_000n - BigInt(amount) * 1_000_000n;
        expect(gap > -340_000n && gap <= 340_000n).toBe(true);
      }),
    );
  });

  test.each([0.1, NaN, 2 ** 53])('refuses %p', (amount) => {
    expect(() => formatCredits(amount)).toThrow(RangeError);
    expect(() => formatTenMillionths(amount)).toThrow(RangeError);
    expect(() => formatUsd(amount)).toThrow(RangeError);
  });
});

describe('parseCredits', () => {
  test.each<[string | number, number]>([
    ['0', 0],
    [0, 0],
    ['3.2241', 32_241],
    [3.2241, 32_241],
    [' 1 ', 10_000],
    ['1.00000', 10_000],
    ['0.00001', 1],
    [1e-7, 1],
    [0.30000000000000004, 3001],
    ['1e2', 1_000_000],
    ['1.5E+1', 150_000],
    ['12e-4', 12],
    ['0e999', 0],
    ['900719925474.0991', Number.MAX_SAFE_INTEGER],
  ])('%p is %i units', (input, expected) => {
    expect(parseCredits(input)).toBe(expected);
  });

  test('rounds a limit down', () => {
    expect(parseCredits('0.11389', 'down')).toBe(1138);
    expect(parseCredits('0.00009', 'down')).toBe(0);
  });

  test.each<[string | number]>([
    [''],
    ['-1'],
    [-0.5],
    ['1,5'],
    ['.5'],
    ['5.'],
    ['0x10'],
    ['1e'],
    ['1e9999'],
    ['Infinity'],
    [NaN],
    [Infinity],
    ['1e30'],
    [1e300],
    ['900719925474.0992'],
    ['9'.repeat(100)],
    ['٣'],
  ])('refuses %p', (input) => {
    expect(() => parseCredits(input)).toThrow(RangeError);
  });

  test('reads back what formatCredits wrote', () => {
    fc.assert(fc.property(units, (amount) => parseCredits(formatCredits(amount)) === amount));
  });

  test('reads any number as its shortest text', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e10, noNaN: true }), (value) => {
        expect(parseCredits(Math.abs(value))).toBe(parseCredits(String(Math.abs(value))));
      }),
    );
  });

  test('any text gives a safe amount or a RangeError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9.eE+-]{0,20}$/)), (text) => {
        try {
          expect(Number.isSafeInteger(parseCredits(text))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});
