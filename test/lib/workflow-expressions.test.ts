import jsonata from 'jsonata';
import { STATE } from '../../domain/constants';
import { definition, synth } from './support';

const machine = definition(synth(() => ({ maxAttempts: 3 })).json);

/** Every JSONata text of the definition, with the path on which it stands. */
function expressionsOf(value: unknown, path = ''): [path: string, text: string][] {
  if (typeof value === 'string') return value.startsWith('{%') ? [[path, value]] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => expressionsOf(inner, `${path}/${key}`));
}

/** Evaluates as Step Functions does: without a document, `$states` and the variables bound, `$parse` on top. */
async function evaluate(text: string, bindings: Record<string, unknown>): Promise<unknown> {
  const expression = jsonata(text.replace(/^\{%|%\}$/g, ''));
  expression.registerFunction('parse', (json: string) => JSON.parse(json) as unknown);
  const result: unknown = await expression.evaluate(undefined, bindings);
  return result === undefined ? undefined : JSON.parse(JSON.stringify(result));
}

const generate = machine.States[STATE.generate];
const [retryable, other] = generate.Catch!.map(({ Output }) => Output);
const mayRetry = machine.States[STATE.mayRetry].Choices![0];

test('every expression parses with the reference implementation', () => {
  const expressions = expressionsOf(machine);

  expect(expressions.length).toBeGreaterThan(15);
  for (const [path, text] of expressions) {
    expect(() => jsonata(text.slice(2, -2))).not.toThrow(`${path}: ${text}`);
  }
});

test('a text that starts like an expression ends like one', () => {
  for (const [, text] of expressionsOf(machine)) expect(text).toMatch(/^\{% .* %\}$/);
});

describe('the failure that ends a job', () => {
  const failure = (errorOutput: unknown) => evaluate(other, { states: { errorOutput } });

  test('keeps error and cause', async () => {
    await expect(failure({ Error: 'Unauthorized', Cause: '{}' })).resolves.toEqual({
      error: 'Unauthorized',
      cause: '{}',
    });
  });

  test.each([
    [{ Error: 'States.Timeout' }, 'States.Timeout'],
    [{ Error: 'States.Timeout', Cause: null }, 'States.Timeout'],
    [{ Cause: null }, 'UnknownError'],
    [{}, 'UnknownError'],
  ])('has a text for what is missing in %j', async (errorOutput, error) => {
    await expect(failure(errorOutput)).resolves.toEqual({ error, cause: expect.stringMatching(/\S/) });
  });

  test('is cut to the lengths that Step Functions accepts', async () => {
    const { error, cause } = (await failure({ Error: 'e'.repeat(300), Cause: 'c'.repeat(40_000) })) as Record<
      string,
      string
    >;

    expect([error?.length, cause?.length]).toEqual([256, 32_768]);
  });
});

describe('the failure after which another attempt may help', () => {
  const failure = (Error: string, cause: object) =>
    evaluate(retryable, { states: { errorOutput: { Error, Cause: JSON.stringify(cause) } } });

  test.each([
    [7, 7],
    [0, 1],
    [-5, 1],
    [0.2, 1],
    [1.5, 2],
    [86_400, 3_600],
  ])('waits %d seconds as %d', async (asked, waited) => {
    await expect(failure('RateLimited', { retry_after_seconds: asked })).resolves.toMatchObject({
      retryAfterSeconds: waited,
    });
  });

  test.each([[{}], [{ retry_after_seconds: null }], [{ retry_after_seconds: '7' }]])(
    'waits for nothing when the cause is %j',
    async (cause) => {
      const result = await failure('RateLimited', cause);

      expect(result).not.toHaveProperty('retryAfterSeconds');
      expect(result).toEqual({ error: 'RateLimited', cause: JSON.stringify(cause), sameAttempt: false });
    },
  );

  test('repeats the same attempt only where nothing was written', async () => {
    await expect(failure('Busy', {})).resolves.toMatchObject({ sameAttempt: true });
    await expect(failure('ServiceError', {})).resolves.toMatchObject({ sameAttempt: false });
  });
});

describe('the decision on another attempt', () => {
  const decide = (input: object, attempt: number, round: number) =>
    evaluate(mayRetry.Condition, { states: { input }, attempt, round });

  test.each([
    ['the first attempt of three', { retryAfterSeconds: 1, sameAttempt: false }, 1, 1, true],
    ['the second attempt of three', { retryAfterSeconds: 1, sameAttempt: false }, 2, 2, true],
    ['the last attempt', { retryAfterSeconds: 1, sameAttempt: false }, 3, 3, false],
    ['the last attempt, to be repeated', { retryAfterSeconds: 1, sameAttempt: true }, 3, 3, true],
    ['the last round', { retryAfterSeconds: 1, sameAttempt: true }, 1, 20, false],
    ['a failure without a wait', { sameAttempt: false }, 1, 1, false],
    ['a repetition without a wait', { sameAttempt: true }, 1, 1, false],
  ])('after %s', async (_, input, attempt, round, expected) => {
    await expect(decide(input, attempt, round)).resolves.toBe(expected);
  });

  test.each([
    [true, { attempt: 2, round: 5 }],
    [false, { attempt: 3, round: 5 }],
  ])('counts on when the same attempt is %s', async (sameAttempt, expected) => {
    const bindings = { states: { input: { sameAttempt } }, attempt: 2, round: 4 };
    const { attempt, round } = mayRetry.Assign as Record<string, string>;

    await expect(evaluate(attempt, bindings)).resolves.toBe(expected.attempt);
    await expect(evaluate(round, bindings)).resolves.toBe(expected.round);
  });
});

test('a valid request becomes the variable job, and an invalid one ends with its error and cause', async () => {
  const [valid] = machine.States[STATE.isValid].Choices!;
  const job = { jobId: 'a' };

  await expect(evaluate(valid.Condition, { states: { input: { kind: 'valid', job } } })).resolves.toBe(true);
  await expect(evaluate(valid.Condition, { states: { input: { kind: 'invalid' } } })).resolves.toBe(false);
  await expect(evaluate(valid.Assign!.job as string, { states: { input: { job } } })).resolves.toEqual(job);
  expect(valid.Output).toEqual({});
  const input = { kind: 'invalid', error: 'InvalidRequest', cause: '{"problems":[]}' };
  await expect(evaluate(machine.States[STATE.failed].Error!, { states: { input } })).resolves.toBe(input.error);
  await expect(evaluate(machine.States[STATE.failed].Cause!, { states: { input } })).resolves.toBe(input.cause);
});
