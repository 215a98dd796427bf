import fc from 'fast-check';
import { CHARGE_STATUSES, REFUND_STATUSES } from '../../domain/billing-block';
import { estimate } from '../../domain/estimate';
import { bookedCredits, readTokenUsage } from '../../domain/usage';

const held = estimate({ model: 'gpt-image-2', size: '1:1', quality: 'low', n: 1, references: 0, prompt: 'a cat' });
const withReference = estimate({ model: 'gpt-image-2', size: '1:1', quality: 'low', n: 1, references: 1, prompt: '' });
const perCall = estimate({ model: 'gpt-image-2-beta', size: '1:1', n: 1, references: 0, prompt: 'a cat' });

const LITE = { model: 'gpt-image-1.5', size: '3:2', n: 1, references: 1, prompt: 'a cat' };

const CHARGED_BLOCK = {
  refund_scope: 'account_balance',
  charge_status: 'charged',
  refund_status: 'unknown',
  reserved_credits: 3.2241,
  charged_credits: 3.2241,
};
const REFUNDED = {
  refund_scope: 'account_balance',
  charge_status: 'released',
  refund_status: 'completed',
  reserved_credits: 3.2241,
  charged_credits: 0,
  refunded_credits: 3.2241,
  refunded_at: '2026-11-02T10:00:00Z',
};
const charge = (units: number) => ({ units, basis: 'billing', refund: 'none', openUnits: 0 });

const completed = (usage: unknown, estimated = held) =>
  bookedCredits({ usage, billing: undefined, estimate: estimated, outcome: 'completed' });

/** What every booking of a charge says besides. */
const CHARGED = { refund: 'none', openUnits: 0 } as const;

describe('a settled charge', () => {
  test('wins over everything else', () => {
    const usage = {
      billing_rule: 'per_token',
      credits_reserved: 9,
      credits_used: 3.2323,
      cost: { credits: 5 },
      output_tokens: 10,
    };

    expect(completed(usage)).toEqual({ units: 32_323, basis: 'credits_used', billingRule: 'per_token', ...CHARGED });
  });

  test.each([
    [{ credits_used: '3.2323' }, 32_323],
    [{ cost: { credits: 3.2323 } }, 32_323],
    [{ credits_used: null, cost: { credits: 1 } }, 10_000],
    [{ credits_used: 'soon', cost: { credits: 1 } }, 10_000],
    [{ credits_used: -1, cost: { credits: 1 } }, 10_000],
    [{ credits_used: 0.36811 }, 3682],
  ])('%j books %i units', (usage, units) => {
    expect(completed(usage)).toEqual({ units, basis: 'credits_used', ...CHARGED });
  });

  test('of 0 is not believed for a completed task: no image is free, so it has not been settled yet', () => {
    expect(completed({ credits_used: 0 })).toEqual({ units: held.creditsUpper, basis: 'assumed', ...CHARGED });
  });

  test('that only cost.credits tells is used before tokens', () => {
    expect(completed({ cost: { credits: 0.4 }, output_tokens: 196 })).toEqual({
      units: 4_000,
      basis: 'credits_used',
      ...CHARGED,
    });
  });
});

describe('a token block', () => {
  test('is priced: 27 text and 196 output tokens cost 0.3682 credits', () => {
    const usage = { input_tokens: 27, input_tokens_details: { text_tokens: 27, image_tokens: 0 }, output_tokens: 196 };

    expect(completed(usage)).toEqual({ units: 3682, basis: 'tokens', ...CHARGED });
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
    const kinds = [200 * 18_360, 300 * 3060, 100 * 765, 1100 * 4896, 500 * 1224];

    expect(completed(usage).units).toBe(kinds.reduce((sum, kind) => sum + Math.ceil(kind / 1000), 0));
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
    expect(completed({ output_tokens: 196 }, perCall)).toEqual({ units: 10_200, basis: 'assumed', ...CHARGED });
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
      ...CHARGED,
    });
  });

  test('tokens beyond what a number holds are not priced', () => {
    expect(completed({ output_tokens: Number.MAX_SAFE_INTEGER }).basis).toBe('assumed');
  });
});

describe('a completed task without an image', () => {
  const empty = (usage: unknown, billing?: unknown) =>
    bookedCredits({ usage, billing, estimate: held, outcome: 'empty' });

  test('is free only where a settled charge of 0 says so', () => {
    expect(empty({ credits_used: 0 })).toEqual({ units: 0, basis: 'credits_used', ...CHARGED });
    expect(empty({ cost: { credits: 0 } })).toEqual({ units: 0, basis: 'credits_used', ...CHARGED });
  });

  test.each([[undefined], [{}], [{ credits_reserved: 0.1 }], [{ credits_used: 'soon' }]])(
    '%j: what was held, marked as assumed',
    (usage) => {
      expect(empty(usage)).toEqual({ units: held.creditsUpper, basis: 'assumed', ...CHARGED });
    },
  );

  test('costs its tokens where nothing is settled', () => {
    const usage = { input_tokens_details: { text_tokens: 27 }, output_tokens: 196 };
    expect(empty(usage)).toEqual({ units: 3682, basis: 'tokens', ...CHARGED });
  });

  test('is free where its billing block proves a refund or records a charge of 0', () => {
    expect(empty({}, REFUNDED)).toEqual({ units: 0, basis: 'billing', refund: 'proven', openUnits: 0 });
    expect(empty({}, { ...CHARGED_BLOCK, charged_credits: 0 })).toEqual({ units: 0, basis: 'billing', ...CHARGED });
  });
});

describe('a token block in the style of the price rules', () => {
  test('has kinds that do not overlap', () => {
    const usage = {
      text_input_tokens: 7,
      text_cached_input_tokens: 3,
      image_input_tokens: 1_521,
      image_cached_input_tokens: 5,
      image_output_tokens: 397,
    };

    expect(completed(usage)).toEqual({ units: 14_768, basis: 'tokens', ...CHARGED });
    expect(readTokenUsage(usage)).toEqual({
      textTokens: 10,
      cachedTextTokens: 3,
      imageTokens: 1_526,
      cachedImageTokens: 5,
      unsplitTokens: 0,
      outputTokens: 397,
      textOutputTokens: 0,
    });
  });

  test('prices text that was written by itself, in either style', () => {
    const written = estimate({ ...LITE, quality: 'high' });
    const inRules = {
      text_input_tokens: 34,
      image_input_tokens: 323,
      image_output_tokens: 6_208,
      text_output_tokens: 335,
    };
    const asOpenAi = {
      input_tokens_details: { text_tokens: 34, image_tokens: 323 },
      output_tokens: 6_543,
      output_tokens_details: { image_tokens: 6_208, text_tokens: 335 },
    };
    const units = 105 + 1_582 + 121_578 + 2_051;

    expect(completed(inRules, written).units).toBe(units);
    expect(completed(asOpenAi, written).units).toBe(units);
    expect(written.creditsUpper).toBeGreaterThan(units);
  });
});

describe('the billing block', () => {
  test('is the best source of a charge', () => {
    const booking = bookedCredits({
      usage: { credits_used: 3, output_tokens: 196 },
      billing: CHARGED_BLOCK,
      estimate: held,
      outcome: 'completed',
    });

    expect(booking).toEqual({ units: 32_241, basis: 'billing', ...CHARGED });
  });

  test.each<[string, unknown]>([
    ['speaks of another scope', { ...CHARGED_BLOCK, refund_scope: 'key_limit' }],
    ['is reserved only', { ...CHARGED_BLOCK, charge_status: 'reserved' }],
    ['has no amount', { ...CHARGED_BLOCK, charged_credits: 'soon' }],
    ['says that an image was free', { ...CHARGED_BLOCK, charged_credits: 0 }],
  ])('is passed over for a completed task where it %s', (_, billing) => {
    const booking = bookedCredits({ usage: { credits_used: 3 }, billing, estimate: held, outcome: 'completed' });

    expect(booking).toEqual({ units: 30_000, basis: 'credits_used', ...CHARGED });
  });
});

describe('a failed task', () => {
  const failed = (billing?: unknown, usage: unknown = { credits_reserved: 3.2241 }) =>
    bookedCredits({ usage, billing, estimate: held, outcome: 'failed' });
  const open = { units: 0, basis: 'assumed', refund: 'open', openUnits: 32_241 };
  const unshown = { units: 0, basis: 'assumed', refund: 'unshown', openUnits: 32_241 };

  test('books nothing where all five conditions of a refund hold', () => {
    expect(failed(REFUNDED)).toEqual({ units: 0, basis: 'billing', refund: 'proven', openUnits: 0 });
    expect(failed(REFUNDED, { credits_used: 3 }).refund).toBe('proven');
  });

  test.each<[string, object]>([
    ['refund_status', { refund_status: 'unknown' }],
    ['charge_status', { charge_status: 'reserved' }],
    ['refunded_at', { refunded_at: undefined }],
    ['a valid refunded_at', { refunded_at: '2026-13-02T10:00:00Z' }],
    ['an amount above 0', { refunded_credits: 0, reserved_credits: 0 }],
    ['the whole amount', { refunded_credits: 3.2240999 }],
    ['an amount at all', { refunded_credits: null }],
  ])('is not refunded without %s', (_, change) => {
    expect(failed({ ...REFUNDED, ...change }).refund).toBe('open');
  });

  test.each<[string, unknown, object]>([
    ['no block', undefined, unshown],
    ['a block of another scope', { ...REFUNDED, refund_scope: 'key_limit' }, unshown],
    ['a block without amounts', { refund_scope: 'account_balance', charge_status: 'reserved' }, unshown],
    ['a pending refund', { ...CHARGED_BLOCK, refund_status: 'pending' }, open],
    ['a refund that failed', { ...CHARGED_BLOCK, refund_status: 'failed' }, open],
    ['a reservation', { ...CHARGED_BLOCK, charge_status: 'reserved', charged_credits: 0 }, open],
    ['a charge that needs no refund', { ...CHARGED_BLOCK, refund_status: 'not_required' }, charge(32_241)],
    ['a recorded charge of 0', { ...CHARGED_BLOCK, refund_status: 'not_required', charged_credits: 0 }, charge(0)],
    ['a charge', CHARGED_BLOCK, charge(32_241)],
    ['a refund of a part', { ...REFUNDED, charge_status: 'charged', charged_credits: 1 }, charge(10_000)],
  ])('with %s', (_, billing, expected) => {
    expect(failed(billing)).toEqual(expected);
  });

  test('is charged where its usage says so, and neither refunded nor free where that says 0', () => {
    const used = { credits_used: 0.5 };
    const charged = { units: 5_000, basis: 'credits_used', refund: 'none', openUnits: 0 };

    expect(failed(undefined, used)).toEqual(charged);
    expect(failed(undefined, { cost: { credits: 0.5 } })).toEqual(charged);
    expect(failed({ ...CHARGED_BLOCK, charge_status: 'unknown', charged_credits: null }, used)).toEqual(charged);
    expect(failed(undefined, { credits_used: 0 })).toEqual({ ...unshown, openUnits: held.creditsUpper });
  });

  test('without any figure leaves open what was held', () => {
    expect(failed(undefined, null)).toEqual({ ...unshown, openUnits: held.creditsUpper });
    expect(failed({ ...CHARGED_BLOCK, refund_status: 'failed', reserved_credits: null }, {}).openUnits).toBe(
      held.creditsUpper,
    );
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

  const likeBilling = fc.record(
    {
      refund_scope: fc.constantFrom('account_balance', 'key_limit'),
      charge_status: fc.constantFrom(...CHARGE_STATUSES),
      refund_status: fc.constantFrom(...REFUND_STATUSES),
      reserved_credits: number,
      charged_credits: number,
      refunded_credits: number,
      refunded_at: fc.constantFrom('2026-11-02T10:00:00Z', 'soon'),
    },
    { requiredKeys: ['refund_scope'] },
  );

  fc.assert(
    fc.property(
      fc.oneof(fc.jsonValue(), likeUsage),
      fc.oneof(fc.jsonValue(), likeBilling),
      fc.constantFrom('completed', 'empty', 'failed'),
      (usage, billing, outcome) => {
        const booking = bookedCredits({ usage, billing, estimate: withReference, outcome });
        for (const amount of [booking.units, booking.openUnits]) {
          expect(Number.isSafeInteger(amount) && amount >= 0).toBe(true);
        }
        expect(booking.refund === 'none' || outcome !== 'completed').toBe(true);
        if (booking.refund !== 'none') expect(booking.units).toBe(0);
      },
    ),
  );
});
