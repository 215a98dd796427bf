import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { runScript, url } from './run-script';

let folder: string;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'set up '));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function program(name: string, script: string): string {
  const file = path.join(folder, name);
  fs.writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}

const setup = (body: string, env?: NodeJS.ProcessEnv) =>
  runScript(`import * as setup from ${url('setup.mjs')};\n${body}`, env);

describe('versions', () => {
  test.each(['18.20.4', '19.9.0'])('Node %s is refused, with the way out', async (version) => {
    await expect(setup(`setup.requireNode('${version}')`)).rejects.toThrow(
      /Node\.js 20 or newer is needed, this is .*nodejs\.org/,
    );
  });

  test.each(['20.0.0', '24.1.0', '100.0.0'])('Node %s will do', async (version) => {
    await expect(setup(`setup.requireNode('${version}')`)).resolves.toBe('');
  });

  test('the first Python that is new enough is taken', async () => {
    const missing = path.join(folder, 'python');
    const names = [
      missing,
      program('python2', 'echo 2.7'),
      program('python3', 'echo 3.9'),
      program('python3.12', 'echo 3.12'),
    ];

    const found = await setup(`console.log(setup.findPython(${JSON.stringify(names)}))`);

    expect(found).toBe(names.at(-1));
  });

  test('none that is new enough: says what was found and how to get one', async () => {
    const names = [program('python3', 'echo 3.9')];

    const failing = setup(`setup.findPython(${JSON.stringify(names)})`);

    await expect(failing).rejects.toThrow(
      /Python 3\.10 or newer is needed.*python3 is 3\.9.*apt install python3 python3-venv.*PYTHON=/s,
    );
  });
});

describe('what npm installed', () => {
  const lock = {
    '': { version: '0.1.0' },
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/b-darwin': { version: '1.0.0', integrity: 'sha512-b', optional: true },
  };
  const installed = { 'node_modules/a': lock['node_modules/a'] };

  function clone(found: object | undefined): void {
    fs.mkdirSync(path.join(folder, 'node_modules/node/bin'), { recursive: true });
    program('node_modules/node/bin/node', 'true');
    fs.writeFileSync(path.join(folder, 'package-lock.json'), JSON.stringify({ packages: lock }));
    const copy = path.join(folder, 'node_modules/.package-lock.json');
    if (found) fs.writeFileSync(copy, JSON.stringify({ packages: found }));
  }

  const matches = () => setup(`console.log(setup.matchesLockFile(${JSON.stringify(folder)}))`);

  test('matches without the packages of other platforms', async () => {
    clone(installed);

    expect(await matches()).toBe('true');
  });

  test.each([
    ['another version', { 'node_modules/a': { version: '1.0.1', integrity: 'sha512-a' } }],
    ['other content', { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-x' } }],
    ['a package too many', { ...installed, 'node_modules/c': { version: '1.0.0' } }],
    ['a package too few', {}],
    ['an interrupted installation', undefined],
  ])('does not match: %s', async (_what, found) => {
    clone(found);

    expect(await matches()).toBe('false');
  });
});
