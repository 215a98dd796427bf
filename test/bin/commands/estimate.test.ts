import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prices } from '../../../bin/money-readers';
import { MODELS } from '../../../domain/models';
import { DEFAULT_PRICES } from '../../../domain/prices';
import { cli } from './cli';

const BIG = '--size 16:9 --resolution 2K --quality high --n 4 --refs 2';

describe('estimate, as text', () => {
  test('shows the qualities side by side, the advice, the cheaper neighbour and what to know', async () => {
    const { exitCode, out } = await cli([
      ...`estimate ${BIG} --prompt`.split(' '),
      'a red bicycle on a pier, golden hour',
    ]);

    expect(exitCode).toBe(0);
    expect(out).toBe(`gpt-image-2, 16:9 at 2K = 2736×1536 pixels, high, 4 images, 2 references

                                           low       medium        [high]
Tokens of one image
  output                                   224        2,010        8,039
  references                             3,072        3,072        3,072
  text, likely                              17           17           17
  text, at most                             68           68           68
Credits for one image
  output                             0.4112640    3.6903600   14.7596040
  references                         1.5040512    1.5040512    1.5040512
  text, likely                       0.0052020    0.0052020    0.0052020
  text, at most                      0.0208080    0.0208080    0.0208080
Credits for all 4 images, as booked
  likely                             7.6828      20.7992      65.0764
  at most                            7.7452      20.8616      65.1388
US dollars
  likely                             0.112982     0.305871     0.957006
  at most                            0.113900     0.306788     0.957924

Draft with low, make only the final image with high: EvoLink's own advice. Here low costs 11.8 % of high.
Cheaper neighbour: --size 2784x1520 saves 2.9 % (1.916784 credits) at the same quality,
  with no fewer pixels and a shape within 3 %.
Note on n: EvoLink may deliver fewer images than n. Where the count matters, start one job for each image.
Prices: evolink-2026-11-23. 68 credits are 1 USD.
`);
  });

  test('says of auto that it is no cap', async () => {
    const { out } = await cli('estimate');

    expect(out).toBe(`gpt-image-2, auto, medium, 1 image

                                        low      [medium]        high
Tokens of one image
  output, likely                        397        3,568       14,272
  output, at most                       659        5,930       23,719
Credits for one image
  output, likely                  0.7288920    6.5508480   26.2033920
  output, at most                 1.2099240   10.8874800   43.5480840
Credits for the image, as booked
  likely                          0.7289       6.5509      26.2034
  held                            1.2100      10.8875      43.5481
US dollars
  likely                          0.010719     0.096337     0.385344
  held                            0.017794     0.160110     0.640413

Draft with low, make only the final image with high: EvoLink's own advice. Here low costs 2.7 % of high.
With auto the model chooses the size: these are estimates, and what is held is not a cap.
No prompt was given: its text is not counted.
Prices: evolink-2026-11-23. 68 credits are 1 USD.
`);
  });

  test('shows the one price of a model that is billed by calls', async () => {
    const { out } = await cli('estimate --model gpt-image-2-beta --size 1:1');

    expect(out).toBe(`gpt-image-2-beta, 1:1 at 1K = 1024×1024 pixels, 1 image

                                      price
Credits for the image, as booked
  likely                          1.0200
  at most                         1.0200
US dollars
  likely                          0.015000
  at most                         0.015000

Prices: evolink-2026-11-23. 68 credits are 1 USD.
`);
  });

  test('offers no neighbour where there is none', async () => {
    expect((await cli('estimate --size 16:9 --resolution 4K --quality high')).out).not.toContain('neighbour');
  });
});

describe('estimate --json', () => {
  const json = async (line: string) =>
    JSON.parse((await cli(`estimate --json ${line}`)).out) as Record<string, unknown>;

  test('begins with the promised fields, amounts as decimal strings', async () => {
    const result = await json('--size 16:9 --resolution 4K --quality high --n 4 --refs 2 --prompt bicycle');
    const promised = Object.entries(result).slice(0, 10);

    expect(promised).toEqual([
      ['model', 'gpt-image-2'],
      ['width', 3840],
      ['height', 2160],
      ['output_tokens', 13_342],
      ['reference_tokens', 3_072],
      ['text_tokens_upper', 39],
      // 4 × (24.495912 + 1.5040512 + 0.011934), each rounded up to four decimals; likely are 10 tokens of text.
      ['credits_upper', '104.0484'],
      ['credits_likely', '104.0128'],
      ['usd_upper', '1.530124'],
      ['usd_likely', '1.529600'],
    ]);
  });

  test('adds the exact amounts, the breakdown, the other qualities and the neighbour', async () => {
    const result = await json(BIG);

    expect(result).toMatchObject({
      size: '16:9',
      resolution: '2K',
      quality: 'high',
      n: 4,
      references: 2,
      capped: true,
      credits_exact_upper: '65.0546208',
      breakdown: {
        per_image: { upper: { output: '14.759604', references: '1.5040512', text: '0', total: '16.2636552' } },
      },
      qualities: [
        { quality: 'low', output_tokens: 224, credits_upper: '7.6616' },
        { quality: 'medium', output_tokens: 2_010, credits_upper: '20.778' },
        { quality: 'high', output_tokens: 8_039, credits_upper: '65.0552' },
      ],
      cheaper_neighbour: { size: '2784x1520', resolution: null, saving_percent: '2.9', saved_credits: '1.916784' },
      warnings: [{ code: 'fewer_images_possible' }],
      price_table: 'evolink-2026-11-23',
    });
  });

  test('has no pixels for auto, and says that it is no cap', async () => {
    expect(await json('--quality high')).toMatchObject({
      width: null,
      height: null,
      output_tokens: 23_719,
      output_tokens_likely: 14_272,
      credits_upper: '43.5481',
      credits_likely: '26.2034',
      capped: false,
      resolution: null,
      cheaper_neighbour: null,
    });
  });

  test('the published range', async () => {
    expect(await json('--size 3:1 --quality low')).toMatchObject({ credits_exact_upper: '0.113832' });
    expect(await json('--size 1:1 --resolution 4K --quality high --refs 16')).toMatchObject({
      credits_exact_upper: '55.5804936',
      credits_upper: '55.5806',
    });
  });
});

describe('invalid arguments', () => {
  test('all of them are listed, with exit code 2 and nothing on stdout', async () => {
    const line =
      'estimate --size 7:5 --resolution 8K --quality ultra --n 11 --refs 17 --model x --bogus 3 --json extra';
    const { exitCode, out, err } = await cli(line);
    const named = err.split('\n').flatMap((text) => /^ {2}(\S+)/.exec(text)?.[1] ?? []);

    expect(exitCode).toBe(2);
    expect(out).toBe('');
    expect(named.sort()).toEqual(
      ['--bogus', '--model', '--n', '--quality', '--refs', '--resolution', '--size', 'extra'].sort(),
    );
  });

  test.each([
    ['--n two', ['--n']],
    ['--n 1.5', ['--n']],
    ['--n -1', ['--n']],
    ['--n 99999999999', ['--n']],
    ['--refs many', ['--refs']],
    ['--refs -1', ['--refs']],
    ['--size 1920x1080', ['--size']],
    ['--size 100x100', ['--size', '--size']],
    ['--model gpt-image-2-beta --quality low --n 2', ['--n', '--quality']],
    ['--size --quality ultra', ['--quality', '--size']],
    ['--size --refs --n 11', ['--n', '--refs', '--size']],
    ['--size -- x', ['--size', 'x']],
    ['--prompt=', ['--prompt']],
    ['--prompt a --prompt-file b', ['--prompt-file']],
    ['--prompt-file /does/not/exist', ['--prompt-file']],
    ['--prompt-file .', ['--prompt-file']],
  ])('%s', async (line, expected) => {
    const { exitCode, err } = await cli(`estimate ${line}`);
    const named = err.split('\n').flatMap((text) => /^ {2}(\S+)/.exec(text)?.[1] ?? []);

    expect(exitCode).toBe(2);
    expect(named.sort()).toEqual(expected);
  });

  test('a value that begins with a dash is given with an equals sign', async () => {
    expect((await cli('estimate --prompt=--neon')).exitCode).toBe(0);
  });
});

describe('--prompt-file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'estimate-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const estimateOf = async (content: string | Uint8Array) => {
    const file = join(folder, 'prompt.txt');
    writeFileSync(file, content);
    return cli(['estimate', '--json', '--size', '1:1', '--prompt-file', file]);
  };

  test('every byte of it counts', async () => {
    const { out } = await estimateOf('ein Fahrrad für zwei\n');

    expect(JSON.parse(out)).toMatchObject({ text_tokens_upper: 22 + 32 });
  });

  test.each([
    ['is not UTF-8', Uint8Array.of(0xff, 0xfe, 0x41)],
    ['is empty', ''],
    ['is far too large', 'x'.repeat(1_000_001)],
    ['is longer than a prompt may be', 'x'.repeat(32_001)],
    ['has more bytes than a prompt may have', 'é'.repeat(30_001)],
  ])('is refused where it %s', async (_, content) => {
    expect((await estimateOf(content)).exitCode).toBe(2);
  });
});

describe('--prices', () => {
  const folder = mkdtempSync(join(tmpdir(), 'prices-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const estimateWith = async (table: unknown, ...more: string[]) => {
    const file = join(folder, 'prices.json');
    writeFileSync(file, typeof table === 'string' ? table : JSON.stringify(table));
    return cli(['estimate', '--json', '--size', '3:1', '--quality', 'low', '--prices', file, ...more]);
  };
  const dearer = {
    ...{ version: 'acme-1', date: '2027-01-01', source: 'contract 4711' },
    models: {
      ...DEFAULT_PRICES.models,
      'gpt-image-2': { ...DEFAULT_PRICES.models['gpt-image-2'], imageOutput: 20_000 },
    },
  };

  test('are those of the estimate, of each quality and of the neighbour', async () => {
    const result = JSON.parse((await estimateWith(dearer)).out) as {
      qualities: { output_tokens: number; credits_upper: string }[];
    };

    expect(result).toMatchObject({ price_table: 'acme-1', credits_upper: '0.124', output_tokens: 62 });
    for (const { output_tokens, credits_upper } of result.qualities) {
      expect(Number(credits_upper) * 500).toBe(output_tokens);
    }
  });

  test.each<[string, unknown]>([
    ['no JSON', '{'],
    ['a list', []],
    ['a table of a model that nobody knows', { ...dearer, models: { 'gpt-image-9': dearer.models['gpt-image-2'] } }],
    ['a table with half a price', { ...dearer, models: { ...dearer.models, 'gpt-image-2': { billing: 'per_token' } } }],
  ])('%s is refused beside what else is wrong', async (_, table) => {
    const { exitCode, out, err } = await estimateWith(table, '--n', '11');
    const named = err.split('\n').flatMap((text) => /^ {2}(\S+)/.exec(text)?.[1] ?? []);

    expect([exitCode, out]).toEqual([2, '']);
    expect([...new Set(named)].sort()).toEqual(['--n', '--prices']);
  });

  const WORDS: readonly (readonly [Record<string, unknown>, RegExp | undefined])[] = [
    [{}, undefined],
    [{ version: 'a.B_1-' }, undefined],
    [{ version: 'my table v2!' }, /^version must have .* got my table v2!$/],
    [{ version: 'x'.repeat(65) }, /^version must have/],
    [{ version: 7 }, /^version .* got 7$/],
    [{ version: '' }, /^version must have/],
    [{ date: 'soon' }, /^date must be a day such as 2026-11-23, got soon$/],
    [{ date: '2027-13-01' }, /^date must be/],
    [{ source: 'x'.repeat(301) }, /^source must have/],
    [{ source: 'two\nlines' }, /^source must have/],
  ];

  test.each(WORDS)('with %j are taken or refused as the pipeline takes or refuses them', async (words, expected) => {
    const table = { ...dearer, ...words };
    const { exitCode, err } = await estimateWith(table);
    const [, , message = ''] = /^ {2}(--prices) +(.*)$/m.exec(err) ?? [];

    expect(exitCode).toBe(expected ? 2 : 0);
    expect(message).toMatch(expected ?? /^$/);
    const setting = () => prices(MODELS)(table);
    if (expected) expect(setting).toThrow('a price table');
    else expect(setting).not.toThrow();
  });

  test('a file that is not there is refused', async () => {
    expect((await cli('estimate --prices /does/not/exist')).exitCode).toBe(2);
  });
});

describe('--models', () => {
  const folder = mkdtempSync(join(tmpdir(), 'models-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const file = (name: string, content: unknown) => {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(content));
    return path;
  };
  const models = [{ name: 'gpt-image-3', like: 'gpt-image-2', qualities: { draft: 8, fine: 64 } }];
  const table = {
    ...{ version: 'acme-1', date: '2027-01-01', source: 'contract 4711' },
    models: { 'gpt-image-3': DEFAULT_PRICES.models['gpt-image-2'] },
  };

  test('name a model that the package does not know, with its qualities and prices', async () => {
    const options = ['--models', file('models.json', models), '--prices', file('prices.json', table)];
    const { exitCode, out } = await cli(['estimate', '--json', '--model', 'gpt-image-3', '--size', '1:1', ...options]);

    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      model: 'gpt-image-3',
      quality: 'draft',
      price_table: 'acme-1',
      qualities: [
        { quality: 'draft', output_tokens: 49 },
        { quality: 'fine', output_tokens: 3_122 },
      ],
    });
  });

  test('are refused with everything that is wrong with them', async () => {
    const wrong = file('wrong.json', [{ name: 'a b', maxImages: 11 }, { like: 'gpt-image-9' }]);
    const { exitCode, err } = await cli(['estimate', '--models', wrong]);

    expect(exitCode).toBe(2);
    expect(err).toMatch(/--models +models\[0\]\.name must be/);
    expect(err).toMatch(/--models +models\[0\]\.maxImages must be a whole number from 1 to 10, got 11/);
    expect(err).toMatch(/--models +models\[1\]\.like must be one of/);
  });
});

test('a model that writes text beside its images: it is shown, and is no cap', async () => {
  const { out } = await cli('estimate --model gpt-image-1.5 --size 3:2 --quality high');

  expect(out).toContain('text beside it, at most');
  expect(out).toContain('what is held for it is not a cap');
  expect(out).not.toContain('With auto');
});
