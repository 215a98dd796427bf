import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { licenceNotice } from '../../scripts/licence-notice';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'evolink-licences-'))));
afterEach(() => rmSync(root, { recursive: true }));

function install(name: string, manifest: object, licence?: string): string {
  const folder = join('node_modules', name);
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, folder, 'package.json'), JSON.stringify({ name, version: '1.2.3', ...manifest }));
  if (licence !== undefined) writeFileSync(join(root, folder, 'LICENSE'), licence);
  return `${folder}/index.js`;
}

const bundleOf = (...inputs: string[]) =>
  ({ inputs: Object.fromEntries(inputs.map((input) => [input, {}])) }) as unknown as Metafile;

test('names each package once, with its text, and not our own sources', () => {
  const one = install('@scope/one', { license: 'MIT' }, 'Do as you like.');
  const two = install('two', { license: 'MIT' }, 'Do as you like.');
  const notice = licenceNotice(root, [bundleOf('lambda/submit/submit.ts', one), bundleOf(one, two)]);

  expect(notice).toContain('@scope/one 1.2.3 (MIT)\ntwo 1.2.3 (MIT)\n\nDo as you like.');
  expect(notice.match(/Do as you like/g)).toHaveLength(1);
  expect(notice).not.toContain('submit');
});

test('a package without any licence must not be handed on', () => {
  const inputs = [install('free', { license: 'MIT' }), install('secretive', {})];

  expect(() => licenceNotice(root, [bundleOf(...inputs)])).toThrow('No licence is known of secretive');
});
