import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { estimateRequest, type EstimateRequest } from '../../client';
import { DEFAULT_PRICES } from '../../domain/prices';

const text = readFileSync(join(__dirname, '../../docs/pricing.md'), 'utf8').replace(/\s+/g, ' ');
const rows = readFileSync(join(__dirname, '../../docs/pricing.md'), 'utf8')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, , resolution = '']) => /^\dK$/.test(resolution));

const cost = (request: EstimateRequest) => estimateRequest(request).credits;

test.each(rows)('%s row %s %s: as estimated', (_, size, resolution, pixels, ...cells) => {
  const qualities = ['low', 'medium', 'high'].map((quality) => estimateRequest({ size, resolution, quality }));
  const [{ requested } = { requested: undefined }] = qualities;

  expect(pixels).toBe(`${requested?.width}×${requested?.height}`);
  expect(cells.slice(0, 3)).toEqual(
    qualities.map(({ credits, usd }) => `${credits.upper} · ${Number(usd.upper).toFixed(4)}`),
  );
});

test('there is a row for each of the sizes that people ask for', () => {
  expect(rows).toHaveLength(7);
});

const figures: [what: string, sentence: string][] = [
  ['the date of the prices', `published prices of ${DEFAULT_PRICES.date}`],
  ['the price of a reference', 'reckoned for each (0.7521 credits)'],
  ['a call of the beta model', `${cost({ model: 'gpt-image-2-beta', size: '1:1' }).upper} credits at 1K`],
  ['four drafts', `at 1K and low cost ${cost({ size: '16:9', quality: 'low', n: 4 }).upper} credits`],
  ['the final', `at 4K and high, ${cost({ size: '16:9', resolution: '4K', quality: 'high' }).upper}.`],
  ['four finals', `would have cost ${cost({ size: '16:9', resolution: '4K', quality: 'high', n: 4 }).upper}.`],
];
test.each(figures)('%s: as estimated', (_, sentence) => {
  expect(text).toContain(sentence);
});

test('a reference costs what the text says, rounded up, and more than twice a small square image', () => {
  const plain = estimateRequest({ size: '1:1', quality: 'low' });
  const reference = estimateRequest({ size: '1:1', quality: 'low', references: 1 }).perImage.upper.references;

  expect(Math.ceil(Number(reference) * 10_000) / 10_000).toBe(0.7521);
  expect(Number(reference)).toBeGreaterThan(2 * Number(plain.perImage.upper.output));
});

test('the levers are as strong as the text says', () => {
  const credits = (size: string, resolution: string, quality: string) =>
    Number(cost({ size, resolution, quality }).upper);

  expect(credits('1:1', '1K', 'high') / credits('1:1', '1K', 'medium')).toBeCloseTo(4, 1);
  expect(credits('1:1', '1K', 'medium') / credits('1:1', '1K', 'low')).toBeCloseTo(9, 0);
  expect(credits('1:1', '4K', 'low')).toBeLessThan(credits('1:1', '1K', 'medium'));
});
