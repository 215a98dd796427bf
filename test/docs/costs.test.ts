import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRIC } from '../../domain/constants';
import { METRIC_DIMENSIONS } from '../../domain/metric-series';
import { tableBelow } from './support/tables';

const text = readFileSync(join(__dirname, '../../docs/costs.md'), 'utf8');
const rows = tableBelow(text, 'Metric series').map(([series = '', count = '', price = '']) => ({
  names: [...series.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
  count,
  price,
}));

test('every metric is in the table of series, once, and nothing else is', () => {
  expect(rows.flatMap(({ names }) => names).sort()).toEqual(Object.values(METRIC).sort());
});

const fixed = rows.filter(({ count }) => /^\d+$/.test(count));

test.each(fixed)('$names: as many series as are emitted, at 0.30 USD', ({ names, count, price }) => {
  const series = names.map((name) =>
    // Account and key.
    name === METRIC.creditsRemaining ? 2 : METRIC_DIMENSIONS[name as keyof typeof METRIC_DIMENSIONS].length,
  );
  expect(Number(count)).toBe(series.reduce((sum, each) => sum + each, 0));
  expect(price).toBe((Number(count) * 0.3).toFixed(2));
});

test('the sum for a pipeline without tenants and budgets is right', () => {
  const [, series = '', dollars = ''] = /: (\d+) series, ([\d.]+) USD a month/.exec(text) ?? [];
  const spend = 2 * (1 + 4);
  const failures = 2 + 5;
  const others = fixed.reduce((sum, { count }) => sum + Number(count), 0);
  expect(Number(series)).toBe(spend + failures + others);
  expect(Number(dollars)).toBeCloseTo(0.3 * Number(series), 10);
});
