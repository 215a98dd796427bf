/** The blocks of code in what we write for people. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(__dirname, '../../..');

export interface Block {
  /** From the repository's root: `docs/client.md`. */
  readonly page: string;
  /** Of its first line of code, from 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
}

/** docs/api is generated, and its blocks are signatures. */
const PAGES = globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md'], {
  cwd: ROOT,
  exclude: (path) => path === 'docs/api' || path.endsWith('node_modules') || path.endsWith('cdk.out'),
}).sort();

export const BLOCKS: readonly Block[] = PAGES.flatMap((page) => blocksOf(page, readFileSync(join(ROOT, page), 'utf8')));

export function blocksOf(page: string, text: string): Block[] {
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(({ index, 1: language = '', 2: code = '' }) => ({
    page,
    line: text.slice(0, index).split('\n').length + 1,
    language,
    code,
  }));
}

export const blocksIn = (language: string): Block[] => BLOCKS.filter((block) => block.language === language);

/** Lines of shell: comments gone, continued ones joined. */
export function commandsOf({ page, line, code }: Block): { readonly at: string; readonly command: string }[] {
  const commands: { at: string; command: string }[] = [];
  let begun = '';
  let beginning = line;
  for (const [index, text] of code.split('\n').entries()) {
    if (begun === '') beginning = line + index;
    begun += text.replace(/\s#.*$|\\$/g, '');
    if (text.endsWith('\\')) continue;
    if (begun.trim() !== '') commands.push({ at: `${page}:${beginning}`, command: begun.trim() });
    begun = '';
  }
  return commands;
}
