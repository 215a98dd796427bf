import fc from 'fast-check';
import { estimate } from '../../domain/estimate';
import { bookedCredits, readTokenUsage } from '../../domain/usage';

const held = estimate({ model: 'gpt-image-2', size: '1:1', quality: 'low', n: 1, references: 0, prompt: 'a cat' });
const withReference = estimate({ model: 'gpt-image-2', size: '1:1', quality: 'low', n: 1, references: 1, prompt: '' });
const perCall = estimate({ model: 'gpt-image-2-beta', size: '1:1', n: 1, references: 0, prompt: 'a cat' });

const completed = (usage: unknown, estimated = held) =>
  bookedCredits({ usage, estimate: estimated, outcome: 'completed' });

describe('a settled charge', () => {
  test('wins over everything else', () => {
    const usage = {
      billing_rule: 'per_token',
      credits_reserved: 9,
      credits_used: 3.2323,
      cost: { credits: 5 },
      output_tokens: 10,
    };

    expect(completed(usage)).toEqual({ units: 32_323, basis: 'credits_used', billingRule: 'per_token' });
  });

  test.each([
    [{ credits_used: '3.2323' }, 32_323],
    [{ cost: { credits: 3.2323 } }, 32_323],
    [{ credits_used: null, cost: { credits: 1 } }, 10_000],
    [{ credits_used: 'soon', cost: { credits: 1 } }, 10_000],
    [{ credits_used: -1, cost: { credits: 1 } }, 10_000],
    [{ credits_used: 0.36811 }, 3682],
  ])('%j books %i units', (usage, units) => {
    expect(completed(usage)).toEqual({ units, basis: 'credits_used' });
  });

  test('of 0 is believed for a failed task only: no image is free, so a completed one is not settled yet', () => {
    const usage = { credits_used: 0 };
    expect(bookedCredits({ usage, estimate: held, outcome: 'failed' })).toEqual({ units: 0, basis: 'credits_used' });
    expect(completed(usage)).toEqual({ units: held.creditsUpper, basis: 'assumed' });
  });

  test('is booked for a failed task too', () => {
    expect(bookedCredits({ usage: { credits_used: 1 }, estimate: held, outcome: 'failed' }).units).toBe(10_000);
  });
});

describe('a token block', () => {
  test('is priced: 27 text and 196 output tokens cost 0.3682 credits', () => {
    const usage = { input_tokens: 27, input_tokens_details: { text_tokens: 27, image_tokens: 0 }, output_tokens: 196 };

    expect(completed(usage)).toEqual({ units: 3682, basis: 'tokens' });
  });

  test('counts every kind of token at its own price', () => {
    const usage = {
      input_tokens: 2000,
      input_tokens_details: {
        text_tokens: 400,
        image_tokens: 1600,
        cached_tokens: 600,
        cached_tokens_details: { text_tokens: 100, image_tokens: 500 },
      },
      output_tokens_details: { image_tokens: 196, text_tokens: 4 },
    };
    const exact = 200 * 18_360 + 300 * 3060 + 100 * 765 + 1100 * 4896 + 500 * 1224;

    expect(completed(usage).units).toBe(Math.ceil(exact / 1000));
  });

  test('cached tokens of unknown kind are text first, the smaller discount', () => {
    const details = { text_tokens: 100, image_tokens: 1536, cached_tokens: 300 };

    expect(readTokenUsage({ output_tokens: 1, input_tokens_details: details })).toMatchObject({
      cachedTextTokens: 100,
      cachedImageTokens: 200,
    });
  });

  test('never counts more tokens as cached than there are', () => {
    const details = { text_tokens: 10, image_tokens: 20, cached_tokens: 9999 };

    expect(readTokenUsage({ output_tokens: 1, input_tokens_details: details })).toMatchObject({
      cachedTextTokens: 10,
      cachedImageTokens: 20,
    });
  });

  test('input of unknown kind costs as text without references, as images with them', () => {
    const usage = { input_tokens: 1000, output_tokens: 100 };

    expect(completed(usage, held).units).toBe(1836 + 3060);
    expect(completed(usage, withReference).units).toBe(1836 + 4896);
  });

  test('says nothing about a model that is billed per call', () => {
    expect(completed({ output_tokens: 196 }, perCall)).toEqual({ units: 10_200, basis: 'assumed' });
  });

  test.each([
    [undefined],
    [null],
    ['text'],
    [[]],
    [{}],
    [{ output_tokens: 0 }],
    [{ output_tokens: '196' }],
    [{ output_tokens: -1 }],
    [{ output_tokens: 1.5 }],
    [{ input_tokens: 27 }],
    [{ output_tokens_details: { image_tokens: 9e15, text_tokens: 9e15 } }],
  ])('%j holds none', (usage) => {
    expect(readTokenUsage(usage)).toBeUndefined();
  });
});

describe('without either', () => {
  test('a completed task books what was held, marked as assumed', () => {
    expect(completed({ billing_rule: 'per_token', credits_reserved: 1 })).toEqual({
      units: held.creditsUpper,
      basis: 'assumed',
      billingRule: 'per_token',
    });
  });

  test('a failed task books nothing, whatever it reserved or counted', () => {
    const usage = { credits_reserved: 3, output_tokens: 196 };

    expect(bookedCredits({ usage, estimate: held, outcome: 'failed' })).toEqual({ units: 0, basis: 'assumed' });
  });

  test('tokens beyond what a number holds are not priced', () => {
    expect(completed({ output_tokens: Number.MAX_SAFE_INTEGER }).basis).toBe('assumed');
  });
});

describe('a completed task without an image', () => {
  const empty = (usage: unknown) => bookedCredits({ usage, estimate: held, outcome: 'empty' });

  test('is free only where a settled charge of 0 says so', () => {
    expect(empty({ credits_used: 0 })).toEqual({ units: 0, basis: 'credits_used' });
    expect(empty({ cost: { credits: 0 } })).toEqual({ units: 0, basis: 'credits_used' });
  });

  test.each([[undefined], [{}], [{ credits_reserved: 0.1 }], [{ credits_used: 'soon' }]])(
    '%j: what was held, marked as assumed',
    (usage) => {
      expect(empty(usage)).toEqual({ units: held.creditsUpper, basis: 'assumed' });
    },
  );

  test('costs its tokens where nothing is settled', () => {
    const usage = { input_tokens_details: { text_tokens: 27 }, output_tokens: 196 };
    expect(empty(usage)).toEqual({ units: 3682, basis: 'tokens' });
  });
});

test('any usage books a safe, non-negative amount', () => {
  const number = fc.oneof(fc.maxSafeNat(), fc.double(), fc.string(), fc.constant(null));
  const details = fc.record(
    {
      text_tokens: number,
      image_tokens: number,
      cached_tokens: number,
      cached_tokens_details: fc.record({ text_tokens: number, image_tokens: number }, { requiredKeys: [] }),
    },
    { requiredKeys: [] },
  );
  const likeUsage = fc.record(
    {
      credits_used: number,
      cost: fc.oneof(fc.record({ credits: number }), fc.jsonValue()),
      input_tokens: number,
      output_tokens: number,
      input_tokens_details: details,
      output_tokens_details: details,
      billing_rule: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );

  fc.assert(
    fc.property(
      fc.oneof(fc.jsonValue(), likeUsage),
      fc.constantFrom('completed', 'empty', 'failed'),
      (usage, outcome) => {
        const { units } = bookedCredits({ usage, estimate: withReference, outcome });
        expect(Number.isSafeInteger(units) && units >= 0).toBe(true);
      },
    ),
  );
});
