import { stripVTControlCharacters } from 'node:util';
import type { resultTable } from '../../local/result-table';
import { outputOf } from '../support/fake-jobs';

const failed = {
  progress: {
    name: 'text-to-image',
    jobId: 'text-to-image-1',
    states: [],
    seconds: 1,
    outcome: { kind: 'failed', status: 'FAILED', error: 'SomeError', cause: 'word '.repeat(30).trim() },
  },
  files: [],
} as const;

/** Colours are decided when the modules are loaded. */
function tableWith(env: Record<string, string>, results: Parameters<typeof resultTable>[0] = [failed]): string {
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    let render: typeof resultTable | undefined;
    jest.isolateModules(() => {
      ({ resultTable: render } = jest.requireActual<{ resultTable: typeof resultTable }>('../../local/result-table'));
    });
    return render?.(results) ?? '';
  } finally {
    process.env = before;
  }
}

test.each([[{ FORCE_COLOR: '1' }], [{ NO_COLOR: '1' }]])('no line ends with spaces: %j', (env) => {
  const table = tableWith(env);

  expect(table).toContain('SomeError');
  expect(table !== stripVTControlCharacters(table)).toBe('FORCE_COLOR' in env);
  expect(stripVTControlCharacters(table)).not.toMatch(/ $/m);
});

test('an image whose pixels are not known has a dash in their place', () => {
  const image = { bucket: 'archive', key: 'a/image-01.png', bytes: 10, sha256: '0', content_type: 'image/png' };
  const output = outputOf('job-1', [
    { ...image, width: 300, height: 200 },
    { ...image, key: 'a/image-02.png' },
  ]);
  const progress = {
    name: 'two',
    jobId: 'job-1',
    states: [],
    seconds: 1,
    outcome: { kind: 'succeeded', output },
  } as const;

  const table = tableWith({ NO_COLOR: '1' }, [{ progress, files: [] }]);

  const pixels = table.split('\n').flatMap((line) => /(?:^two\s+SUCCEEDED)?\s+(300×200|-) +10\b/.exec(line)?.[1] ?? []);
  expect(pixels).toEqual(['300×200', '-']);
});
