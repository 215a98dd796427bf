import { ApiError } from '../../../local/simulator/api-error';
import { readSubmission } from '../../../local/simulator/contract';
import { call, PROMPT, start, submit } from './support/simulator';

const read = (fields: object, allowLocalCallbacks = false) =>
  readSubmission({ model: 'gpt-image-2', prompt: PROMPT, ...fields }, { allowLocalCallbacks });

const readBeta = (fields: object) => read({ model: 'gpt-image-2-beta', ...fields });

/** The parameter that a refusal names. */
function refusedParameter(attempt: () => unknown): string | undefined {
  try {
    attempt();
  } catch (error) {
    expect(error).toBeInstanceOf(ApiError);
    const { status, code, type, param } = (error as ApiError).facts;
    expect([status, code, type]).toEqual([400, 'invalid_request', 'invalid_request_error']);
    return param;
  }
  throw new Error('It was accepted.');
}

const reference = (index: number) => `https://cdn.example.org/${index}.png`;

describe('what EvoLink refuses', () => {
  it.each([
    ['no model', { model: undefined }, 'model'],
    ['an unknown model', { model: 'gpt-image-3' }, 'model'],
    ['a model that is a name of Object', { model: 'constructor' }, 'model'],
    ['no prompt', { prompt: undefined }, 'prompt'],
    ['an empty prompt', { prompt: '' }, 'prompt'],
    ['a blank prompt', { prompt: ' \n' }, 'prompt'],
    ['a prompt that is no text', { prompt: 7 }, 'prompt'],
    ['a prompt of 32 001 characters', { prompt: '😀'.repeat(32_001) }, 'prompt'],
    ['an unknown ratio', { size: '16:10' }, 'size'],
    ['a size that is no text', { size: 1024 }, 'size'],
    ['an edge that is no multiple of 16', { size: '1920x1080' }, 'size'],
    ['too few pixels', { size: '800x800' }, 'size'],
    ['too many pixels', { size: '2896x2880' }, 'size'],
    ['an edge above 3840', { size: '3856x1296' }, 'size'],
    ['a ratio beyond 3:1', { size: '1808x592' }, 'size'],
    ['an upper-case separator', { size: '1024X1024' }, 'size'],
    ['a size with zeros in front', { size: '01024x1024' }, 'size'],
    ['an unknown resolution', { resolution: '8K' }, 'resolution'],
    ['a resolution that is no text', { resolution: 2 }, 'resolution'],
    ['an unknown quality', { quality: 'auto' }, 'quality'],
    ['a quality in capitals', { quality: 'Low' }, 'quality'],
    ['no images', { n: 0 }, 'n'],
    ['11 images', { n: 11 }, 'n'],
    ['half an image', { n: 1.5 }, 'n'],
    ['a count that is text', { n: '2' }, 'n'],
    ['null', { n: null }, 'n'],
    ['an empty list of references', { image_urls: [] }, 'image_urls'],
    ['17 references', { image_urls: Array.from({ length: 17 }, (_, index) => reference(index)) }, 'image_urls'],
    ['one reference as text', { image_urls: reference(1) }, 'image_urls'],
    ['a reference twice', { image_urls: [reference(1), reference(1)] }, 'image_urls'],
    ['a reference with image data', { image_urls: ['data:image/png;base64,AAAA'] }, 'image_urls'],
    ['a reference of another type', { image_urls: ['https://cdn.example.org/a.gif'] }, 'image_urls'],
    ['a reference that is no URL', { image_urls: ['a.png'] }, 'image_urls'],
    ['a callback by http', { callback_url: 'http://hooks.example.org/a' }, 'callback_url'],
    ['a callback that is no URL', { callback_url: '/a' }, 'callback_url'],
    ['a callback of 2049 characters', { callback_url: `https://h.example.org/${'a'.repeat(2027)}` }, 'callback_url'],
    ['an unknown field', { style: 'vivid' }, 'style'],
    ['an unknown background', { background: 'blue' }, 'background'],
    ['a format that the simulator cannot draw', { output_format: 'webp' }, 'output_format'],
    ['a mask that is no URL', { mask_url: 'mask' }, 'mask_url'],
  ])('%s', (_, fields, param) => {
    expect(refusedParameter(() => read(fields))).toBe(param);
  });

  it.each([
    'localhost',
    'api.localhost',
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '0.0.0.0',
    '2130706433',
    '[::1]',
    '[::]',
    '[fd00::1]',
    '[fe80::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:10.0.0.1]',
  ])('a callback to %s, unless the simulator may call this machine', (host) => {
    const fields = { callback_url: `https://${host}/callback` };
    expect(refusedParameter(() => read(fields))).toBe('callback_url');
    expect(read(fields, true).callbackUrl).toBe(fields.callback_url);
  });

  it.each([
    ['a quality', { quality: 'low' }, 'quality'],
    ['explicit pixels', { size: '1024x1024' }, 'size'],
    ['a higher resolution', { size: '1:1', resolution: '2K' }, 'resolution'],
    ['a number of images (sheet 1.6)', { n: 1 }, 'n'],
    ['a prompt of 2 001 characters', { prompt: 'x'.repeat(2001) }, 'prompt'],
    ['a mask', { mask_url: reference(1) }, 'mask_url'],
    ['a background', { background: 'opaque' }, 'background'],
  ])('with the beta model: %s', (_, fields, param) => {
    expect(refusedParameter(() => readBeta(fields))).toBe(param);
  });

  // sheet 1.5
  it.each([
    ['auto', { size: 'auto' }, 'size'],
    ['pixels of its big brother', { size: '2048x2048' }, 'size'],
    ['another ratio', { size: '16:9' }, 'size'],
    ['a size that is no text', { size: 7 }, 'size'],
    ['a resolution', { resolution: '1K' }, 'resolution'],
    ['two images', { n: 2 }, 'n'],
    ['a quality of the 2.5 models', { quality: 'max' }, 'quality'],
    ['a background', { background: 'opaque' }, 'background'],
    ['a prompt of more than 2000 tokens', { prompt: 'x'.repeat(8_000) }, 'prompt'],
  ])('with gpt-image-1.5: %s', (_, fields, param) => {
    expect(refusedParameter(() => read({ model: 'gpt-image-1.5', ...fields }))).toBe(param);
  });

  it('a prompt above 60 000 bytes, although it has less than 32 000 characters (sheet 1.1)', () => {
    expect(read({ prompt: '界'.repeat(20_000) }).prompt).toHaveLength(20_000);
    expect(refusedParameter(() => read({ prompt: '界'.repeat(20_000) + 'x' }))).toBe('prompt');
  });

  it.each([['a text'], [null], [['a list']], [7]])('a body that is no object: %p', (body) => {
    refusedParameter(() => readSubmission(body, { allowLocalCallbacks: false }));
  });
});

describe('what EvoLink accepts', () => {
  it('fills in the documented defaults', () => {
    const request = read({});
    expect(request).toMatchObject({ quality: 'medium', n: 1, references: 0, billing: 'per_token' });
    expect(request.pixels).toBeUndefined();
  });

  it.each([
    ['auto', {}, undefined],
    ['1024x1024', {}, { width: 1024, height: 1024 }],
    ['1408×480', {}, { width: 1408, height: 480 }],
    ['1280x720', { resolution: '4K' }, { width: 1280, height: 720 }],
    ['3840x1280', {}, { width: 3840, height: 1280 }],
    ['16:9', {}, { width: 1360, height: 768 }],
    ['16:9', { resolution: '2k' }, { width: 2736, height: 1536 }],
    ['9:16', { resolution: '4K' }, { width: 2160, height: 3840 }],
  ])('size %s %p as %p', (size, more, pixels) => {
    expect(read({ size, ...more }).pixels).toEqual(pixels);
  });

  // sheet 1.5
  it.each([
    ['gpt-image-2.5-flare', {}, { quality: 'medium', n: 1 }],
    ['gpt-image-2.5-sunburst', { quality: 'xhigh', n: 10, size: '1408x480', background: 'transparent' }, { n: 10 }],
    ['gpt-image-1.5', {}, { quality: 'high', pixels: { width: 1024, height: 1024 } }],
    ['gpt-image-1.5', { size: '1536x1024' }, { pixels: { width: 1536, height: 1024 } }],
    ['gpt-image-1.5', { size: '2:3', n: 1 }, { pixels: { width: 1024, height: 1536 } }],
  ])('%s with %j', (model, fields, expected) => {
    expect(read({ model, ...fields })).toMatchObject(expected);
  });

  it('any known resolution beside auto with the beta model, where it has no effect (sheet 1.6)', () => {
    expect(readBeta({ size: 'auto', resolution: '4K' }).pixels).toBeUndefined();
    expect(readBeta({ resolution: '2K' }).pixels).toBeUndefined();
  });

  it('counts characters, not UTF-16 units', () => {
    // 32 000 characters, 41 000 UTF-16 units, 59 000 bytes.
    const longest = '😀'.repeat(9_000) + 'x'.repeat(23_000);
    expect(read({ prompt: longest }).prompt).toBe(longest);
    expect(() => read({ prompt: `${longest}x` })).toThrow(ApiError);
  });

  it('takes references with any letter case, a query string, or no extension at all', () => {
    const image_urls = [
      'https://cdn.example.org/A.PNG',
      'https://cdn.example.org/b.jpeg?x=.gif',
      'https://cdn.example.org/c',
    ];
    expect(read({ image_urls }).references).toBe(3);
  });

  it('takes a callback of 2048 characters to a public host', () => {
    const callback_url = `https://h.example.org/${'a'.repeat(2026)}`;
    expect(callback_url).toHaveLength(2048);
    expect(read({ callback_url }).callbackUrl).toBe(callback_url);
  });

  it('takes the beta model with a ratio, by the call', () => {
    const request = readBeta({ size: '3:2', resolution: '1K', prompt: '😀'.repeat(2000) });
    expect(request).toMatchObject({ billing: 'per_call', pixels: { width: 1248, height: 832 } });
  });
});

describe('over HTTP', () => {
  it('answers 400 in the documented shape, charges nothing and counts the submission', async () => {
    const simulator = await start();

    const answer = await submit(simulator, { size: '1920x1080' });

    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      error: { code: 'invalid_request', type: 'invalid_request_error', param: 'size', message: expect.any(String) },
    });
    expect(simulator.submissions()).toMatchObject([{ status: 400, code: 'invalid_request' }]);
    expect(simulator.tasks()).toEqual([]);
    expect(simulator.bill()).toEqual({ creditsUsed: '0', creditsReserved: '0', remaining: '1000' });
  });

  it('answers 400 to broken JSON and 413 to a body that is far too large', async () => {
    const simulator = await start();
    expect((await call(simulator, 'POST', '/v1/images/generations', '{"model":')).status).toBe(400);
    expect((await submit(simulator, { prompt: 'x'.repeat(3 * 1024 * 1024) })).status).toBe(413);
  });

  it('takes a prompt of 60 000 bytes', async () => {
    const simulator = await start();
    expect((await submit(simulator, { prompt: '😀'.repeat(15_000) })).status).toBe(200);
  });
});
