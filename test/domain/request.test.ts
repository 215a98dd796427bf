import fc from 'fast-check';
import { failureCause } from '../../domain/failure-cause';
import { estimate } from '../../domain/estimate';
import type { Job, Problem } from '../../domain/job';
import { MODELS, namesOf } from '../../domain/models';
import {
  PROBLEM_CODES,
  REQUEST_FIELDS,
  validateRequest,
  WARNING_CODES,
  type ValidationContext,
} from '../../domain/request';

const context: ValidationContext = { jobId: 'job-1', defaults: {}, allowLoopback: false };

function valid(input: unknown, change: Partial<ValidationContext> = {}): Job {
  const result = validateRequest(input, { ...context, ...change });
  if (result.kind === 'invalid') throw new Error(JSON.stringify(result.problems));
  return result.job;
}

const warnings = (input: object, change: Partial<ValidationContext> = {}) =>
  valid({ prompt: 'a cat', ...input }, change).warnings.map(({ path, code }) => `${path} ${code}`);

describe('a valid request', () => {
  test('only a prompt: the defaults of EvoLink, written out', () => {
    expect(valid({ prompt: ' a cat ' })).toEqual({
      jobId: 'job-1',
      tenant: 'default',
      metadata: {},
      outputPrefix: '',
      request: { model: 'gpt-image-2', prompt: ' a cat ', size: 'auto', quality: 'medium', n: 1 },
      requested: { model: 'gpt-image-2', size: 'auto', quality: 'medium', n: 1, references: 0 },
      estimate: estimate({ model: 'gpt-image-2', size: 'auto', n: 1, references: 0, prompt: ' a cat ' }),
      warnings: [],
    });
  });

  test('with everything', () => {
    const urls = ['https://example.com/a.PNG?sig=1', 'https://example.com/b'];
    const job = valid({
      prompt: 'a cat',
      model: 'gpt-image-2',
      size: '16:9',
      resolution: '2k',
      quality: 'high',
      n: 2,
      image_urls: urls,
      tenant: 'team_a',
      max_credits: '40',
      metadata: { campaign: 'spring' },
      output_prefix: 'shop/banners',
    });

    const image = { model: 'gpt-image-2', size: '16:9', resolution: '2K', quality: 'high', n: 2 };
    expect(job).toMatchObject({ tenant: 'team_a', metadata: { campaign: 'spring' }, outputPrefix: 'shop/banners/' });
    expect(job.request).toEqual({ ...image, prompt: 'a cat', image_urls: urls });
    expect(job.requested).toEqual({ ...image, references: 2, width: 2736, height: 1536 });
    expect(job.estimate).toMatchObject({ outputTokens: 8039, referenceTokens: 3072, images: 2, capped: true });
  });

  test('explicit pixels are sent with a lower-case x and no resolution', () => {
    const { request, requested } = valid({ prompt: 'a cat', size: '1536×1024', resolution: '4K' });

    expect(request).toEqual({ model: 'gpt-image-2', prompt: 'a cat', size: '1536x1024', quality: 'medium', n: 1 });
    expect(requested).toMatchObject({ size: '1536x1024', width: 1536, height: 1024 });
  });

  test('the beta model gets only the fields that it knows', () => {
    const {
      request,
      requested,
      estimate: cost,
    } = valid({
      prompt: 'a cat',
      model: 'gpt-image-2-beta',
      size: '9:16',
      resolution: '1K',
      n: 1,
    });

    expect(request).toEqual({ model: 'gpt-image-2-beta', prompt: 'a cat', size: '9:16' });
    expect(requested).toMatchObject({ n: 1, references: 0, width: 768, height: 1360 });
    expect(requested).not.toHaveProperty('quality');
    expect(cost.creditsUpper).toBe(10_200);
  });
});

describe('defaults of the pipeline', () => {
  const defaults = { size: '3:2', resolution: '4k', quality: 'low', n: 3 };

  test('fill what the request leaves out', () => {
    expect(valid({ prompt: 'a cat' }, { defaults }).request).toMatchObject({
      size: '3:2',
      resolution: '4K',
      quality: 'low',
      n: 3,
    });
  });

  test('yield to the request', () => {
    const job = valid({ prompt: 'a cat', size: '1:1', resolution: '1K', quality: 'high', n: 1 }, { defaults });

    expect(job.request).toMatchObject({ size: '1:1', resolution: '1K', quality: 'high', n: 1 });
  });

  test('do not break a model that knows fewer fields', () => {
    const job = valid({ prompt: 'a cat', model: 'gpt-image-2-beta' }, { defaults });

    expect(job.request).toEqual({ model: 'gpt-image-2-beta', prompt: 'a cat', size: '3:2' });
    expect(job.requested).toMatchObject({ resolution: '1K', n: 1 });
  });

  test('choose the model', () => {
    expect(valid({ prompt: 'a cat' }, { defaults: { model: 'gpt-image-2-beta' } }).request.model).toBe(
      'gpt-image-2-beta',
    );
  });
});

describe('warnings', () => {
  test('none for a plain request', () => {
    expect(warnings({ size: '16:9', resolution: '4K' })).toEqual([]);
  });

  test('a resolution beside explicit pixels or auto', () => {
    expect(warnings({ size: '1024x1024', resolution: '1K' })).toEqual(['resolution resolution_ignored']);
    expect(warnings({ resolution: '1K' })).toEqual(['resolution resolution_ignored']);
  });

  test('but not when the resolution is only a default', () => {
    expect(warnings({ size: '1024x1024' }, { defaults: { resolution: '2K' } })).toEqual([]);
  });

  test.each(['2:1', '1:2', '3:1', '1:3', '4:3', '3:4', '21:9', '9:21'])('%s at 4K is scaled down', (size) => {
    expect(warnings({ size, resolution: '4K' })).toEqual(['resolution scaled_down']);
    expect(warnings({ size, resolution: '2K' })).toEqual([]);
  });

  test('more than one image', () => {
    expect(warnings({ n: 2 })).toEqual(['n fewer_images_possible']);
  });
});

describe('max_credits', () => {
  const input = { prompt: 'a', size: '3:1', quality: 'low' };
  // 62 output tokens, and one byte of text with 32 tokens around it: 0.1139 and 0.0101 credits, each rounded up.

  test.each<[number | string]>([[0.124], ['0.124'], ['0.12401'], [1], ['1e1']])('%p is enough', (maxCredits) => {
    expect(valid({ ...input, max_credits: maxCredits }).estimate.creditsUpper).toBe(1240);
  });

  test.each<[number | string]>([[0.1239], ['0.12399'], ['0.00001']])('%p is too little', (maxCredits) => {
    expect(validateRequest({ ...input, max_credits: maxCredits }, context)).toMatchObject({
      kind: 'invalid',
      failure: 'CostLimitExceeded',
      problems: [{ path: 'max_credits', code: 'cost_limit_exceeded' }],
      facts: { estimated_credits: '0.124', max_credits: String(maxCredits), limit_of: 'request' },
    });
  });

  test.each<[number | undefined]>([[undefined], [50], [0.1]])(
    "the pipeline's lower limit is named as such, and never as what was written: max_credits %p",
    (maxCredits) => {
      const result = validateRequest({ ...input, max_credits: maxCredits }, { ...context, maxCreditsPerJob: 1_000 });
      const message =
        "The job may cost 0.124 credits, which is more than the pipeline's limit for one job (`maxCreditsPerJob`) of 0.1.";

      expect(result).toEqual({
        kind: 'invalid',
        failure: 'CostLimitExceeded',
        problems: [{ path: '', code: 'cost_limit_exceeded', message }],
        message,
        facts: { estimated_credits: '0.124', max_credits: '0.1', limit_of: 'pipeline' },
      });
    },
  );

  test("below the pipeline's limit the request's own is named", () => {
    const result = validateRequest({ ...input, max_credits: 0.05 }, { ...context, maxCreditsPerJob: 1_000 });

    expect(result).toMatchObject({ problems: [{ path: 'max_credits', got: '0.05' }], facts: { limit_of: 'request' } });
  });

  test('a request that is also invalid is InvalidRequest', () => {
    const result = validateRequest({ ...input, n: 0, max_credits: 0.0001 }, context);

    expect(result).toMatchObject({ failure: 'InvalidRequest', problems: [{ path: 'n' }] });
  });
});

describe('any input', () => {
  const url = fc.oneof(fc.webUrl(), fc.constant('https://localhost/a.gif'), fc.string(), fc.jsonValue());
  const near = fc.record(
    {
      prompt: fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue()),
      model: fc.oneof(fc.constantFrom(...namesOf(MODELS)), fc.jsonValue()),
      size: fc.oneof(
        fc.constantFrom('auto', '16:9', '1024x1024'),
        fc.tuple(fc.nat(5000), fc.nat(5000)).map(([width, height]) => `${width}x${height}`),
        fc.jsonValue(),
      ),
      resolution: fc.oneof(fc.constantFrom('1K', '4k'), fc.jsonValue()),
      quality: fc.oneof(fc.constantFrom('low', 'high'), fc.jsonValue()),
      n: fc.oneof(fc.integer({ min: -1, max: 12 }), fc.jsonValue()),
      image_urls: fc.oneof(fc.array(url, { maxLength: 20 }), fc.jsonValue()),
      tenant: fc.oneof(fc.string(), fc.jsonValue()),
      max_credits: fc.oneof(fc.double(), fc.string(), fc.jsonValue()),
      metadata: fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue()),
      output_prefix: fc.oneof(fc.string(), fc.jsonValue()),
    },
    { requiredKeys: [] },
  );
  const anyInput = fc.oneof(fc.jsonValue(), fc.anything(), near, fc.dictionary(fc.string(), fc.jsonValue()));

  /** One boolean, not five assertions: some inputs have 20 000 problems. */
  function isWellFormed({ path, code, message, got }: Problem): boolean {
    return (
      path.length <= 100 &&
      (PROBLEM_CODES as readonly string[]).includes(code) &&
      message.length > 0 &&
      message.length <= 500 &&
      (typeof got === 'string' ? got.length <= 100 : got === null || typeof got !== 'object')
    );
  }

  function check(input: unknown, jobId = 'job-1'): void {
    const result = validateRequest(input, { ...context, jobId });
    if (result.kind === 'valid') {
      expect(result.job.warnings.every(({ code }) => (WARNING_CODES as readonly string[]).includes(code))).toBe(true);
      return;
    }
    expect(result.problems.length).toBeGreaterThan(0);
    expect(result.message).not.toBe('');
    expect(result.problems.filter((problem) => !isWellFormed(problem))).toEqual([]);
    const cause = failureCause(result.failure, { problems: result.problems, message: result.message, ...result.facts });
    expect(cause.length).toBeLessThanOrEqual(32_768);
    expect(JSON.parse(cause)).toMatchObject({ error: result.failure });
  }

  test('never throws, and every problem has a path, a known code, a message and a short got', () => {
    fc.assert(
      fc.property(anyInput, fc.string(), (input, jobId) => check(input, jobId)),
      { numRuns: 400 },
    );
  });

  test('every field at once, each wrong: every one is reported', () => {
    const input = Object.fromEntries(REQUEST_FIELDS.map((name) => [name, [{ wrong: name }]]));
    const result = validateRequest(input, context);

    const paths = result.kind === 'invalid' ? result.problems.map(({ path }) => path.replace(/\[.*/, '')) : [];
    expect([...paths].sort()).toEqual([...REQUEST_FIELDS].sort());
  });

  test('of a quarter of a megabyte, nested as deep as it goes, is refused like any other', () => {
    const deep: unknown = JSON.parse('['.repeat(120_000) + ']'.repeat(120_000));
    for (const name of ['nonsense', ...REQUEST_FIELDS]) check({ [name]: deep });
    check({ ['x'.repeat(250_000)]: 'y', metadata: { ['x'.repeat(250_000)]: 1 } });
    check({ size: 'x'.repeat(250_000), model: 'x'.repeat(250_000), image_urls: ['x'.repeat(250_000)] });
    check({ image_urls: Array.from({ length: 20_000 }, (_, index) => `http://${index}`) });
    check(Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`f${index}`, index])));
  });

  test('that is valid gives a job that JSON carries without loss, and whose request is valid again', () => {
    const right = fc.record(
      {
        prompt: fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => `a ${text}`),
        size: fc.constantFrom('auto', '16:9', '9:21', '1024x1024', '592X1776'),
        resolution: fc.constantFrom('1K', '4k'),
        quality: fc.constantFrom('low', 'medium', 'high'),
        n: fc.integer({ min: 1, max: 10 }),
        image_urls: fc
          .uniqueArray(fc.nat(), { minLength: 1, maxLength: 16 })
          .map((ids) => ids.map((id) => `https://example.com/${id}.png`)),
        metadata: fc.dictionary(fc.stringMatching(/^[a-z0-9.-]{1,64}$/), fc.string({ maxLength: 256 }), {
          maxKeys: 10,
        }),
      },
      { requiredKeys: ['prompt'] },
    );

    fc.assert(
      fc.property(right, (input) => {
        const job = valid(input);
        expect(JSON.parse(JSON.stringify(job))).toEqual(job);
        expect(valid(job.request).request).toEqual(job.request);
        expect(job.metadata).toEqual(input.metadata ?? {});
      }),
    );
  });
});
