import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { importsOf, referenceSource } from '../../scripts/bundle-reference';
import { environment, flatten, synth } from './support';
import { bundleProblems, functionNames, OWN_CODE_BYTES, reportTable } from '../../scripts/build-assets';

const ROOT = join(__dirname, '../..');

test('every function has a bundle, which does not name its source map', () => {
  expect(functionNames().sort()).toEqual([
    'archive',
    'callback',
    'dispatch',
    'ended',
    'reconcile',
    'submit',
    'sweep',
    'validate',
  ]);
  for (const name of functionNames()) {
    const bundle = join(ROOT, 'assets', name, 'index.js');
    // `npm run build` makes them; so does `npm test`, before it runs this.
    expect([name, existsSync(bundle)]).toEqual([name, true]);
    expect(readFileSync(bundle, 'utf8')).not.toContain('sourceMappingURL');
  }
});

/** What a deployment makes of a value: a list stays one, anything else may be an address. */
function filledIn(value: unknown): string {
  const isList = typeof value === 'object' && value !== null && 'Fn::Join' in value && flatten(value).startsWith('[');
  return isList ? flatten(value) : 'https://filled-in.example.com';
}

test.each(['Validate', 'Submit', 'Dispatch', 'Callback', 'Sweep', 'Ended', 'Archive', 'Reconcile'])(
  '%s starts with the environment that the construct gives it, and exports its handler',
  (name) => {
    const literals = Object.entries(environment(synth().json, name)).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : filledIn(value),
    ]);
    const env = { ...Object.fromEntries(literals), AWS_REGION: 'eu-west-1' } as NodeJS.ProcessEnv;
    const bundle = join(ROOT, 'assets', name.toLowerCase(), 'index.js');

    const script = 'console.log(typeof require(process.argv[1]).handler)';
    expect(execFileSync(process.execPath, ['-e', script, bundle], { env, encoding: 'utf8' }).trim()).toBe('function');
  },
);

describe('the size bar', () => {
  const report = { name: 'submit', bytes: 480_000, referenceBytes: 400_000, forbiddenPackages: [] };

  test('lets a bundle through that is 1.2 times its reference', () => {
    expect(bundleProblems(report)).toEqual([]);
  });

  test('refuses one byte more', () => {
    expect(bundleProblems({ ...report, bytes: 480_001 })).toEqual([expect.stringMatching(/^submit: 480\.0 KB/)]);
  });

  test.each([
    ['a small reference', 20_000],
    ['none', undefined],
  ])('gives a function with %s room for its own code, and no more', (_, referenceBytes) => {
    const limit = (referenceBytes ?? 0) + OWN_CODE_BYTES;

    expect(bundleProblems({ ...report, referenceBytes, bytes: limit })).toEqual([]);
    expect(bundleProblems({ ...report, referenceBytes, bytes: limit + 1 })).toHaveLength(1);
  });

  test('refuses what belongs to synthesis, whatever its size', () => {
    expect(bundleProblems({ ...report, forbiddenPackages: ['aws-cdk-lib'] })).toEqual([
      'submit: the bundle contains aws-cdk-lib',
    ]);
  });

  test('is shown in a table', () => {
    expect(reportTable([report]).split('\n')[1]).toMatch(/^submit +480\.0 +400\.0 +1\.20$/);
  });
});

describe('the reference', () => {
  test('knows imports of values by the name under which they are exported', () => {
    const source = `
      import { A, type B, C as D } from '@aws-sdk/client-s3';
      import type { E } from '@aws-sdk/client-sfn';
      import F from 'f';`;

    expect(importsOf(source)).toEqual([
      { specifier: '@aws-sdk/client-s3', names: ['A', 'C'] },
      { specifier: 'f', names: ['default'] },
    ]);
  });

  const SOURCES: Record<string, string> = {
    'lambda/a/handler.ts': "import { Logger } from '@aws-lambda-powertools/logger'; import { used } from '../used';",
    'lambda/used.ts': "import { SFNClient } from '@aws-sdk/client-sfn'; import ipaddr from 'ipaddr.js';",
    'lambda/dropped.ts': "import { S3Client } from '@aws-sdk/client-s3';",
  };

  /** A metafile in which these inputs left so many bytes in the bundle. */
  const metafile = (inputs: Record<string, number>): Metafile => ({
    inputs: {},
    outputs: {
      'index.js': {
        bytes: 0,
        imports: [],
        exports: [],
        inputs: Object.fromEntries(Object.entries(inputs).map(([path, bytesInOutput]) => [path, { bytesInOutput }])),
      },
    },
  });

  const bundled = {
    'lambda/a/handler.ts': 10,
    'lambda/used.ts': 10,
    'lambda/dropped.ts': 0,
    'node_modules/@aws-lambda-powertools/logger/lib/index.js': 10,
    'node_modules/@aws-sdk/client-sfn/dist-es/index.js': 10,
    'node_modules/ipaddr.js/lib/ipaddr.js': 10,
  };

  const reference = (name: string, inputs: Record<string, number>) =>
    referenceSource(name, metafile(inputs), (path) => SOURCES[path] ?? '');

  test('holds the SDK clients and Powertools of the bundle, and nothing else', () => {
    const source = reference('submit', bundled);

    expect(importsOf(source!)).toEqual([
      { specifier: '@aws-lambda-powertools/logger', names: ['Logger'] },
      { specifier: '@aws-sdk/client-sfn', names: ['SFNClient'] },
    ]);
  });

  test('leaves out what is imported and then dropped from the bundle', () => {
    const source = reference('submit', { ...bundled, 'node_modules/@aws-sdk/client-sfn/dist-es/index.js': 0 });

    expect(importsOf(source!).map(({ specifier }) => specifier)).toEqual(['@aws-lambda-powertools/logger']);
  });

  test('of validate holds its parser of addresses too', () => {
    expect(importsOf(reference('validate', bundled)!)).toContainEqual({ specifier: 'ipaddr.js', names: ['default'] });
  });

  test('of a function that uses none of them does not exist', () => {
    expect(reference('validate', { 'lambda/dropped.ts': 10 })).toBeUndefined();
  });
});
