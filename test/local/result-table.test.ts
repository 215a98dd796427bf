import { stripVTControlCharacters } from 'node:util';
import type { resultTable } from '../../local/result-table';

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
function tableWith(env: Record<string, string>): string {
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    let render: typeof resultTable | undefined;
    jest.isolateModules(() => {
      ({ resultTable: render } = jest.requireActual<{ resultTable: typeof resultTable }>('../../local/result-table'));
    });
    return render?.([failed]) ?? '';
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
