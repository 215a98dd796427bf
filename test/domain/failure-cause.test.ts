import fc from 'fast-check';
import { failureCause, type FailureCause, type FailureCauseFacts } from '../../domain/failure-cause';
import { FAILURE_NAMES, FAILURES } from '../../domain/failures';
import type { Problem } from '../../domain/job';

const parsed = (name: (typeof FAILURE_NAMES)[number], facts: FailureCauseFacts) =>
  JSON.parse(failureCause(name, facts)) as FailureCause;

describe('failureCause', () => {
  test.each(FAILURE_NAMES)('%s has a message and says whether it was charged', (name) => {
    expect(parsed(name, {})).toEqual({ error: name, message: FAILURES[name].meaning, charged: FAILURES[name].charged });
  });

  test('holds every fact under its name', () => {
    const facts: FailureCauseFacts = {
      message: 'Too many requests.',
      charged: 'unknown',
      retry_after_seconds: 30,
      job_id: 'job-1',
      attempt: 2,
      task_id: 'task-unified-1-a',
      problems: [{ path: 'n', code: 'out_of_range', message: 'No.', got: 11 }],
      provider: { status: 429, code: 'rate_limit_exceeded', message: 'slow down', request_id: 'r-1' },
      estimated_credits: '1.5',
    };

    expect(parsed('RateLimited', facts)).toEqual({ error: 'RateLimited', ...facts });
  });

  test('a fact never replaces a field of the contract', () => {
    expect(parsed('Busy', { error: 'Nothing', retry_after_seconds: 2, charged: 'no' }).error).toBe('Busy');
  });

  test("the provider's message is cut to 1000 characters", () => {
    const { provider } = parsed('ServiceError', { provider: { message: 'm'.repeat(5000) } });

    expect(provider?.message).toHaveLength(1000);
  });

  test('the first problems that fit are listed, the rest is counted', () => {
    const problems = Array.from({ length: 2000 }, (_, index) => ({
      path: `image_urls[${index}]`,
      code: 'url_invalid',
      message: 'Not a URL.',
      got: 'x'.repeat(100),
    }));

    const cause = parsed('InvalidRequest', { problems });

    expect(cause.problems!.length).toBeGreaterThan(100);
    expect(cause.problems).toEqual(problems.slice(0, cause.problems!.length));
    expect(cause.problems!.length + cause.problems_omitted!).toBe(2000);
    expect(JSON.stringify(cause.problems).length).toBeLessThanOrEqual(30_000);
  });

  test('is valid JSON of at most 32768 characters, whatever the facts are', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 3000 }),
      // Control characters take six characters each in JSON.
      fc.constant('\u0001'.repeat(40_000)),
    );
    const problem: fc.Arbitrary<Problem> = fc.record({ path: text, code: text, message: text, got: fc.anything() });
    const facts = fc
      .record(
        {
          message: text,
          job_id: text,
          task_id: text,
          attempt: fc.integer(),
          problems: fc.array(problem, { maxLength: 40 }),
          provider: fc.record({ status: fc.integer(), code: text, message: text, request_id: text }),
        },
        { requiredKeys: [] },
      )
      .chain((known) => fc.dictionary(fc.string(), fc.anything()).map((others) => ({ ...others, ...known })));

    fc.assert(
      fc.property(fc.constantFrom(...FAILURE_NAMES), facts, (name, given) => {
        const cause = failureCause(name, given);
        expect(cause.length).toBeLessThanOrEqual(32_768);
        expect(JSON.parse(cause)).toMatchObject({ error: name });
      }),
      { numRuns: 60 },
    );
  });
});
