import { JOB_ID_PATTERN, type Problem } from '../../domain/job';
import { validateRequest, type RequestDefaults, type ValidationContext } from '../../domain/request';

const context: ValidationContext = { jobId: 'job-1', defaults: {}, allowLoopback: false };

/** Each problem as `path code`. */
function problems(input: unknown, change: Partial<ValidationContext> = {}): string[] {
  const result = validateRequest(input, { ...context, ...change });
  return result.kind === 'valid' ? [] : result.problems.map(({ path, code }) => `${path} ${code}`);
}

function firstProblem(input: unknown): Problem {
  const result = validateRequest(input, context);
  if (result.kind === 'valid') throw new Error('the request is valid');
  return result.problems[0];
}

const cat = (fields: object) => ({ prompt: 'a cat', ...fields });
const beta = (fields: object) => cat({ model: 'gpt-image-2-beta', ...fields });
const lite = (fields: object) => cat({ model: 'gpt-image-1.5', ...fields });
const refs = (...urls: unknown[]) => cat({ image_urls: urls });

describe('each rule on its own', () => {
  test.each<[object, string]>([
    [{}, 'prompt required'],
    [{ prompt: null }, 'prompt invalid_type'],
    [{ prompt: '' }, 'prompt empty'],
    [{ prompt: ' \n\t\u3000' }, 'prompt empty'],
    [{ prompt: 'a \ud83d cat' }, 'prompt invalid_unicode'],
    [{ prompt: 'x'.repeat(32_001) }, 'prompt too_long'],
    [{ prompt: `${'🚲'.repeat(15_000)}x` }, 'prompt too_long'],
    [beta({ prompt: 'x'.repeat(2001) }), 'prompt too_long'],

    [cat({ model: 'gpt-image-9' }), 'model unknown_model'],
    [cat({ model: 'constructor' }), 'model unknown_model'],
    [cat({ model: 2 }), 'model invalid_type'],

    [cat({ size: '16:10' }), 'size invalid_size'],
    [cat({ size: 1024 }), 'size invalid_type'],
    [cat({ size: '1920x1080' }), 'size size_not_multiple_of_16'],
    [cat({ size: '512x512' }), 'size size_too_few_pixels'],
    [cat({ size: '3840x2176' }), 'size size_too_many_pixels'],
    [cat({ size: '3856x2144' }), 'size size_edge_too_long'],
    [cat({ size: '1776x576' }), 'size size_aspect_too_long'],
    [beta({ size: '1024x1024' }), 'size unsupported_by_model'],
    [cat({ resolution: '8K' }), 'resolution invalid_resolution'],
    [cat({ resolution: 2 }), 'resolution invalid_type'],
    [beta({ size: '1:1', resolution: '2K' }), 'resolution unsupported_by_model'],

    [cat({ quality: 'auto' }), 'quality invalid_quality'],
    [cat({ quality: null }), 'quality invalid_type'],
    [beta({ quality: 'high' }), 'quality unsupported_by_model'],
    [cat({ quality: 'xhigh' }), 'quality unsupported_by_model'],
    [lite({ size: 'auto' }), 'size unsupported_by_model'],
    [lite({ size: '16:9' }), 'size unsupported_by_model'],
    [lite({ size: '1536x1536' }), 'size unsupported_by_model'],
    [lite({ resolution: '2K' }), 'resolution unsupported_by_model'],
    [lite({ n: 2 }), 'n unsupported_by_model'],
    [lite({ prompt: 'x'.repeat(2001) }), 'prompt too_long'],
    [cat({ n: 0 }), 'n out_of_range'],
    [cat({ n: 11 }), 'n out_of_range'],
    [cat({ n: 1.5 }), 'n invalid_type'],
    [cat({ n: '2' }), 'n invalid_type'],
    [beta({ n: 2 }), 'n unsupported_by_model'],
    [beta({ n: 0 }), 'n out_of_range'],

    [cat({ image_urls: 'https://example.com/a.png' }), 'image_urls invalid_type'],
    [cat({ image_urls: [] }), 'image_urls too_few_items'],
    [
      refs(...Array.from({ length: 17 }, (_, index) => `https://example.com/${index}.png`)),
      'image_urls too_many_items',
    ],
    [refs(5), 'image_urls[0] invalid_type'],
    [refs('example.com/a.png'), 'image_urls[0] url_invalid'],
    [refs('https://exam\nple.com/a.png'), 'image_urls[0] url_invalid'],
    [refs('https://example.com\\@localhost/a.png'), 'image_urls[0] url_invalid'],
    [refs('https://example.com/\ud83d.png'), 'image_urls[0] url_invalid'],
    [refs('http://example.com/a.png'), 'image_urls[0] url_not_https'],
    [refs('data:image/png;base64,AAAA'), 'image_urls[0] url_not_https'],
    [refs('https://user:secret@example.com/a.png'), 'image_urls[0] url_has_credentials'],
    [refs(`https://example.com/${'a'.repeat(2040)}`), 'image_urls[0] too_long'],
    [refs('https://localhost/a.png'), 'image_urls[0] url_not_public'],
    [refs('https://0x7f.1/a.png'), 'image_urls[0] url_not_public'],
    [refs('https://[::ffff:10.0.0.1]/a.png'), 'image_urls[0] url_not_public'],
    [refs('https://169.254.169.254/latest'), 'image_urls[0] url_not_public'],
    [refs('https://nas.local/a.png'), 'image_urls[0] url_not_public'],
    [refs('https://example.com/a.gif'), 'image_urls[0] url_unsupported_extension'],
    [refs('https://example.com/a%2Egif?x=.png'), 'image_urls[0] url_unsupported_extension'],
    [refs('https://example.com/a.png', 'https://EXAMPLE.com:443/a.png#top'), 'image_urls[1] url_duplicate'],

    [refs('s3://refs'), 'image_urls[0] s3_url_invalid'],
    [refs('s3://refs/'), 'image_urls[0] s3_url_invalid'],
    [refs('s3:refs/a.png'), 'image_urls[0] s3_url_invalid'],
    [refs('s3:///a.png'), 'image_urls[0] s3_url_invalid'],
    [refs('s3://user:secret@refs/a.png'), 'image_urls[0] s3_url_invalid'],
    [refs('s3://refs/folder/'), 'image_urls[0] s3_url_invalid'],
    [refs('s3://refs/../other/a.png'), 'image_urls[0] s3_url_invalid'],
    [refs('s3://refs/a/./b.png'), 'image_urls[0] s3_url_invalid'],
    [refs('s3://refs/a\nb.png'), 'image_urls[0] s3_url_invalid'],
    [refs('s3://refs/\ud83d.png'), 'image_urls[0] s3_url_invalid'],
    [refs(`s3://refs/${'ä'.repeat(513)}`), 'image_urls[0] s3_url_invalid'],
    [refs('s3://refs/a.gif'), 'image_urls[0] url_unsupported_extension'],
    [refs('s3://refs/a.png', 'S3://refs/a.png'), 'image_urls[1] url_duplicate'],

    [cat({ tenant: '' }), 'tenant invalid_tenant'],
    [cat({ tenant: 'a/b' }), 'tenant invalid_tenant'],
    [cat({ tenant: 'x'.repeat(65) }), 'tenant invalid_tenant'],
    [cat({ tenant: 'references' }), 'tenant invalid_tenant'],
    [cat({ metadata: [] }), 'metadata invalid_type'],
    [cat({ metadata: { team: 5 } }), 'metadata.team invalid_type'],
    [cat({ metadata: { 'a b': 'x' } }), 'metadata.a b invalid_metadata_key'],
    [cat({ metadata: { team: 'x'.repeat(257) } }), 'metadata.team too_long'],
    [cat({ metadata: { team: '\ud83d' } }), 'metadata.team invalid_unicode'],
    [cat({ metadata: JSON.parse('{"__proto__":"x"}') as object }), 'metadata.__proto__ invalid_metadata_key'],
    [
      cat({ metadata: Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`k${index}`, 'v'])) }),
      'metadata too_many_items',
    ],
    [cat({ output_prefix: '/a' }), 'output_prefix invalid_output_prefix'],
    [cat({ output_prefix: 'a//b' }), 'output_prefix invalid_output_prefix'],
    [cat({ output_prefix: 'a/../b' }), 'output_prefix invalid_output_prefix'],
    [cat({ output_prefix: '..' }), 'output_prefix invalid_output_prefix'],
    [cat({ output_prefix: 'a b' }), 'output_prefix invalid_output_prefix'],
    [cat({ output_prefix: 'x'.repeat(201) }), 'output_prefix invalid_output_prefix'],
    [cat({ output_prefix: 5 }), 'output_prefix invalid_output_prefix'],
    [cat({ output_prefix: 'references' }), 'output_prefix invalid_output_prefix'],
    [cat({ output_prefix: 'references/of/team-a' }), 'output_prefix invalid_output_prefix'],
    [cat({ max_credits: 0 }), 'max_credits invalid_max_credits'],
    [cat({ max_credits: '-1' }), 'max_credits invalid_max_credits'],
    [cat({ max_credits: '1,5' }), 'max_credits invalid_max_credits'],
    [cat({ max_credits: true }), 'max_credits invalid_max_credits'],

    [cat({ callback_url: 'https://example.com/hook' }), 'callback_url callback_url_not_allowed'],
    [cat({ mask_url: 'https://example.com/m.png' }), 'mask_url unknown_field'],
    [cat({ background: 'opaque' }), 'background unknown_field'],
    [cat({ output_format: 'png' }), 'output_format unknown_field'],
    [JSON.parse('{"prompt":"a cat","__proto__":{}}') as object, '__proto__ unknown_field'],
  ])('%j: %s', (input, expected) => {
    expect(problems(input)).toEqual([expected]);
  });

  test.each([[undefined], [null], ['a cat'], [5], [[]], [[{ prompt: 'a cat' }]]])('%j is no request', (input) => {
    expect(problems(input)).toEqual([' invalid_input']);
  });

  test.each(['', 'a b', 'x'.repeat(81), 'a/b', 'é'])('%j is no job id', (jobId) => {
    expect(jobId).not.toMatch(JOB_ID_PATTERN);
    expect(problems(cat({}), { jobId })).toEqual(['$.execution.name invalid_job_id']);
  });
});

describe('what is allowed, just', () => {
  test.each<[object]>([
    [{ prompt: 'x'.repeat(32_000) }],
    [{ prompt: '🚲'.repeat(15_000) }],
    [beta({ prompt: '🚲'.repeat(2000) })],
    [beta({ resolution: '1k', size: '16:9', n: 1 })],
    [cat({ n: 10 })],
    [cat({ size: '592x1776' })],
    [refs('https://example.com/a')],
    [refs('https://example.com/v1.2')],
    [refs('https://example.com/A.JPEG?x=y.gif#z.gif')],
    [refs('https://example.com/a.gif/')],
    [refs('https://example.com/a.png', 'https://example.com/a.png?v=2')],
    [refs(...Array.from({ length: 16 }, (_, index) => `https://example.com/${index}.webp`))],
    [cat({ tenant: 'x'.repeat(64) })],
    [cat({ metadata: { [`k${'_.-'.repeat(21)}`]: '🚲'.repeat(256) } })],
    [cat({ output_prefix: "a.b/it's-(fine)_!*" })],
    [cat({ output_prefix: '' })],
    [cat({ max_credits: '100' })],
  ])('%j', (input) => {
    expect(problems(input)).toEqual([]);
  });

  test('references on this machine, where the context says so, but still by https', () => {
    const local = refs('https://localhost:8443/a.png', 'https://127.0.0.1/b.png');

    expect(problems(local, { allowLoopback: true })).toEqual([]);
    expect(problems(refs('http://localhost/a.png'), { allowLoopback: true })).toEqual(['image_urls[0] url_not_https']);
    expect(problems(refs('https://10.0.0.1/a.png'), { allowLoopback: true })).toEqual(['image_urls[0] url_not_public']);
  });
});

describe('what a problem says', () => {
  test.each([
    ['promt', 'prompt'],
    ['imageUrls', 'image_urls'],
    ['image_url', 'image_urls'],
    ['maxCredits', 'max_credits'],
    ['Size', 'size'],
  ])('the unknown field %s: did you mean %s?', (name, meant) => {
    expect(firstProblem(cat({ [name]: 1 })).message).toContain(`"${meant}"`);
  });

  test.each(['callbackish', 'negative_prompt', 'x', 'seed'])('the unknown field %s: the list of known ones', (name) => {
    expect(firstProblem(cat({ [name]: 1 })).message).toContain('output_prefix');
  });

  test('another model: the list of models', () => {
    expect(firstProblem(cat({ model: 'dall-e-3' })).message).toContain('gpt-image-2, gpt-image-2-beta');
  });

  test('pixels that break a rule: the nearest valid size', () => {
    expect(firstProblem(cat({ size: '1920×1080' }))).toMatchObject({
      got: '1920×1080',
      message: expect.stringContaining('1920x1088') as string,
    });
  });

  test('never the prompt, not even under a misspelt name', () => {
    const secret = 'a secret prompt';
    const inputs = [secret, { promt: secret }, { prompt: [secret] }, { prompt: `${secret}\ud83d` }];

    for (const input of inputs) expect(JSON.stringify(validateRequest(input, context))).not.toContain('secret');
  });

  test.each([
    'https://user:secret@example.com/a.gif?signature=secret',
    'https:/user:secret@example.com/a.png',
    'https:user:secret@example.com/a.png',
    'https:\\\\user:secret@example.com/a.png',
    '//user:secret@example.com/a.png',
    'https://example.com/a.gif#token=secret',
  ])('never the credentials of a URL: %s', (url) => {
    const result = validateRequest(refs(url), context);

    expect(result.kind).toBe('invalid');
    expect(JSON.stringify(result)).not.toContain('secret');
  });
});

describe('defaults of the pipeline', () => {
  const everything: RequestDefaults = { size: '1536x1024', resolution: '2K', quality: 'high', n: 4 };

  test('a default that is wrong is reported as such', () => {
    const result = validateRequest(cat({}), { ...context, defaults: { quality: 'best', n: 99, size: '5x5' } });

    const found = result.kind === 'invalid' ? result.problems : [];
    expect(new Set(found.map(({ path }) => path))).toEqual(new Set(['size', 'quality', 'n']));
    expect(found.every(({ message }) => message.includes('default of the pipeline'))).toBe(true);
  });

  test('a default that the chosen model does not know is left out', () => {
    expect(problems(beta({}), { defaults: everything })).toEqual([]);
    expect(problems(cat({}), { defaults: { ...everything, model: 'gpt-image-2-beta' } })).toEqual([]);
  });
});

describe('the buckets of references', () => {
  const referenceBuckets = ['refs', 'brand.assets'];

  test.each([
    's3://refs/a.png',
    's3://brand.assets/2026/städte/a b+c%2F?.webp',
    's3://refs/without-extension',
    `s3://refs/${'ä'.repeat(512)}`,
    's3://refs/a..b/...',
  ])('an object of one of them may be used: %s', (url) => {
    const result = validateRequest(refs(url), { ...context, referenceBuckets });
    expect(result).toMatchObject({
      kind: 'valid',
      job: { request: { image_urls: [url] }, requested: { references: 1 } },
    });
  });

  test('an object of any other is refused, and told which may be used', () => {
    const result = validateRequest(refs('s3://secrets/a.png', 's3://refs.evil/a.png'), {
      ...context,
      referenceBuckets,
    });
    if (result.kind === 'valid') throw new Error('the request is valid');
    expect(result.problems.map(({ code }) => code)).toEqual(['s3_bucket_not_allowed', 's3_bucket_not_allowed']);
    expect(result.problems[0]).toMatchObject({ got: 's3://secrets/a.png' });
    expect(result.problems[0]?.message).toContain('refs, brand.assets');
  });

  test('where there are none, no object may be used', () => {
    expect(problems(refs('s3://refs/a.png'), { referenceBuckets: [] })).toEqual([
      'image_urls[0] s3_bucket_not_allowed',
    ]);
  });

  test('costs as much as a reference from anywhere else', () => {
    const creditsOf = (url: string) => {
      const result = validateRequest(refs(url), { ...context, referenceBuckets });
      return result.kind === 'valid' ? result.job.estimate.creditsUpper : undefined;
    };
    expect(creditsOf('s3://refs/a.png')).toBe(creditsOf('https://example.com/a.png'));
  });
});
