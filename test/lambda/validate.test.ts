import { validate, type ValidateContext } from '../../lambda/validate/validate';
import { PROMPT } from '../support/jobs';
import { captureOutput } from '../support/output';

const output = captureOutput();

const CONTEXT: ValidateContext = { defaults: { quality: 'high' }, allowLoopback: false, referenceBuckets: [] };
const invalid = (input: unknown, jobId = 'job-1') => {
  const result = validate({ jobId, input }, CONTEXT);
  if (result.kind !== 'invalid') throw new Error('expected to be refused');
  return { ...result, facts: JSON.parse(result.cause) as Record<string, unknown> };
};

test('a valid request becomes a job, with the defaults applied, and counts nothing', () => {
  const result = validate({ jobId: 'job-1', input: { prompt: PROMPT } }, CONTEXT);
  expect(result).toMatchObject({
    kind: 'valid',
    job: { jobId: 'job-1', request: { prompt: PROMPT, quality: 'high' } },
  });
  expect(output.metrics()).toEqual([]);
});

test('a refused one becomes the name and the JSON cause that the app reads, with every problem', () => {
  const { error, facts } = invalid({ prompt: '', size: '7:3', callback_url: 'https://x.example.org' });
  expect(error).toBe('InvalidRequest');
  expect(facts).toMatchObject({
    error: 'InvalidRequest',
    charged: 'no',
    job_id: 'job-1',
    message: expect.any(String) as string,
  });
  const paths = (facts.problems as { path: string }[]).map(({ path }) => path);
  expect(paths.sort()).toEqual(['callback_url', 'prompt', 'size']);
  expect(output.valuesOf('JobsFailed')).toEqual([
    { value: 1, dimensions: {} },
    { value: 1, dimensions: { ErrorName: 'InvalidRequest' } },
  ]);
});

test('a request above its cost limit says both figures', () => {
  const { error, facts } = invalid({ prompt: PROMPT, max_credits: '0.0001' });
  expect(error).toBe('CostLimitExceeded');
  expect(facts).toMatchObject({
    charged: 'no',
    max_credits: '0.0001',
    estimated_credits: expect.stringMatching(/^\d+\.\d+$/) as string,
  });
});

test('a cause fits Step Functions, however large the input is', () => {
  const { cause } = invalid({
    prompt: 'x'.repeat(200_000),
    ...Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`field_${i}`, i])),
  });
  expect(cause.length).toBeLessThanOrEqual(32_768);
});

test('a job that no state of the workflow could carry is refused by name', () => {
  const references = (count: number) =>
    Array.from({ length: count }, (_, i) => `https://a.example/${i}/${'漢'.repeat(2_000)}`);
  const prompt = '\u0001'.repeat(32_000);
  expect(validate({ jobId: 'job-1', input: { prompt, image_urls: references(9) } }, CONTEXT).kind).toBe('valid');

  const { error, cause, facts } = invalid({ prompt, image_urls: references(11) });

  expect(error).toBe('InvalidRequest');
  expect(facts.problems).toMatchObject([{ path: '', code: 'too_long' }]);
  expect(cause).not.toContain('\\u0001');
});

test('the prompt is never logged', () => {
  invalid({ prompt: PROMPT, size: 'no' });
  expect(output.text()).not.toContain(PROMPT);
});
