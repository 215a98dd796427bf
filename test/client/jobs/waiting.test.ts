import { nextLookMs, quietMs } from '../../../client/jobs/waiting';
import { estimateRequest } from '../../../client';

/** The times of all looks until then, in milliseconds. */
function looks(untilMs: number, quiet: number, random: number): number[] {
  const times: number[] = [];
  for (let at = nextLookMs(0, quiet, random); at < untilMs; at += nextLookMs(at, quiet, random)) times.push(at);
  return times;
}

test.each([0, 0.5, 1])('looks after a second, when refusals are known, and then ever more rarely (%d)', (random) => {
  const times = looks(600_000, 0, random);
  const gaps = times.map((at, index) => at - (times[index - 1] ?? 0));

  expect(times[0]).toBe(1_000);
  expect(gaps.slice(1)).toEqual(gaps.slice(1).sort((a, b) => a - b));
  expect(Math.max(...gaps)).toBeLessThanOrEqual(16_500);
  expect(times.length).toBeLessThan(70);
});

test('what ended is noticed within a fifth of its own duration, or two seconds', () => {
  const times = looks(600_000, 0, 1);

  for (const [index, at] of times.entries()) {
    const before = times[index - 1] ?? 0;
    expect(at - before).toBeLessThanOrEqual(Math.max(2_000, at / 5));
  }
});

test('does not look while no image can be expected', () => {
  expect(looks(20_000, 8_000, 0.5).slice(0, 2)).toEqual([1_000, 8_000]);
});

test('expects more tokens to take longer, within limits, and nothing where they are not known', () => {
  const low = quietMs(estimateRequest({ size: '1:1', quality: 'low' }));
  const high = quietMs(estimateRequest({ size: '1:1', quality: 'high' }));

  expect(low).toBeGreaterThan(0);
  expect(high).toBeGreaterThan(low);
  expect(quietMs(estimateRequest({ size: '16:9', resolution: '4K', quality: 'high' }))).toBe(10_000);
  expect(quietMs(undefined)).toBe(0);
});
