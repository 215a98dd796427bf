import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '../..');
const made = mkdtempSync(join(tmpdir(), 'evolink-api-docs-'));
afterAll(() => rmSync(made, { recursive: true }));

/** Every page with its text. */
function pages(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

test('docs/api is what the doc comments say; `npm run docs:api` makes it anew', () => {
  const typedoc = join(ROOT, 'node_modules/typedoc/bin/typedoc');
  // It fails where an exported name has no comment, or a type of the public API is not exported.
  execFileSync(process.execPath, [typedoc, '--out', made], { cwd: ROOT, encoding: 'utf8' });

  expect(pages(join(ROOT, 'docs/api'))).toEqual(pages(made));
}, 60_000);
