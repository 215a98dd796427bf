/** The licences of what is inside a bundle: most of them ask that their text goes along. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/**
 * @param metafiles of the bundles that the notice is for
 * @throws Error that lists packages without a licence: those must not be handed on
 */
export function licenceNotice(root: string, metafiles: readonly Metafile[]): string {
  const folders = [...new Set(metafiles.flatMap((metafile) => Object.keys(metafile.inputs).flatMap(packageFolder)))];
  const packages = folders.map((folder) => read(join(root, folder)));
  const unlicensed = packages.filter(({ license, text }) => license === undefined && text === undefined);
  if (unlicensed.length > 0) {
    throw new Error(`No licence is known of ${unlicensed.map(({ name }) => name).join(', ')}`);
  }
  const byText = new Map<string, string[]>();
  for (const { name, version, license, text = '' } of packages) {
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version} (${license ?? 'see below'})`]);
  }
  const sections = [...byText].map(([text, names]) => `${[...new Set(names)].sort().join('\n')}\n\n${text}`.trimEnd());
  const intro = `The bundles beside this file contain code of the packages below, under these licences.`;
  return `${[intro, ...sections.sort()].join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

/** The innermost package that a file of a bundle belongs to; none for our own sources. */
function packageFolder(input: string): string[] {
  const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input);
  return match?.[1] === undefined ? [] : [match[1]];
}

function read(folder: string): PackageJson & { readonly text?: string } {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageJson;
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|notice)(\.(md|txt))?$/i.test(file))
    .sort();
  const text = texts.map((file) => readFileSync(join(folder, file), 'utf8').trim()).join('\n\n');
  return { name, version, license, text: text === '' ? undefined : text };
}
