import fc from 'fast-check';
import { compareQualities, estimateRequest, InvalidEstimateError, type RequestEstimate } from '../../client/estimate';
import { DEFAULT_PRICES, modelPrices, type PriceTable } from '../../domain/prices';
import { booked, decimal, exactPrice, formulaTokens, published, type Tokens } from './independent-prices';
import { fixedSizeRequest, RATIO_NAMES, type ValidRequest } from './requests';

/** Output tokens of one image: the printed table for a ratio, the formula for pixels. */
function tokensOf({ size, resolution = '1K', quality }: ValidRequest): bigint {
  if (RATIO_NAMES.includes(size)) return BigInt(published(size, resolution).tokens[quality]);
  const [width = 0, height = 0] = size.split('x').map(Number);
  return formulaTokens(width, height, quality);
}

/** The most tokens of one image. */
function upperOfOne(request: ValidRequest): Tokens {
  return {
    output: tokensOf(request),
    images: BigInt(request.references) * 1_536n,
    text: BigInt(Buffer.byteLength(request.prompt)) + 32n,
  };
}

function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

/** 10⁻⁷ credit of a decimal text. */
function units(text: string): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(7, '0'));
}

function problemsOf(request: object) {
  try {
    estimateRequest(request);
  } catch (error) {
    if (error instanceof InvalidEstimateError) return error.problems.map(({ path, code }) => `${path} ${code}`);
    throw error;
  }
  return [];
}

describe('the published range', () => {
  test('begins at 0.113832 credits', () => {
    const { allImages } = estimateRequest({ size: '3:1', quality: 'low' });

    expect(allImages.upper.total).toBe('0.113832');
  });

  test('ends at 55.5804936 credits', () => {
    const most = estimateRequest({ size: '1:1', resolution: '4K', quality: 'high', references: 16 });

    expect(most.allImages.upper.total).toBe('55.5804936');
    expect(most.credits).toEqual({ likely: '55.5806', upper: '55.5806' });
  });
});

describe('the largest request', () => {
  // Four bytes of UTF-8 each: nothing that EvoLink accepts costs more.
  const prompt = '😀'.repeat(15_000);
  const largest = { size: '1:1', resolution: '4K', quality: 'high', n: 10, references: 16, prompt } as const;
  const result = estimateRequest(largest);

  test('has only figures that a number holds exactly', () => {
    const numbers = numbersIn(result);

    expect(numbers.length).toBeGreaterThan(10);
    expect(numbers.filter((value) => !Number.isSafeInteger(value))).toEqual([]);
  });

  test('costs what arbitrarily long integers say', () => {
    const tokens = { output: 23_719n, images: 16n * 1_536n, text: 60_032n };
    const one = exactPrice(tokens);

    expect(BigInt(result.integers.tenMillionthsUpper)).toBe(10n * one);
    expect(BigInt(result.integers.creditsUpper)).toBe(10n * booked(tokens));
    expect(result.perImage.upper.total).toBe(decimal(one, 7));
    expect(result.allImages.upper).toEqual({
      output: decimal(10n * 23_719n * 18_360n, 7),
      references: decimal(10n * 16n * 1_536n * 4_896n, 7),
      text: decimal(10n * 60_032n * 3_060n, 7),
      total: decimal(10n * one, 7),
    });
  });
});

describe('every valid request with a fixed size', () => {
  test('has the price of an independent computation, in whole numbers', () => {
    fc.assert(
      fc.property(fixedSizeRequest, (request) => {
        const result = estimateRequest(request);
        const images = BigInt(request.n);
        const held = images * booked(upperOfOne(request));

        expect(result.capped).toBe(true);
        expect(BigInt(result.integers.tenMillionthsUpper)).toBe(images * exactPrice(upperOfOne(request)));
        expect(BigInt(result.integers.creditsUpper)).toBe(held);
        expect(result.credits.upper).toBe(decimal(held, 4));
        expect(numbersIn(result).every(Number.isSafeInteger)).toBe(true);
      }),
    );
  });

  test('of the model that is billed by calls has the published price of a call, which is also its charge', () => {
    const call = fc.record({
      size: fc.constantFrom(...RATIO_NAMES),
      references: fc.integer({ min: 0, max: 16 }),
      prompt: fc.string({ minLength: 1, maxLength: 400 }).filter((text) => text.trim() !== ''),
    });
    fc.assert(
      fc.property(call, (request) => {
        const { integers, credits, capped } = estimateRequest({ ...request, model: 'gpt-image-2-beta' });

        expect(BigInt(integers.tenMillionthsUpper)).toBe(10_200_000n);
        expect([credits.upper, credits.likely, capped]).toEqual(['1.02', '1.02', true]);
      }),
    );
  });

  test('is split into parts that add up exactly', () => {
    fc.assert(
      fc.property(fixedSizeRequest, (request) => {
        const { perImage, allImages } = estimateRequest(request);

        for (const { output, references, text, total } of [
          ...[perImage.likely, perImage.upper],
          ...[allImages.likely, allImages.upper],
        ]) {
          expect(units(output) + units(references) + units(text)).toBe(units(total));
        }
        expect(units(allImages.upper.total)).toBe(BigInt(request.n) * units(perImage.upper.total));
      }),
    );
  });

  test('never costs more than its upper estimate, whatever EvoLink counts', () => {
    const actual = fixedSizeRequest.chain((request) =>
      fc.record({
        request: fc.constant(request),
        delivered: fc.integer({ min: 0, max: request.n }),
        // A reference costs at most its budget, a byte-level tokeniser makes at most one token of a byte, and 19 to 27
        // tokens were seen for one-line prompts.
        references: fc.array(fc.integer({ min: 0, max: 1_536 }), {
          minLength: request.references,
          maxLength: request.references,
        }),
        text: fc.integer({ min: 0, max: Math.max(27, Buffer.byteLength(request.prompt)) }),
      }),
    );
    fc.assert(
      fc.property(actual, ({ request, delivered, references, text }) => {
        const images = references.reduce((sum, tokens) => sum + BigInt(tokens), 0n);
        const one = { output: tokensOf(request), images, text: BigInt(text) };
        const times = BigInt(delivered);
        const all = { output: times * one.output, images: times * one.images, text: times * one.text };
        const held = BigInt(estimateRequest(request).integers.creditsUpper);

        // EvoLink may make one bill of a task, or one for each image.
        expect(held).toBeGreaterThanOrEqual(booked(all));
        expect(held).toBeGreaterThanOrEqual(times * booked(one));
      }),
    );
  });

  test('costs the same when it is split into single jobs', () => {
    fc.assert(
      fc.property(fixedSizeRequest, (request) => {
        const together = estimateRequest(request).integers;
        const single = estimateRequest({ ...request, n: 1 }).integers;

        expect(request.n * single.tenMillionthsUpper).toBe(together.tenMillionthsUpper);
        expect(request.n * single.tenMillionthsLikely).toBe(together.tenMillionthsLikely);
        expect(request.n * single.creditsUpper).toBe(together.creditsUpper);
      }),
    );
  });
});

describe('estimateRequest', () => {
  test('takes the input of a job as it is', () => {
    const byUrls = estimateRequest({
      prompt: 'a cat',
      size: '16:9',
      image_urls: ['https://cdn.example.org/a.png', 'https://cdn.example.org/b.png'],
      tenant: 'team-a',
      metadata: { order: '7' },
      output_prefix: 'x/',
    });

    expect(byUrls).toEqual(estimateRequest({ prompt: 'a cat', size: '16:9', references: 2 }));
    expect(byUrls.tokens.references).toBe(3_072);
  });

  test('marks auto as no cap: 2048² is likely, 2880² is held', () => {
    const auto = estimateRequest({ quality: 'high' });

    expect(auto.capped).toBe(false);
    expect(auto.tokens.output).toEqual({ likely: 14_272, upper: 23_719 });
    expect(auto.requested).not.toHaveProperty('width');
  });

  test('counts no text where no prompt is given', () => {
    expect(estimateRequest({ size: '1:1', quality: 'low' }).tokens.text).toEqual({ likely: 0, upper: 0 });
  });

  test('a model that is billed by calls costs its price, with no tokens', () => {
    const beta = estimateRequest({ model: 'gpt-image-2-beta', prompt: 'a cat', references: 3 });

    const none = { likely: 0, upper: 0 };
    expect(beta.tokens).toEqual({ output: none, references: 0, text: none, textOutput: none });
    expect(beta.perImage.upper).toEqual({ output: '1.02', references: '0', text: '0', total: '1.02' });
    expect(beta.usd.upper).toBe('0.015000');
    expect(beta.capped).toBe(true);
  });

  test('estimates above the limit of the request: that is what one wants to know', () => {
    const request = { size: '1:1', resolution: '4K', quality: 'high', prompt: 'x' };

    expect(estimateRequest({ ...request, max_credits: 1 })).toEqual(estimateRequest(request));
  });

  test("uses the pipeline's own defaults where they are given", () => {
    const { requested } = estimateRequest({ size: '16:9' }, { defaults: { quality: 'low', resolution: '2K' } });

    expect(requested).toMatchObject({ quality: 'low', width: 2736, height: 1536 });
  });

  test('other prices give other figures and their own version', () => {
    const row = modelPrices('gpt-image-2');
    const prices: PriceTable = {
      ...DEFAULT_PRICES,
      version: 'dearer',
      models: { 'gpt-image-2': { ...row, imageOutput: 20_000 } as typeof row },
    };
    const result = estimateRequest({ size: '1:1', quality: 'low' }, { prices });

    expect(result.credits.upper).toBe('0.392');
    expect(result.priceTable).toBe('dearer');
  });

  test('lists every problem at once', () => {
    const request = { model: 'x', size: '7:5', resolution: '8K', quality: 'ultra', n: 11, references: 17, prompt: '' };

    expect(problemsOf(request).sort()).toEqual(
      [
        'model unknown_model',
        'n out_of_range',
        'prompt empty',
        'quality invalid_quality',
        'references out_of_range',
        'resolution invalid_resolution',
        'size invalid_size',
      ].sort(),
    );
  });

  test.each([
    [{ references: -1 }, ['references out_of_range']],
    [{ references: 1.5 }, ['references invalid_type']],
    [{ references: 1e9 }, ['references out_of_range']],
    [{ references: 1, image_urls: ['https://cdn.example.org/a.png'] }, ['references out_of_range']],
    [{ size: '1920x1080' }, ['size size_not_multiple_of_16']],
    [{ max_credits: 'much' }, ['max_credits invalid_max_credits']],
    [{ promt: 'x' }, ['promt unknown_field']],
    [{ prompt: null }, ['prompt invalid_type']],
    [[], [' invalid_input']],
  ])('refuses %j', (request, expected) => {
    expect(problemsOf(request)).toEqual(expected);
  });
});

describe('compareQualities', () => {
  test('gives each quality of the model, cheapest first, otherwise alike', () => {
    const request = { size: '16:9', resolution: '4K', quality: 'high', n: 4, references: 2, prompt: 'a cat' };
    const compared = compareQualities(request);
    const tokens = compared.map(({ estimate }: { estimate: RequestEstimate }) => estimate.tokens.output.upper);

    expect(compared.map(({ quality }) => quality)).toEqual(['low', 'medium', 'high']);
    expect(tokens).toEqual([371, 3_336, 13_342]);
    expect(compared[2]?.estimate).toEqual(estimateRequest(request));
  });

  test('is empty for a model without that choice', () => {
    expect(compareQualities({ model: 'gpt-image-2-beta' })).toEqual([]);
  });

  test('refuses what an estimate refuses', () => {
    expect(() => compareQualities({ n: 0 })).toThrow(InvalidEstimateError);
  });
});
