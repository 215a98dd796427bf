import fc from 'fast-check';
import { cheaperNeighbour } from '../../client/cheaper-neighbour';
import { estimateRequest } from '../../client/estimate';
import { DEFAULT_PRICES, modelPrices, type PriceTable } from '../../domain/prices';
import { formulaTokens, type Level } from './independent-prices';
import { fixedSizeRequest } from './requests';

/** The fewest tokens of any size that may take the place of this one, looked for in the plainest way. */
function fewestTokens(width: number, height: number, level: Level): bigint {
  let fewest = formulaTokens(width, height, level);
  for (let w = 16; w <= 3_840; w += 16) {
    for (let h = 16; h <= 3_840; h += 16) {
      const isValid = w * h >= 655_360 && w * h <= 8_294_400 && w <= 3 * h && h <= 3 * w;
      if (!isValid || w * h < width * height) continue;
      const [across, down] = [w * height, h * width];
      if (100 * (Math.max(across, down) - Math.min(across, down)) > 3 * Math.min(across, down)) continue;
      const tokens = formulaTokens(w, h, level);
      if (tokens < fewest) fewest = tokens;
    }
  }
  return fewest;
}

describe('a cheaper neighbour', () => {
  test('may be asked for, looks the same and costs less', () => {
    fc.assert(
      fc.property(fixedSizeRequest, (request) => {
        const asked = estimateRequest(request);
        const found = cheaperNeighbour(request);
        if (!found) return;
        const { width = 0, height = 0 } = asked.requested;
        const again = estimateRequest({ ...request, size: found.size, resolution: found.resolution });

        expect(found.estimate).toEqual(again);
        expect(again.requested).toMatchObject({ width: found.width, height: found.height, quality: request.quality });
        expect(again.requested.model).toBe(asked.requested.model);
        expect(found.width * found.height).toBeGreaterThanOrEqual(width * height);
        expect(100 * Math.abs(found.width * height - found.height * width)).toBeLessThanOrEqual(
          3 * width * found.height,
        );
        expect(again.integers.tenMillionthsUpper).toBeLessThan(asked.integers.tenMillionthsUpper);
      }),
      { numRuns: 60 },
    );
  });

  test('is the cheapest there is, and is found whenever there is one', () => {
    fc.assert(
      fc.property(fixedSizeRequest, (request) => {
        const { width = 0, height = 0 } = estimateRequest(request).requested;
        const { output } = (cheaperNeighbour(request)?.estimate ?? estimateRequest(request)).tokens;

        expect(BigInt(output.upper)).toBe(fewestTokens(width, height, request.quality));
      }),
      { numRuns: 25 },
    );
  });

  test('of a portrait costs what that of its landscape costs', () => {
    fc.assert(
      fc.property(fixedSizeRequest, (request) => {
        const { width, height } = estimateRequest(request).requested;
        const swapped = { ...request, size: `${height}x${width}`, resolution: undefined };

        expect(cheaperNeighbour(swapped)?.savedCredits).toBe(cheaperNeighbour(request)?.savedCredits);
      }),
      { numRuns: 30 },
    );
  });

  test('says what it saves of the whole request, rounded down', () => {
    const request = { size: '16:9', resolution: '2K', quality: 'high' };

    // 8039 tokens against 7778: 261 fewer are 3.2466 %.
    expect(cheaperNeighbour(request)).toMatchObject({
      size: '2784x1520',
      width: 2784,
      height: 1520,
      savedCredits: '0.479196',
      savingPercent: '3.2',
    });
    // References cost the same as before, so that less is saved of the whole.
    expect(cheaperNeighbour({ ...request, n: 3, references: 16 })).toMatchObject({
      savedCredits: '1.437588',
      savingPercent: '1.7',
    });
  });

  test.each([
    ['where nothing is cheaper', { size: '16:9', resolution: '4K', quality: 'high' }],
    ['of auto, whose pixels are not known', { size: 'auto', quality: 'high' }],
    ['of a model that is billed by calls', { model: 'gpt-image-2-beta', size: '16:9' }],
  ])('is not there %s', (_, request) => {
    expect(cheaperNeighbour(request)).toBeUndefined();
  });

  test('is not there where output is free', () => {
    const row = modelPrices('gpt-image-2');
    const prices: PriceTable = {
      ...DEFAULT_PRICES,
      models: { 'gpt-image-2': { ...row, imageOutput: 0 } as typeof row },
    };

    expect(cheaperNeighbour({ size: '16:9', resolution: '2K', quality: 'high' }, { prices })).toBeUndefined();
  });
});
